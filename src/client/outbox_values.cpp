#include "client/outbox_values.hpp"

#include <algorithm>
#include <random>

#include <lockkeeper/uuid.hpp>

#include "base/utf8.hpp"

namespace lockkeeper::client {

std::string new_uuid() {
  // The system's own generator: keys must be unique across processes, machines and forks.
  thread_local std::random_device device;
  Uuid::Bytes bytes;
  for (std::size_t at = 0; at < bytes.size(); at += 4) {
    const unsigned int drawn = device();
    for (std::size_t part = 0; part < 4; ++part) bytes[at + part] = static_cast<std::byte>(drawn >> (8 * part));
  }
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return Uuid(bytes).text();
}

std::int64_t to_microseconds(std::chrono::milliseconds time) noexcept {
  constexpr std::chrono::milliseconds hundred_years = std::chrono::days(36'500);
  return std::chrono::microseconds(std::clamp(time, std::chrono::milliseconds(0), hundred_years)).count();
}

std::string error_text(std::string_view words) {
  constexpr std::size_t most = 1'000;
  std::string text = base::mend_utf8(words.substr(0, most));
  std::ranges::replace(text, '\0', ' ');
  // Cut where a character begins: mending may have made it longer.
  std::size_t end = std::min(text.size(), most);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

}  // namespace lockkeeper::client
