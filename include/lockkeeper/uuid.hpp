// A UUID as a value: 16 bytes in network order, compared byte by byte.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <lockkeeper/parameter.hpp>

namespace lockkeeper {

/// Bound as its text form, as PostgreSQL's uuid, MariaDB's UUID and CHAR(36) columns want it. A BINARY(16) or BLOB
/// column takes `view()` instead; reading knows both forms.
class Uuid {
 public:
  using Bytes = std::array<std::byte, 16>;

  constexpr Uuid() noexcept = default;  ///< The nil UUID, all zero.
  constexpr explicit Uuid(const Bytes& bytes) noexcept : bytes_(bytes) {}

  /// 32 hexadecimal digits of either case: plain, with the usual four hyphens, or that in braces. Nothing where it is
  /// anything else.
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text) noexcept;

  /// 36 characters, lower case, with hyphens.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] constexpr const Bytes& bytes() const noexcept { return bytes_; }
  /// For binding to a binary column. Lives as long as this object.
  [[nodiscard]] BytesView view() const noexcept { return bytes_; }

  friend constexpr bool operator==(const Uuid&, const Uuid&) noexcept = default;
  friend constexpr auto operator<=>(const Uuid&, const Uuid&) noexcept = default;

 private:
  Bytes bytes_{};
};

}  // namespace lockkeeper

template <>
struct std::hash<lockkeeper::Uuid> {
  [[nodiscard]] std::size_t operator()(const lockkeeper::Uuid& uuid) const noexcept {
    std::uint64_t halves[2];
    std::memcpy(halves, uuid.bytes().data(), sizeof halves);
    // Most are random already; those that count up differ in few bits, which the multiplication spreads.
    return static_cast<std::size_t>((halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15U)) * 0xff51afd7ed558ccdU);
  }
};
