#include "proxy/auth/scram_text.hpp"

#include <algorithm>
#include <charconv>

namespace lockkeeper::proxy {

std::optional<std::string_view> ScramParts::take(char name) noexcept {
  if (ended_ || rest_.size() < 2 || rest_[0] != name || rest_[1] != '=') return std::nullopt;
  const std::size_t end = rest_.find(',');
  const std::string_view part = rest_.substr(0, end);
  ended_ = end == std::string_view::npos;
  rest_ = ended_ ? std::string_view() : rest_.substr(end + 1);
  return part.substr(2);
}

bool ScramParts::skip_extensions(bool keep_last) noexcept {
  while (!ended_ && !(keep_last && rest_.find(',') == std::string_view::npos)) {
    const char name = rest_.empty() ? '\0' : rest_[0];
    const bool letter = (name >= 'a' && name <= 'z') || (name >= 'A' && name <= 'Z');
    if (!letter || name == 'm' || !take(name)) return false;
  }
  return true;
}

bool is_nonce(std::string_view text) noexcept {
  return !text.empty() &&
         std::ranges::all_of(text, [](char letter) { return letter > ' ' && letter <= '~' && letter != ','; });
}

std::optional<std::uint32_t> parse_count(std::string_view text, std::uint32_t most) noexcept {
  std::uint32_t count = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || text[0] < '1' || text[0] > '9') return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || stop != end || count > most) return std::nullopt;
  return count;
}

}  // namespace lockkeeper::proxy
