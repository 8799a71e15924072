// The one place of the logins that touches a disk.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "proxy/auth/users.hpp"

namespace lockkeeper::proxy {

std::optional<std::string> permission_warning(const std::string& path, unsigned mode) {
  const bool read = (mode & S_IROTH) != 0;
  const bool written = (mode & S_IWOTH) != 0;
  if (!read && !written) return std::nullopt;
  return fmt::format("{} holds secrets and may be {} by everybody on this machine; chmod o= {}", path,
                     read && written ? "read and written" : (read ? "read" : "written"), path);
}

std::expected<UserFile, std::vector<std::string>> read_user_file(const std::string& path, const Key& process_key) {
  const auto failed = [&] {
    return std::unexpected(std::vector{fmt::format("{}: it cannot be read: {}", path, std::strerror(errno))});
  };
  struct stat state{};
  if (::stat(path.c_str(), &state) != 0) return failed();
  if (!S_ISREG(state.st_mode)) return std::unexpected(std::vector{fmt::format("{}: it is no regular file", path)});
  std::ifstream file(path, std::ios::binary);
  if (!file) return failed();
  std::string text(static_cast<std::size_t>(
                       std::min<std::uintmax_t>(static_cast<std::uintmax_t>(state.st_size), most_user_file + 1)),
                   '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return failed();
  text.resize(static_cast<std::size_t>(file.gcount()));
  auto users = Users::parse(text, process_key);
  wipe(text);
  if (!users) {
    std::vector<std::string> lines;
    for (const auto& [line, message] : users.error()) {
      lines.push_back(line == 0 ? fmt::format("{}: {}", path, message) : fmt::format("{}:{}: {}", path, line, message));
    }
    return std::unexpected(std::move(lines));
  }
  UserFile result{*users, (*users)->warnings()};
  if (auto warning = permission_warning(path, state.st_mode)) result.warnings.push_back(std::move(*warning));
  return result;
}

}  // namespace lockkeeper::proxy
