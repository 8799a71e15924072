// The one place of the configuration that touches a disk.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "proxy/auth/scram.hpp"
#include "proxy/auth/users.hpp"
#include "proxy/config_parse.hpp"

namespace lockkeeper::proxy {
namespace {

constexpr std::size_t least_http_token = 16;  // bytes: it must not be guessed
constexpr std::size_t most_file = 4 * 1024 * 1024;

struct FileText {
  std::string text;
  unsigned mode = 0;
};

// At most `most` bytes and one more, which tells that there are too many.
std::expected<FileText, std::string> read_file(const std::string& path, std::size_t most) {
  const auto failed = [] { return std::unexpected(fmt::format("it cannot be read: {}", std::strerror(errno))); };
  struct stat state{};
  if (::stat(path.c_str(), &state) != 0) return failed();
  if (!S_ISREG(state.st_mode)) return std::unexpected("it is no regular file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return failed();
  FileText result{std::string(most + 1, '\0'), state.st_mode};
  file.read(result.text.data(), static_cast<std::streamsize>(result.text.size()));
  if (file.bad()) return failed();
  result.text.resize(static_cast<std::size_t>(file.gcount()));
  return result;
}

void make_absolute(std::string& path, const std::filesystem::path& folder) {
  if (!path.empty()) path = (folder / path).lexically_normal().string();  // an absolute one stays as it is
}

void make_paths_absolute(Config& config, const std::string& file) {
  const auto folder = std::filesystem::path(file).parent_path();
  make_absolute(config.proxy.users_file, folder);
  make_absolute(config.proxy.tls.certificate, folder);
  make_absolute(config.proxy.tls.key, folder);
  make_absolute(config.proxy.server_tls.authorities, folder);
  make_absolute(config.http.token_file, folder);
  make_absolute(config.history.file, folder);
  for (auto& [name, database] : config.databases) make_absolute(database.password_file, folder);
  for (auto& [name, server] : config.servers) make_absolute(server.password_file, folder);
  for (auto& [name, alert] : config.alerts) make_absolute(alert.token_file, folder);
  for (auto& [name, log] : config.logs) make_absolute(log.file, folder);
}

/// Reads the files of secrets that a configuration names.
class SecretFiles {
 public:
  SecretFiles(std::string config_file, std::vector<std::string>& warnings)
      : config_file_(std::move(config_file)), warnings_(warnings) {}

  /// `what`: "password", `of`: "database "shop"".
  void read(const std::string& path, std::string_view what, const std::string& of, Secret& secret) {
    if (path.empty()) return;
    auto read = read_file(path, most_password + 2);
    if (!read) return add(fmt::format("the {} file {} of {}: {}", what, path, of, read.error()));
    std::string_view line = std::string_view(read->text).substr(0, read->text.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool usable = !line.empty() && line.size() <= most_password && !line.contains('\0');
    if (usable) secret = Secret(line);
    wipe(read->text);
    if (!usable) {
      add(fmt::format("the {0} file {1} of {2} has no {0} of 1 to {3} bytes in its first line", what, path, of,
                      most_password));
    }
    if (auto warning = permission_warning(path, read->mode)) warnings_.push_back(*warning);
  }

  void add(std::string message) { errors_.push_back({config_file_, 0, 0, std::move(message)}); }

  [[nodiscard]] const ConfigErrors& errors() const noexcept { return errors_; }

 private:
  std::string config_file_;
  std::vector<std::string>& warnings_;
  ConfigErrors errors_;
};

// "user:password@" before the path, or an option that is one.
bool has_password(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::string_view authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  const std::size_t at = authority.rfind('@');
  const bool in_front = at != std::string_view::npos && authority.substr(0, at).contains(':');
  return in_front || url.contains("password=");
}

bool has_secret(const Config& config) {
  return std::ranges::any_of(config.databases, [](const auto& one) { return !one.second.password.empty(); }) ||
         std::ranges::any_of(config.servers, [](const auto& one) { return has_password(one.second.url); });
}

}  // namespace

std::expected<LoadedConfig, ConfigErrors> load_config(const std::string& path, Config base) {
  auto read = read_file(path, most_file);
  if (!read) return std::unexpected(ConfigErrors{{path, 0, 0, read.error()}});
  auto config = parse_config(read->text, path, std::move(base));
  wipe(read->text);
  if (!config) return std::unexpected(std::move(config.error()));
  LoadedConfig loaded{std::move(*config), {}};
  make_paths_absolute(loaded.config, path);
  if (auto warning = permission_warning(path, read->mode); warning && has_secret(loaded.config))
    loaded.warnings.push_back(*warning);
  SecretFiles secrets(path, loaded.warnings);
  for (auto& [name, database] : loaded.config.databases)
    secrets.read(database.password_file, "password", fmt::format("database \"{}\"", name), database.password);
  for (auto& [name, server] : loaded.config.servers)
    secrets.read(server.password_file, "password", fmt::format("server \"{}\"", name), server.password);
  for (auto& [name, alert] : loaded.config.alerts)
    secrets.read(alert.token_file, "token", fmt::format("alert \"{}\"", name), alert.token);
  secrets.read(loaded.config.http.token_file, "token", "[http]", loaded.config.http.token);
  if (const auto size = loaded.config.http.token.view().size(); size > 0 && size < least_http_token)
    secrets.add(
        fmt::format("the token of [http] has {} bytes; it must have {} or more: head -c 24 /dev/urandom | base64", size,
                    least_http_token));
  if (!secrets.errors().empty()) return std::unexpected(secrets.errors());
  return loaded;
}

}  // namespace lockkeeper::proxy
