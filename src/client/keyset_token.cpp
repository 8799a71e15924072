#include "client/keyset_token.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace lockkeeper::client {
namespace {

// version (1 byte), declaration (8), checksum of all else (4), then of each key column: kind (1), length (4), cell.
// Numbers are big-endian.
constexpr char version = 1;
constexpr std::size_t checksum_at = 9;
constexpr std::size_t head_bytes = 13;

// Whatever an index can hold fits well; a token travels in URLs.
constexpr std::size_t longest_token_bytes = 48 * 1024;

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

Failure bad_token(const KeysetDeclaration& declaration, std::string_view why) {
  return Failure(
      {ErrorCode::misuse, "", fmt::format("{}: the page token {}", declaration.describe(), why), Blast::statement});
}

void append_number(std::string& bytes, std::uint64_t number, std::size_t width) {
  for (std::size_t byte = width; byte-- > 0;) bytes += static_cast<char>(number >> (8 * byte) & 0xff);
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t number = 0;
  for (std::size_t byte = 0; byte < width; ++byte) {
    number = number << 8 | static_cast<unsigned char>(bytes[at + byte]);
  }
  return number;
}

std::string encode(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) text += alphabet[bits >> (held - 6) & 0x3f];
  }
  if (held > 0) text += alphabet[bits << (6 - held) & 0x3f];
  return text;
}

// Nothing where a character is not of the alphabet, or where encode would have written it otherwise.
std::optional<std::string> decode(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char character : text) {
    const std::size_t value = alphabet.find(character);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xff);
  }
  const bool has_rest = held >= 6 || (bits & ((1U << held) - 1)) != 0;
  if (has_rest) return std::nullopt;
  return bytes;
}

// Finds slips, not forgers: a token that was cut, mixed up or changed in letter case by a mailer.
std::uint32_t checksum(std::string_view bytes) {
  std::uint32_t sum = 0x811c9dc5U;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at >= checksum_at && at < head_bytes) continue;
    sum = (sum ^ static_cast<unsigned char>(bytes[at])) * 0x01000193U;
  }
  return sum;
}

bool is_integer(std::string_view cell) {
  const std::string_view digits = cell.starts_with('-') ? cell.substr(1) : cell;
  constexpr std::size_t longest = 20;  // Of 64 bits.
  return !digits.empty() && digits.size() <= longest &&
         std::ranges::all_of(digits, [](char character) { return character >= '0' && character <= '9'; });
}

}  // namespace

std::string to_token(const KeysetDeclaration& declaration, const Cursor& cursor) {
  if (cursor.empty()) return {};
  std::string bytes(1, version);
  append_number(bytes, declaration.identity, 8);
  append_number(bytes, 0, 4);
  for (std::size_t index = 0; index < cursor.size(); ++index) {
    bytes += static_cast<char>(declaration.options.key[index].kind);
    append_number(bytes, cursor[index].size(), 4);
    bytes += cursor[index];
  }
  if (bytes.size() > longest_token_bytes) throw bad_token(declaration, "would be too long: the key is too large");
  std::string sum;
  append_number(sum, checksum(bytes), 4);
  bytes.replace(checksum_at, sum.size(), sum);
  return encode(bytes);
}

Cursor from_token(const KeysetDeclaration& declaration, std::string_view token) {
  if (token.empty()) return {};
  const auto malformed = [&] { return bad_token(declaration, "is malformed"); };
  if (token.size() > longest_token_bytes / 3 * 4 + 4) throw bad_token(declaration, "is too long");
  const std::optional<std::string> bytes = decode(token);
  if (!bytes || bytes->size() < head_bytes || bytes->front() != version) throw malformed();
  if (number_at(*bytes, checksum_at, 4) != checksum(*bytes)) throw malformed();
  if (number_at(*bytes, 1, 8) != declaration.identity) {
    throw bad_token(declaration,
                    "belongs to another declaration (its table, select or key was changed, or it was "
                    "handed to the wrong place)");
  }
  Cursor cursor;
  std::size_t at = head_bytes;
  for (const KeyColumn& column : declaration.options.key) {
    if (bytes->size() - at < 5 || (*bytes)[at] != static_cast<char>(column.kind)) throw malformed();
    const std::uint64_t length = number_at(*bytes, at + 1, 4);
    at += 5;
    if (length > bytes->size() - at) throw malformed();
    cursor.push_back(bytes->substr(at, length));
    at += length;
    if (column.kind == KeyKind::integer && !is_integer(cursor.back())) throw malformed();
  }
  if (at != bytes->size()) throw malformed();
  return cursor;
}

}  // namespace lockkeeper::client
