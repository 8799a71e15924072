// Eight bytes of text at a time, in plain arithmetic: the same on every machine and compiler.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sql/characters.hpp"

namespace lockkeeper::sql {

inline constexpr std::uint64_t each_byte = 0x0101010101010101;

/// Eight bytes, the first one lowest on every machine.
inline std::uint64_t load_bytes(const char* from) noexcept {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, from, sizeof bytes);
  if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
  return bytes;
}

inline void store_bytes(char* to, std::uint64_t bytes) noexcept {
  if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
  std::memcpy(to, &bytes, sizeof bytes);
}

/// ASCII capitals to lower case in all eight bytes at once; no carry leaves a byte.
constexpr std::uint64_t lower_bytes(std::uint64_t bytes) noexcept {
  const std::uint64_t ascii = bytes & (each_byte * 0x7f);
  const std::uint64_t from_a = ascii + each_byte * (0x80 - 'A');
  const std::uint64_t past_z = ascii + each_byte * (0x80 - 'Z' - 1);
  const std::uint64_t capital = (from_a & ~past_z & ~bytes) & (each_byte * 0x80);
  return bytes | (capital >> 2);
}

/// Bytes that may be read behind every text the lexer reads, none of them white space or part of a word:
/// a step of 8 or 16 bytes needs no look at how much is left, and runs stop by themselves.
inline constexpr std::size_t padding = 32;
inline constexpr char padding_byte = '}';

/// The text, copied and padded; `buffer` has room for both.
inline std::string_view padded_copy(std::string_view text, char* buffer) noexcept {
  if (!text.empty()) std::memcpy(buffer, text.data(), text.size());
  std::memset(buffer + text.size(), padding_byte, padding);
  return {buffer, text.size()};
}

/// Copies whole steps: up to 15 bytes more than `size` are read and written.
inline void copy_steps(char* to, const char* from, std::size_t size) noexcept {
  for (std::size_t at = 0; at < size || at == 0; at += 16) std::memcpy(to + at, from + at, 16);
}

/// How many of the sixteen bytes from `at` on are of a kind, up to the first that is not. Both tests say the
/// same: `test` of sixteen bytes at once where the compiler's own vectors have instructions, `one` of one.
template <class Test, class One>
inline int run_length(const char* at, [[maybe_unused]] Test test, [[maybe_unused]] One one) noexcept {
#if defined(__SSE2__)
  using Sixteen = unsigned char __attribute__((vector_size(16)));
  using Mask = char __attribute__((vector_size(16)));
  Sixteen bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  // Inverted, the mask's upper bits are set: it is never zero, which countr_one would look for.
  return __builtin_ctz(~static_cast<unsigned>(__builtin_ia32_pmovmskb128(reinterpret_cast<Mask>(test(bytes)))));
#else
  int length = 0;
  while (length != 16 && one(at[length])) ++length;
  return length;
#endif
}

/// Letters, digits, _, $, 0x80 and above: what continues an unquoted word.
inline int word_length(const char* at) noexcept {
  return run_length(
      at,
      [](auto bytes) {
        return ((bytes | 0x20) - 'a' < 26) | (bytes - '0' < 10) | (bytes == '_') | (bytes == '$') | (bytes >= 0x80);
      },
      continues_word);
}

inline int digits_length(const char* at) noexcept {
  return run_length(at, [](auto bytes) { return bytes - '0' < 10; }, is_digit);
}

inline int space_length(const char* at) noexcept {
  return run_length(
      at, [](auto bytes) { return (bytes <= 0x20) | (bytes == 0x7f); },
      [](char c) { return class_of(c) == Class::space; });
}

/// The end of the word that goes on at `at`; nearly every word ends in the first step, so the branch is foreseen.
inline const char* word_end(const char* at) noexcept {
  for (;;) {
    const int length = word_length(at);
    at += length;
    if (length != 16) [[likely]]
      return at;
  }
}

/// The first place from `at` on where one of two bytes stands, or `end`.
inline const char* find_either(const char* at, const char* end, char one, char other) noexcept {
  while (at < end) {
    const int length = run_length(
        at, [=](auto bytes) { return (bytes != byte(one)) & (bytes != byte(other)); },
        [=](char c) { return c != one && c != other; });
    at += length;
    if (length != 16) [[likely]]
      break;
  }
  return at < end ? at : end;
}

}  // namespace lockkeeper::sql
