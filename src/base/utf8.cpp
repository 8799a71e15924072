#include "base/utf8.hpp"

#include <algorithm>
#include <array>

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

struct Range {
  char32_t first;
  char32_t last;
};

// Marks and invisible signs (general categories Mn and Me, as far as alphabets in use have them; joiners, selectors).
constexpr std::array no_columns{Range{0x0300, 0x036F}, Range{0x0483, 0x0489}, Range{0x0591, 0x05BD},
                                Range{0x064B, 0x065F}, Range{0x200B, 0x200F}, Range{0x20D0, 0x20FF},
                                Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}, Range{0xFEFF, 0xFEFF}};

// East_Asian_Width W and F (The Unicode Standard, annex 11), and emoji.
constexpr std::array two_columns{Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0x4DBF},
                                 Range{0x4E00, 0xA4CF},   Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},
                                 Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},
                                 Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF},
                                 Range{0x20000, 0x2FFFD}, Range{0x30000, 0x3FFFD}};

template <std::size_t Size>
bool is_in(const std::array<Range, Size>& ranges, char32_t letter) {
  return std::ranges::any_of(ranges, [&](const Range& range) { return letter >= range.first && letter <= range.last; });
}

struct Letter {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

// The letter at the front. A byte that begins none is shown as one sign.
Letter letter_at(std::string_view text) {
  const std::size_t length = well_formed(text);
  if (length < 2) return {};
  constexpr std::array<unsigned, 5> lead_bits{0, 0, 0x1F, 0x0F, 0x07};
  char32_t letter = byte_at(text, 0) & lead_bits[length];
  for (std::size_t position = 1; position < length; ++position)
    letter = (letter << 6U) | (byte_at(text, position) & 0x3FU);
  return {length, is_in(no_columns, letter) ? 0U : is_in(two_columns, letter) ? 2U : 1U};
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
  std::size_t taken = 0;
  while (!utf8.empty()) {
    const Letter letter = letter_at(utf8);
    taken += letter.columns;
    utf8.remove_prefix(letter.bytes);
  }
  return taken;
}

std::string_view clip(std::string_view utf8, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t taken = 0; end < utf8.size();) {
    const Letter letter = letter_at(utf8.substr(end));
    taken += letter.columns;
    if (taken > most) break;
    end += letter.bytes;
  }
  return utf8.substr(0, end);
}

}  // namespace lockkeeper::base
