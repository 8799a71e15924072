// Appends numbers and texts to a buffer, in the byte order that a protocol wants.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace lockkeeper::base {

/// The number into `bytes`, which are as many as it needs. Compiles to one store.
template <std::unsigned_integral Number, std::endian order>
inline void store(char* bytes, Number number) noexcept {
  if constexpr (order != std::endian::native && sizeof number > 1) number = std::byteswap(number);
  std::memcpy(bytes, &number, sizeof number);
}

/// Writes behind what the buffer holds already. Throws std::bad_alloc alone.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) noexcept : out_(out) {}

  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void byte(char value) { out_.push_back(value); }
  void uint16_big(std::uint16_t value) { number<std::endian::big>(value); }
  void uint32_big(std::uint32_t value) { number<std::endian::big>(value); }
  void uint64_big(std::uint64_t value) { number<std::endian::big>(value); }
  void uint16_little(std::uint16_t value) { number<std::endian::little>(value); }
  /// The lower 24 bits.
  void uint24_little(std::uint32_t value) {
    uint16_little(static_cast<std::uint16_t>(value));
    byte(static_cast<std::uint8_t>(value >> 16U));
  }
  void uint32_little(std::uint32_t value) { number<std::endian::little>(value); }
  void uint64_little(std::uint64_t value) { number<std::endian::little>(value); }

  void bytes(std::string_view value) { out_.append(value); }

  /// The text and a zero byte. A text ends at its first zero byte: what stands behind it must not become the next
  /// field.
  void text(std::string_view value) {
    out_.append(value.substr(0, value.find('\0')));
    out_.push_back('\0');
  }

  /// Where the next byte goes.
  [[nodiscard]] std::size_t position() const noexcept { return out_.size(); }

  /// Overwrites a number written before: a length that is known at the end alone. `position` is where it was written.
  void set_uint32_big(std::size_t position, std::uint32_t value) noexcept {
    store<std::uint32_t, std::endian::big>(out_.data() + position, value);
  }

 private:
  template <std::endian order, std::unsigned_integral Number>
  void number(Number value) {
    char bytes[sizeof value];
    store<Number, order>(bytes, value);
    out_.append(bytes, sizeof value);
  }

  std::string& out_;
};

}  // namespace lockkeeper::base
