// PostgreSQL's framing, protocol 3.0 and 3.2: where one message ends and the next begins.
//
// A message is one type byte, a big-endian length that counts itself, and a body. Start-up packets have no type byte.
// Pure functions over bytes that came from a stranger: they never throw and never assert; none that reads allocates.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_reader.hpp"

namespace lockkeeper::wire::postgres {

/// Bytes as they are on the wire; also the type of the texts within.
using Bytes = std::string_view;

/// Why bytes are no message. The text is for a log and for the ErrorResponse to whoever sent them.
enum class Malformed {
  bad_length,      ///< Less than 4, or more than the server itself would take (1 GiB).
  unknown_type,    ///< No message of that direction begins with this byte.
  bad_body,        ///< A count, a terminator or a length within it does not fit.
  startup_length,  ///< A start-up packet of less than 8 or more than `most_startup` bytes.
};
[[nodiscard]] std::string_view to_string(Malformed malformed) noexcept;

inline constexpr std::size_t header_size = 5;
inline constexpr std::uint32_t most_body = 0x3fffffff;  ///< PostgreSQL's own MaxAllocSize.
/// Of a whole packet: PostgreSQL's MAX_STARTUP_PACKET_LENGTH of 10,000 does not count the length itself.
inline constexpr std::size_t most_startup = 10'004;

struct Header {
  char type = 0;
  std::uint32_t body = 0;  ///< Bytes that follow the header.

  [[nodiscard]] std::size_t size() const noexcept { return header_size + body; }
};

/// The header at the beginning of `bytes`; nullopt while fewer than 5 bytes are there.
[[nodiscard]] inline std::expected<std::optional<Header>, Malformed> read_header(Bytes bytes) noexcept {
  if (bytes.size() < header_size) [[unlikely]]
    return std::optional<Header>();
  // The length counts its own 4 bytes; one that is smaller wraps round and is too large as well.
  const std::uint32_t body = base::load<std::uint32_t, std::endian::big>(bytes.data() + 1) - 4;
  if (body > most_body) [[unlikely]]
    return std::unexpected(Malformed::bad_length);
  return Header{bytes.front(), body};
}

/// The longest body that a PostgreSQL server takes from a client in a message of this type, in normal operation: 10,000
/// bytes less the length where there is a name in it at most, `most_body` otherwise.
[[nodiscard]] std::uint32_t most_frontend_body(char type) noexcept;

/// Whether a frontend (client) or backend (server) may send a message of this type in normal operation, which begins
/// with the first ReadyForQuery. A client's password ('p') belongs to the time before; so do a server's
/// authentication ('R'), key ('K') and version ('v').
[[nodiscard]] bool is_frontend_type(char type) noexcept;
[[nodiscard]] bool is_backend_type(char type) noexcept;

/// The whole length of the start-up packet at the beginning of `bytes`; nullopt while fewer than 4 bytes are there.
[[nodiscard]] std::expected<std::optional<std::size_t>, Malformed> startup_size(Bytes bytes) noexcept;

/// A message whose body is there already: what has no function of its own, and what is passed on.
void append_message(std::string& out, char type, Bytes body);

}  // namespace lockkeeper::wire::postgres
