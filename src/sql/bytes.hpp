// Eight bytes of text at a time, in plain arithmetic: the same on every machine and compiler.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

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

#if defined(__SSE2__)
/// Sixteen bytes in one register; the compilers' own vectors need no header.
using Sixteen = unsigned char __attribute__((vector_size(16)));

inline Sixteen load_sixteen(const char* from) noexcept {
  Sixteen bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

/// How many of the sixteen bytes from `at` on continue an unquoted word: letters, digits, _, $, 0x80 and above.
inline int word_length(const char* at) noexcept {
  using Mask = char __attribute__((vector_size(16)));
  const Sixteen bytes = load_sixteen(at);
  const auto letter = ((bytes | 0x20) - 'a') < 26;
  const auto digit = (bytes - '0') < 10;
  const auto member = letter | digit | (bytes == '_') | (bytes == '$') | (bytes >= 0x80);
  return std::countr_one(static_cast<unsigned>(__builtin_ia32_pmovmskb128(reinterpret_cast<Mask>(member))));
}

/// How many of the sixteen bytes from `at` on are neither.
inline int length_without(const char* at, char one, char other) noexcept {
  using Mask = char __attribute__((vector_size(16)));
  const Sixteen bytes = load_sixteen(at);
  const auto found = (bytes == byte(one)) | (bytes == byte(other));
  return std::countr_zero(static_cast<unsigned>(__builtin_ia32_pmovmskb128(reinterpret_cast<Mask>(found))) | 0x10000U);
}
#endif

/// The first place from `at` on where one of two bytes stands, or `end`.
inline const char* find_either(const char* at, const char* end, char one, char other) noexcept {
#if defined(__SSE2__)
  while (end - at >= 16) {
    const int length = length_without(at, one, other);
    at += length;
    if (length != 16) return at;
  }
#endif
  while (at != end && *at != one && *at != other) ++at;
  return at;
}

/// The end of the word that goes on at `at`.
inline const char* word_end(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
  // Sixteen bytes a step: nearly every word ends in the first, so the branch is foreseen.
  while (end - at >= 16) {
    const int length = word_length(at);
    at += length;
    if (length != 16) return at;
  }
#endif
  while (at != end && continues_word(*at)) ++at;
  return at;
}

}  // namespace lockkeeper::sql
