// Uuid and Decimal: their texts.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <lockkeeper/codec.hpp>
#include <lockkeeper/decimal.hpp>
#include <lockkeeper/uuid.hpp>

namespace lockkeeper {
namespace {

constexpr std::size_t plain_length = 32;
constexpr std::size_t usual_length = 36;

constexpr bool has_hyphen_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

bool is_digit(char character) { return character >= '0' && character <= '9'; }

int hexadecimal(char character) {
  if (is_digit(character)) return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return -1;
}

// Takes the digits at the front away; how many there were.
std::size_t skip_digits(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count;
}

bool skip_any_of(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) noexcept {
  if (text.size() == usual_length + 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, usual_length);
  }
  const bool has_hyphens = text.size() == usual_length;
  if (!has_hyphens && text.size() != plain_length) return std::nullopt;
  Bytes bytes;
  std::size_t at = 0;
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
    if (has_hyphens && has_hyphen_before(byte) && text[at++] != '-') return std::nullopt;
    const int high = hexadecimal(text[at++]);
    const int low = hexadecimal(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[byte] = static_cast<std::byte>(high * 16 + low);
  }
  return Uuid(bytes);
}

std::string Uuid::text() const {
  std::string text;
  text.reserve(usual_length);
  for (std::size_t byte = 0; byte < bytes_.size(); ++byte) {
    if (has_hyphen_before(byte)) text += '-';
    fmt::format_to(std::back_inserter(text), "{:02x}", std::to_integer<int>(bytes_[byte]));
  }
  return text;
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  std::string_view rest = text;
  skip_any_of(rest, "+-");
  std::size_t digits = skip_digits(rest);
  if (skip_any_of(rest, ".")) digits += skip_digits(rest);
  if (digits == 0) return std::nullopt;
  if (skip_any_of(rest, "eE")) {
    skip_any_of(rest, "+-");
    if (skip_digits(rest) == 0) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  return Decimal(std::string(text));
}

Uuid Codec<Uuid>::read(std::string_view cell) {
  Uuid::Bytes bytes;
  if (cell.size() == bytes.size()) {  // No text form is so short: a binary column.
    std::ranges::transform(cell, bytes.begin(), [](char character) { return static_cast<std::byte>(character); });
    return Uuid(bytes);
  }
  if (const std::optional<Uuid> uuid = Uuid::parse(cell)) return *uuid;
  throw unreadable("it is not a UUID");
}

Decimal Codec<Decimal>::read(std::string_view cell) {
  if (std::optional<Decimal> decimal = Decimal::parse(cell)) return *std::move(decimal);
  throw unreadable("it is not a finite decimal number");
}

}  // namespace lockkeeper
