#include "servers/temporary_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace lockkeeper::servers {
namespace {

constexpr std::string_view name_prefix = "lockkeeper-";

// sockaddr_un holds 107 characters; our names below the temp folder take about 60.
constexpr std::size_t longest_temp_path = 40;

// The owner's pid from `lockkeeper-<pid>-XXXXXX`; nothing for any other name.
std::optional<pid_t> owner_in_name(std::string_view name) {
  if (!name.starts_with(name_prefix)) return std::nullopt;
  name.remove_prefix(name_prefix.size());
  pid_t owner = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), owner);
  if (error != std::errc() || owner <= 0 || end == name.data() + name.size() || *end != '-') return std::nullopt;
  return owner;
}

bool is_alive(pid_t process) { return ::kill(process, 0) == 0 || errno != ESRCH; }

}  // namespace

TemporaryFolder::TemporaryFolder() : owner_(::getpid()) {
  std::string name = short_temp_path() / (std::string(name_prefix) + std::to_string(owner_) + "-XXXXXX");
  if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
  path_ = name;
  // The server runs as another user when the tests run as root, and must be able to pass through.
  if (::chmod(path_.c_str(), 0755) != 0) throw std::system_error(errno, std::generic_category(), "chmod " + name);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), owner_(other.owner_) {}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::exchange(other.path_, {});
  owner_ = other.owner_;
  return *this;
}

TemporaryFolder::~TemporaryFolder() { remove(); }

void TemporaryFolder::remove() noexcept {
  if (path_.empty() || owner_ != ::getpid()) return;
  std::error_code ignored;  // What cannot be removed now is removed as stale by the next process.
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path short_temp_path() {
  std::filesystem::path system = std::filesystem::temp_directory_path();
  return system.native().size() <= longest_temp_path ? system : std::filesystem::path("/tmp");
}

void remove_stale_folders() {
  std::error_code ignored;  // Several test processes may clean up at once, and others' folders may not be ours.
  for (const auto& entry : std::filesystem::directory_iterator(short_temp_path(), ignored)) {
    const auto owner = owner_in_name(entry.path().filename().native());
    if (owner && !is_alive(*owner)) std::filesystem::remove_all(entry.path(), ignored);
  }
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text << std::flush;
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace lockkeeper::servers
