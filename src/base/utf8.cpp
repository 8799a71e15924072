#include "base/utf8.hpp"

#include <algorithm>

namespace lockkeeper::base {
namespace {

unsigned char byte_at(std::string_view bytes, std::size_t position) {
  return static_cast<unsigned char>(bytes[position]);
}

// Length of the well-formed sequence at the front, or 0 (The Unicode Standard, table 3-7).
std::size_t well_formed(std::string_view bytes) {
  const unsigned char first = byte_at(bytes, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < length) return 0;
  for (std::size_t position = 1; position < length; ++position) {
    if ((byte_at(bytes, position) & 0xC0U) != 0x80) return 0;
  }
  const unsigned char second = byte_at(bytes, 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

std::string mend_utf8(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = well_formed(bytes);
    result.append(length > 0 ? bytes.substr(0, length) : std::string_view("\xEF\xBF\xBD"));
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::string printable(std::string_view bytes) {
  std::string result = mend_utf8(bytes);
  std::ranges::replace_if(
      result, [](char character) { return static_cast<unsigned char>(character) < 0x20 || character == 0x7F; }, ' ');
  // C1 controls are two bytes in UTF-8: 0xC2 and 0x80 to 0x9F.
  for (std::size_t position = 0; position + 1 < result.size(); ++position) {
    if (byte_at(result, position) == 0xC2 && byte_at(result, position + 1) < 0xA0) result.replace(position, 2, " ");
  }
  return result;
}

std::size_t columns(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(
      utf8, [](char character) { return (static_cast<unsigned char>(character) & 0xC0U) != 0x80; }));
}

}  // namespace lockkeeper::base
