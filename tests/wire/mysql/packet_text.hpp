// Packets as people write them, `C 0 COM_QUERY sql="select 1"`, to bytes and back, by a table that owes nothing to
// src/wire: who says it, the sequence number, what it is, and its fields.
//
// Texts stand in double quotes, with \n, \", \\ and \x1f; cells in brackets, where NULL is the absence of a value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lockkeeper::testing::mysql {

enum class Side : char { client = 'C', server = 'S' };

struct Packet {
  Side side = Side::client;
  std::string name;   ///< Of its layout.
  std::string text;   ///< The line.
  std::string bytes;  ///< As on the wire, the header included.
};

/// Throws std::runtime_error with the place where the line is not what its layout says.
[[nodiscard]] Packet parse_packet(std::string_view line);

/// The line for a packet that is said to be of that name; throws where no layout of that name fits. Of a packet of
/// more than 64 KiB the name alone.
[[nodiscard]] Packet describe_packet(Side side, std::string_view name, std::string_view bytes);

}  // namespace lockkeeper::testing::mysql
