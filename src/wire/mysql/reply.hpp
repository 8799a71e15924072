// What servers answer: single messages. Which message comes when is the ReplyWalker's to know.
//
// Every `decode_...` takes a message's body with its first byte, and returns nullopt where the body is not what the
// protocol says. A head of `reply_head` bytes is enough for the numbers. Views live as long as the bytes they were read
// from. `append_...` writes the whole message with the sequence number given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/mysql/flags.hpp"
#include "wire/mysql/frame.hpp"

namespace lockkeeper::wire::mysql {

/// As much of any reply's message as the numbers in it may take.
inline constexpr std::size_t reply_head = 32;

struct Ok {
  std::uint64_t affected_rows = 0;
  std::uint64_t last_insert_id = 0;
  Status status = {};
  std::uint16_t warnings = 0;
  Bytes rest = {};  ///< What decode_ok_rest reads; cut where the body is.
};
/// Begins with 0x00, or, at the end of rows under `deprecate_eof`, with 0xfe.
[[nodiscard]] std::optional<Ok> decode_ok(Bytes body) noexcept;

struct OkRest {
  std::string_view info = {};  ///< For people: "Rows matched: 1  Changed: 1  Warnings: 0".
  Bytes session_changes = {};  ///< SessionChangeReader.
};
/// Of an OK that is not cut. `capabilities`: what both sides have.
[[nodiscard]] std::optional<OkRest> decode_ok_rest(const Ok& ok, Capabilities capabilities) noexcept;

enum class SessionChangeKind : std::uint8_t {
  variable = 0,
  database = 1,
  state = 2,  ///< "1": something of the session has changed.
  gtids = 3,
  transaction_characteristics = 4,  ///< "START TRANSACTION READ ONLY;": what would begin such a one again.
  transaction_state = 5,            ///< 8 letters: "T_______" is open, "________" is not.
};
struct SessionChange {
  SessionChangeKind kind = SessionChangeKind::variable;  ///< May be one that nobody here knows.
  std::string_view name = {};                            ///< Of a variable.
  std::string_view value = {};                           ///< Of an unknown kind: its bytes.
};
/// The changes of the session that the server was asked to track, one by one.
class SessionChangeReader {
 public:
  explicit SessionChangeReader(Bytes changes) noexcept : reader_(changes), variables_(Bytes()) {}

  /// nullopt: there are no more, or what follows is malformed.
  [[nodiscard]] std::optional<SessionChange> next() noexcept;
  /// Whether what it has read so far was well-formed.
  [[nodiscard]] bool ok() const noexcept { return reader_.ok() && variables_.ok(); }

 private:
  [[nodiscard]] std::optional<SessionChange> next_variable() noexcept;

  base::ByteReader reader_;
  base::ByteReader variables_;  // An entry of variables may hold several.
};

struct Eof {
  std::uint16_t warnings = 0;
  Status status = {};
};
[[nodiscard]] std::optional<Eof> decode_eof(Bytes body) noexcept;

struct ErrorReply {
  std::uint16_t code = 0;
  std::string_view sqlstate = {};  ///< 5 letters; empty where there is none: before the login.
  std::string_view message = {};   ///< Cut where the body is.
};
/// nullopt also for a progress report, which begins alike.
[[nodiscard]] std::optional<ErrorReply> decode_error(Bytes body) noexcept;

/// MariaDB tells clients with `progress` how far a long statement has come, any number of times before its reply.
struct Progress {
  std::uint8_t stage = 0;  ///< From 1.
  std::uint8_t stages = 0;
  std::uint32_t done = 0;  ///< Thousandths of a percent: 100,000 is all.
  std::string_view what = {};
};
[[nodiscard]] std::optional<Progress> decode_progress(Bytes body) noexcept;

/// "Send me this file of yours": the client sends it in messages and an empty one to end it.
[[nodiscard]] std::optional<std::string_view> decode_file_request(Bytes body) noexcept;

struct ResultHeader {
  std::uint64_t columns = 0;
  bool definitions = true;  ///< Follow. Otherwise the client knows them from an earlier run.
};
[[nodiscard]] std::optional<ResultHeader> decode_result_header(Bytes body, Capabilities capabilities) noexcept;

struct Prepared {
  std::uint32_t statement = 0;
  std::uint16_t columns = 0;
  std::uint16_t parameters = 0;
  std::uint16_t warnings = 0;
  bool definitions = true;
};
[[nodiscard]] std::optional<Prepared> decode_prepared(Bytes body, Capabilities capabilities) noexcept;

// --- Encoding ---

/// `ok.rest` is written as it is. `first`: 0xfe for one that ends rows.
void append_ok(std::string& out, std::uint8_t sequence, const Ok& ok, std::uint8_t first = 0x00);
/// What stands in `ok.rest`; without `session_track` the info alone.
void append_ok_rest(std::string& rest, const OkRest& given, Status status, Capabilities capabilities);
void append_eof(std::string& out, std::uint8_t sequence, const Eof& eof);
/// A sqlstate that has not 5 bytes is left out: servers send none in place of a greeting.
void append_error(std::string& out, std::uint8_t sequence, const ErrorReply& error);
void append_prepared(std::string& out, std::uint8_t sequence, const Prepared& prepared, Capabilities capabilities);

}  // namespace lockkeeper::wire::mysql
