#include "proxy/auth/saslprep.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace lockkeeper::proxy {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// RFC 3454, C.1.2 and U+200B, which PostgreSQL counts here.
constexpr std::array<Range, 6> spaces{
    {{0x00a0, 0x00a0}, {0x1680, 0x1680}, {0x2000, 0x200b}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}}};

// RFC 3454, B.1, but for U+200B.
constexpr std::array<Range, 8> nothings{{{0x00ad, 0x00ad},
                                         {0x034f, 0x034f},
                                         {0x1806, 0x1806},
                                         {0x180b, 0x180d},
                                         {0x200c, 0x200d},
                                         {0x2060, 0x2060},
                                         {0xfe00, 0xfe0f},
                                         {0xfeff, 0xfeff}}};

// RFC 3454, C.2 to C.9, without what was mapped away above and without non-characters at the end of planes.
constexpr std::array<Range, 18> prohibited{{{0x0000, 0x001f},
                                            {0x007f, 0x009f},
                                            {0x0340, 0x0341},
                                            {0x06dd, 0x06dd},
                                            {0x070f, 0x070f},
                                            {0x180e, 0x180e},
                                            {0x200e, 0x200f},
                                            {0x2028, 0x202e},
                                            {0x2061, 0x2063},
                                            {0x206a, 0x206f},
                                            {0x2ff0, 0x2ffb},
                                            {0xe000, 0xf8ff},
                                            {0xfdd0, 0xfdef},
                                            {0xfff9, 0xffff},
                                            {0x1d173, 0x1d17a},
                                            {0xe0001, 0xe0001},
                                            {0xe0020, 0xe007f},
                                            {0xf0000, 0x10ffff}}};

// Starters that NFKC leaves alone and composes with none of their kind.
constexpr std::array<Range, 17> stable{{{0x0020, 0x007e},
                                        {0x00a1, 0x00a7},
                                        {0x00a9, 0x00a9},
                                        {0x00ab, 0x00ac},
                                        {0x00b0, 0x00b1},
                                        {0x00bf, 0x0131},
                                        {0x0134, 0x013e},
                                        {0x0141, 0x0148},
                                        {0x014a, 0x017e},
                                        {0x0388, 0x038a},
                                        {0x038e, 0x03a1},
                                        {0x03a3, 0x03ce},
                                        {0x0400, 0x045f},
                                        {0x3041, 0x3094},
                                        {0x30a1, 0x30fa},
                                        {0x4e00, 0x9fa5},
                                        {0xac00, 0xd7a3}}};

bool is_in(std::span<const Range> ranges, std::uint32_t point) noexcept {
  return std::ranges::any_of(ranges, [&](const Range& range) { return range.first <= point && point <= range.last; });
}

bool is_allowed(std::uint32_t point) noexcept {
  return !is_in(prohibited, point) && (point & 0xfffeU) != 0xfffeU;  // the last two of each plane are no characters
}

struct Point {
  std::uint32_t value = 0;
  std::size_t size = 0;
};

// The code point at the beginning of `text`; nullopt where it is not UTF-8.
std::optional<Point> first_point(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return Point{lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return std::nullopt;
  std::uint32_t value = lead & (0x7fU >> size);
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xc0U) != 0x80) return std::nullopt;
    value = value << 6U | (byte(at) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < least.at(size) || value > 0x10ffff || surrogate) return std::nullopt;
  return Point{value, size};
}

}  // namespace

Prepared saslprep(std::string_view password) {
  Prepared unchanged{Secret(password), true};
  if (std::ranges::all_of(password, [](char byte) { return static_cast<unsigned char>(byte) < 0x80; })) {
    return unchanged;
  }
  std::string mapped;
  mapped.reserve(password.size());  // never grows: no copy is left behind
  bool certain = true;
  bool permitted = true;
  for (std::string_view rest = password; !rest.empty();) {
    const auto point = first_point(rest);
    if (!point) {
      wipe(mapped);
      return unchanged;
    }
    permitted = permitted && is_allowed(point->value);
    if (is_in(spaces, point->value)) {
      mapped += ' ';
    } else if (!is_in(nothings, point->value)) {
      mapped += rest.substr(0, point->size);
      certain = certain && is_in(stable, point->value);
    }
    rest.remove_prefix(point->size);
  }
  Prepared result = permitted && !mapped.empty() ? Prepared{Secret(mapped), certain} : unchanged;
  wipe(mapped);
  return result;
}

}  // namespace lockkeeper::proxy
