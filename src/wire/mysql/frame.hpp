// The framing that MySQL and MariaDB share: where one message ends and the next begins.
//
// A packet is a little-endian length of 3 bytes, a sequence number and a body. A body of 0xffffff bytes goes on in the
// next packet, which may be empty; all of them together are one message. Any 4 bytes are a header.
// Pure functions over bytes that came from a stranger: they never throw and never assert; none that reads allocates.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_reader.hpp"

namespace lockkeeper::wire::mysql {

/// Bytes as they are on the wire; also the type of the texts within.
using Bytes = std::string_view;

/// Why bytes are no message. The text is for a log and for the error to whoever sent them.
enum class Malformed {
  too_long,      ///< A message of more than `most_message` bytes.
  bad_body,      ///< A count, a terminator or a length within it does not fit.
  old_protocol,  ///< The protocol before MySQL 4.1, which nobody here speaks.
};
[[nodiscard]] std::string_view to_string(Malformed malformed) noexcept;

inline constexpr std::size_t header_size = 4;
inline constexpr std::uint32_t most_body = 0xffffff;                    ///< Of one packet; one that is so long goes on.
inline constexpr std::uint64_t most_message = std::uint64_t{1} << 30U;  ///< The most that max_allowed_packet can be.

struct Header {
  std::uint32_t body = 0;     ///< Bytes that follow the header, 0 to `most_body`.
  std::uint8_t sequence = 0;  ///< Counts the packets of one exchange, from 0, modulo 256.

  [[nodiscard]] std::size_t size() const noexcept { return header_size + body; }
  /// The message goes on in the next packet.
  [[nodiscard]] bool goes_on() const noexcept { return body == most_body; }
};

/// The header at the beginning of `bytes`; nullopt while fewer than 4 bytes are there.
[[nodiscard]] inline std::optional<Header> read_header(Bytes bytes) noexcept {
  if (bytes.size() < header_size) [[unlikely]]
    return std::nullopt;
  const auto word = base::load<std::uint32_t, std::endian::little>(bytes.data());
  return Header{word & most_body, static_cast<std::uint8_t>(word >> 24U)};
}

/// What a decoder is shown of a message while the rest is still to come: the first `most` bytes of the body, or all of
/// a shorter one. `bytes` begin with the packet's header; nullopt while they do not hold so many.
[[nodiscard]] inline std::optional<Bytes> read_head(Bytes bytes, const Header& header, std::size_t most) noexcept {
  const std::size_t wanted = std::min<std::size_t>(header.body, most);
  if (bytes.size() < header_size + wanted) [[unlikely]]
    return std::nullopt;
  return bytes.substr(header_size, wanted);
}

/// The packets of one direction, one after the other: which of them begin a message and which end one. Only a packet
/// that begins one holds something for a decoder; the others are passed on.
class Framing {
 public:
  struct Packet {
    bool begins = false;
    bool ends = false;
  };

  /// The next packet's header. After `too_long` nothing more is to be asked of it.
  [[nodiscard]] std::expected<Packet, Malformed> next(const Header& header) noexcept {
    const bool begins = !open_;
    size_ = header.body + (begins ? 0 : size_);
    open_ = header.goes_on();
    if (size_ > most_message) [[unlikely]]
      return std::unexpected(Malformed::too_long);
    return Packet{begins, !open_};
  }

  /// The last packet's message goes on.
  [[nodiscard]] bool open() const noexcept { return open_; }
  /// Bytes of the last packet's message as far as it has come, without headers.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  bool open_ = false;
  std::uint64_t size_ = 0;
};

/// A message whose body is there already, in as many packets as it needs; the first has number `sequence`. Returns the
/// number that the next packet would have.
std::uint8_t append_message(std::string& out, std::uint8_t sequence, Bytes body);

}  // namespace lockkeeper::wire::mysql
