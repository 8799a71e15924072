// What of this machine a URL's configuration depends on.
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>

#include "proxy/config_url.hpp"

namespace lockkeeper::proxy {
namespace {

constexpr std::size_t most_file = 1024 * 1024;

std::optional<std::string> variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::optional<std::string> file_text(const std::string& path, bool secret) {
  struct stat state{};
  if (::stat(path.c_str(), &state) != 0 || !S_ISREG(state.st_mode)) return std::nullopt;
  // As libpq: a password file that others may read is not used.
  if (secret && (state.st_mode & (S_IRWXG | S_IRWXO)) != 0) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text(most_file, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

Surroundings real_surroundings() {
  Surroundings surroundings{variable, file_text, {}, variable("HOME").value_or("")};
  struct passwd entry{};
  struct passwd* found = nullptr;
  std::array<char, 16384> texts{};
  if (::getpwuid_r(::geteuid(), &entry, texts.data(), texts.size(), &found) == 0 && found != nullptr) {
    surroundings.user = entry.pw_name;
    if (surroundings.home.empty()) surroundings.home = entry.pw_dir;
  }
  return surroundings;
}

}  // namespace lockkeeper::proxy
