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

// Length of the control character beyond ASCII at the front, or 0. C1 controls are 0xC2 and 0x80 to 0x9F; U+2028 to
// U+202E and U+2066 to U+2069 separate lines and turn the direction of writing round.
std::size_t control_sequence(std::string_view valid) {
  if (valid.size() >= 2 && byte_at(valid, 0) == 0xC2 && byte_at(valid, 1) < 0xA0) return 2;
  if (valid.size() < 3 || byte_at(valid, 0) != 0xE2) return 0;
  const unsigned char second = byte_at(valid, 1);
  const unsigned char third = byte_at(valid, 2);
  const bool line_or_embedding = second == 0x80 && third >= 0xA8 && third <= 0xAE;
  const bool isolate = second == 0x81 && third >= 0xA6 && third <= 0xA9;
  return line_or_embedding || isolate ? 3 : 0;
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
  for (std::size_t position = 0; position < result.size(); ++position) {
    const std::size_t length = control_sequence(std::string_view(result).substr(position));
    if (length > 0) result.replace(position, length, " ");
  }
  return result;
}

std::size_t columns(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(
      utf8, [](char character) { return (static_cast<unsigned char>(character) & 0xC0U) != 0x80; }));
}

}  // namespace lockkeeper::base
