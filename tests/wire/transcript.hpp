// Conversations between clients and servers, kept as text in tests/wire/transcripts.
//
// Most were recorded from a PostgreSQL server. Lines that begin with # are for people, but for two at the top:
//   # server: any | none | 15 | 18   which servers give these answers again; none: something random is in it
//   # login                          the conversation begins behind a login that is not shown
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "wire/message_text.hpp"

namespace lockkeeper::testing {

struct Transcript {
  std::string name;
  std::string server = "any";
  bool login = false;
  std::vector<Message> messages = {};

  /// What one side said, in one piece.
  [[nodiscard]] std::string stream(Side side) const;
};

/// For the names that GoogleTest prints.
inline void PrintTo(const Transcript& transcript, std::ostream* out) { *out << transcript.name; }

/// All of them, by name. Throws where one cannot be read.
[[nodiscard]] const std::vector<Transcript>& transcripts();

/// Finds the messages of one side in a stream, as far as it has come.
class MessageFinder {
 public:
  /// `login`: the stream begins with normal messages.
  MessageFinder(Side side, bool login) : startup_(side == Side::frontend && !login) {}

  /// So many answers to SSLRequest and GSSENCRequest, a byte each, come before the first message.
  void expect_answers(std::size_t count) { answers_ = count; }

  /// Takes the first message off `bytes`; empty while it is not there as a whole. Throws where it is malformed.
  std::string next(std::string& bytes);

 private:
  [[nodiscard]] std::size_t size_of_next(std::string_view bytes) const;

  bool startup_;
  std::size_t answers_ = 0;
};

}  // namespace lockkeeper::testing
