// The one place of the configuration that touches a disk.
#include <fmt/format.h>
#include <sys/stat.h>

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
  for (auto& [name, database] : config.databases) make_absolute(database.password_file, folder);
}

void read_password(LoadedConfig& loaded, const std::string& name, DatabaseConfig& database, ConfigErrors& errors,
                   const std::string& file) {
  auto read = read_file(database.password_file, most_password + 2);
  if (!read) {
    errors.push_back(
        {file, 0, 0,
         fmt::format("the password file {} of database \"{}\": {}", database.password_file, name, read.error())});
    return;
  }
  std::string_view line = std::string_view(read->text).substr(0, read->text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const bool usable = !line.empty() && line.size() <= most_password && !line.contains('\0');
  if (usable) database.password = Secret(line);
  wipe(read->text);
  if (!usable) {
    errors.push_back({file, 0, 0,
                      fmt::format("the password file {} of database \"{}\" has no password of 1 to {} bytes "
                                  "in its first line",
                                  database.password_file, name, most_password)});
  }
  if (auto warning = permission_warning(database.password_file, read->mode)) loaded.warnings.push_back(*warning);
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
  ConfigErrors errors;
  bool has_secret = false;
  for (auto& [name, database] : loaded.config.databases) {
    has_secret = has_secret || !database.password.empty();
    if (!database.password_file.empty()) read_password(loaded, name, database, errors, path);
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  if (auto warning = permission_warning(path, read->mode); warning && has_secret) loaded.warnings.push_back(*warning);
  return loaded;
}

}  // namespace lockkeeper::proxy
