#include "http/audit_tail.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>

namespace lockkeeper::http {
namespace {

/// The end of the file; a line that begins before it is left out.
std::expected<std::string, std::string> read_end(const std::filesystem::path& path, std::size_t most_bytes) {
  errno = 0;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto size = file.tellg();
  if (!file || size < 0) return std::unexpected(path.string() + ": " + std::strerror(errno));
  const auto wanted = std::min<std::streamoff>(size, static_cast<std::streamoff>(most_bytes));
  std::string text(static_cast<std::size_t>(wanted), '\0');
  file.seekg(size - wanted);
  file.read(text.data(), wanted);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (wanted < size) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
  return text;
}

}  // namespace

std::expected<std::vector<std::string>, std::string> audit_tail(const std::filesystem::path& path, std::size_t limit,
                                                                std::size_t most_bytes) {
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) return std::vector<std::string>{};
  // A pipe would be waited for.
  if (!std::filesystem::is_regular_file(path, error)) return std::unexpected(path.string() + " is no file");
  const auto text = read_end(path, most_bytes);
  if (!text) return std::unexpected(text.error());
  std::vector<std::string> lines;
  std::string_view rest = *text;
  while (!rest.empty() && lines.size() < limit) {
    if (rest.ends_with('\n')) rest.remove_suffix(1);
    const std::size_t before = rest.rfind('\n');
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    if (begin < rest.size()) lines.emplace_back(rest.substr(begin));
    rest = rest.substr(0, begin);
  }
  return lines;
}

}  // namespace lockkeeper::http
