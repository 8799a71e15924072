// Conversations between clients and servers, kept as text in tests/wire/transcripts_mysql, each from its greeting on.
//
// Lines that begin with # are for people. Most were recorded by wire_mysql_server, which writes what it sees to a
// folder named by LOCKKEEPER_RECORD_TO; what it cannot have from a server that is at hand was written by hand.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "wire/mysql/packet_text.hpp"

namespace lockkeeper::testing::mysql {

struct Transcript {
  std::string name;
  std::vector<Packet> packets = {};

  /// What one side said, in one piece.
  [[nodiscard]] std::string stream(Side side) const;
};

/// For the names that GoogleTest prints.
inline void PrintTo(const Transcript& transcript, std::ostream* out) { *out << transcript.name; }

/// All of them, by name. Throws where one cannot be read.
[[nodiscard]] const std::vector<Transcript>& transcripts();

}  // namespace lockkeeper::testing::mysql
