// Reads a stranger's bytes, front to back. A read beyond the end fails and so does every later one: a decoder reads all
// of its fields and asks once, at the end, whether they were there.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lockkeeper::base {

/// The number at `bytes`, which are as many as it needs; no alignment wanted. Compiles to one load.
template <std::unsigned_integral Number, std::endian order>
[[nodiscard]] inline Number load(const char* bytes) noexcept {
  Number number = 0;
  std::memcpy(&number, bytes, sizeof number);
  if constexpr (order != std::endian::native && sizeof number > 1) number = std::byteswap(number);
  return number;
}

/// Views that it returns lie within the bytes it was made of. Never throws, never allocates.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) noexcept : rest_(bytes) {}

  /// Whether every read so far found its bytes.
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  /// Whether it did, and nothing is left.
  [[nodiscard]] bool finished() const noexcept { return ok_ && rest_.empty(); }
  /// What was not read yet; empty once a read has failed.
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  // Numbers; 0 where the bytes are not there.
  std::uint8_t byte() noexcept { return number<std::uint8_t, std::endian::big>(); }
  std::uint16_t uint16_big() noexcept { return number<std::uint16_t, std::endian::big>(); }
  std::uint32_t uint32_big() noexcept { return number<std::uint32_t, std::endian::big>(); }
  std::uint64_t uint64_big() noexcept { return number<std::uint64_t, std::endian::big>(); }
  std::uint16_t uint16_little() noexcept { return number<std::uint16_t, std::endian::little>(); }
  std::uint32_t uint24_little() noexcept {
    const std::uint32_t low = uint16_little();
    return low | (std::uint32_t{byte()} << 16U);
  }
  std::uint32_t uint32_little() noexcept { return number<std::uint32_t, std::endian::little>(); }
  std::uint64_t uint64_little() noexcept { return number<std::uint64_t, std::endian::little>(); }

  /// So many bytes; empty where there are fewer.
  std::string_view bytes(std::size_t count) noexcept {
    if (count > rest_.size()) return fail();
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  /// The bytes before the next zero byte, which is read too; empty where there is none.
  std::string_view text() noexcept {
    const std::size_t length = rest_.find('\0');
    if (length == std::string_view::npos) return fail();
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length + 1);
    return taken;
  }

  /// All that is left.
  std::string_view take_rest() noexcept { return bytes(rest_.size()); }

  /// For a decoder that has read what cannot be: as if the bytes had ended.
  std::string_view fail() noexcept {
    ok_ = false;
    rest_ = {};
    return {};
  }

 private:
  template <std::unsigned_integral Number, std::endian order>
  Number number() noexcept {
    const std::string_view taken = bytes(sizeof(Number));
    return taken.empty() ? Number{0} : load<Number, order>(taken.data());
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace lockkeeper::base
