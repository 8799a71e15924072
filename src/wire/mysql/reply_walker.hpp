// Follows the server's messages through the reply to one command: what each of them is, and which is the last.
//
//   ReplyWalker reply(command_of(body), capabilities);
//   while (!reply.complete()) { ... reply.server(head, size) ... }
//
// The protocol cannot be read without it: the same byte begins an OK, a row and a prepared statement, and only what was
// asked and what came before tells which. It never throws, asserts or allocates, whatever it is shown.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "wire/mysql/command.hpp"
#include "wire/mysql/flags.hpp"
#include "wire/mysql/frame.hpp"
#include "wire/mysql/reply.hpp"

namespace lockkeeper::wire::mysql {

/// What a server's message is.
enum class ReplyPart : std::uint8_t {
  ok,              ///< OK, or the EOF that some commands are answered with.
  error,           ///< ends the reply, whatever came before.
  progress,        ///< MariaDB's, between others.
  result_header,   ///< The number of columns.
  column,          ///< A column's definition.
  end_of_columns,  ///< Without `deprecate_eof` alone.
  row,
  end_of_rows,  ///< EOF or OK. Also where the rows stay behind a cursor.
  prepared,
  parameter,          ///< A parameter's definition.
  end_of_parameters,  ///< Without `deprecate_eof` alone.
  file_request,       ///< LOCAL INFILE
  text,               ///< Of COM_STATISTICS.
  field,              ///< Of COM_FIELD_LIST.
  end_of_fields,
  login,  ///< A login's, of COM_CHANGE_USER: LoginReply says which.
  event,  ///< Of the binary log.
  end_of_events,
  stream,      ///< Of a command that turns the connection into something else.
  unexpected,  ///< Nothing of that kind can come here. Nothing more is known from now on.
};
[[nodiscard]] std::string_view to_string(ReplyPart part) noexcept;

/// What a client's message is that is no command.
enum class ClientPart : std::uint8_t {
  login,        ///< An answer to the server's `login`.
  file,         ///< A piece of a file.
  end_of_file,  ///< The empty one.
  stream,       ///< An acknowledgement of events, and whatever belongs to a `stream`.
  unexpected,   ///< The server waits for no message; it is the next command.
};
[[nodiscard]] std::string_view to_string(ClientPart part) noexcept;

/// What a reply has told so far.
struct ReplyOutcome {
  std::uint64_t bytes = 0;  ///< As sent by the server, headers included.
  std::uint64_t rows = 0;
  std::uint64_t results = 0;         ///< OKs and results that have ended.
  std::uint64_t affected_rows = 0;   ///< Of all results together, up to the largest number.
  std::uint64_t last_insert_id = 0;  ///< Of the last that had one.
  bool has_status = false;           ///< There was an OK or EOF; after an error their status is no longer true.
  Status status = {};                ///< The last one's.
  std::uint16_t warnings = 0;        ///< The last one's.
  bool failed = false;
  std::uint16_t error_code = 0;
  std::array<char, 5> sqlstate{};
  Prepared prepared = {};  ///< Of COM_STMT_PREPARE, once `prepared` has come.
};

class ReplyWalker {
 public:
  /// `capabilities`: what both sides have.
  ReplyWalker(Command command, Capabilities capabilities) noexcept;
  /// The reply to a client's answer to the greeting, up to OK or error.
  [[nodiscard]] static ReplyWalker login(Capabilities capabilities) noexcept {
    return {Command::change_user, capabilities};
  }

  /// The server's next message: its first `reply_head` bytes, or all of a shorter one, and the size of its first
  /// packet's body.
  ReplyPart server(Bytes head, std::uint32_t size) noexcept;
  /// A packet with which the server's last message goes on.
  void server_goes_on(std::uint32_t size) noexcept { outcome_.bytes += header_size + size; }

  /// The client's next message, given the size of its first packet's body, while `client_speaks()`.
  ClientPart client(std::uint32_t size) noexcept;

  /// The next message of the client is the next command, as is any later one. True from the start for a command without
  /// reply. A client that sends commands in advance sends them before.
  [[nodiscard]] bool complete() const noexcept { return state_ == State::done && !file_open_; }
  /// The client's messages are no commands, but parts of this exchange.
  [[nodiscard]] bool client_speaks() const noexcept;
  /// There was an `unexpected`.
  [[nodiscard]] bool lost() const noexcept { return state_ == State::lost; }

  [[nodiscard]] Command command() const noexcept { return command_; }
  [[nodiscard]] const ReplyOutcome& outcome() const noexcept { return outcome_; }

 private:
  enum class State : std::uint8_t {
    first,  // OK, error, a file request or a result's header.
    columns,
    end_of_columns,
    rows,
    prepared,
    parameters,
    end_of_parameters,
    prepared_columns,
    end_of_prepared_columns,
    fields,
    text,
    login,
    file,  // Asked for; OK or error follows.
    events,
    stream,
    done,
    lost,
  };

  [[nodiscard]] static State first_state(Command command) noexcept;
  ReplyPart dispatch(Bytes head, std::uint32_t size) noexcept;
  ReplyPart first(Bytes head, std::uint32_t size) noexcept;
  ReplyPart ok(Bytes head, std::uint32_t size) noexcept;
  ReplyPart header(Bytes head) noexcept;
  ReplyPart column(ReplyPart part) noexcept;
  ReplyPart end_of_columns(Bytes head, std::uint32_t size) noexcept;
  ReplyPart row(Bytes head, std::uint32_t size) noexcept;
  ReplyPart prepared(Bytes head) noexcept;
  ReplyPart fields(Bytes head, std::uint32_t size) noexcept;
  ReplyPart login(Bytes head, std::uint32_t size) noexcept;
  ReplyPart events(Bytes head, std::uint32_t size) noexcept;
  ReplyPart error(Bytes head) noexcept;
  ReplyPart lose() noexcept;

  void begin_columns(std::uint64_t count, State definitions, State end) noexcept;
  void go_on() noexcept;
  void end_result() noexcept;
  [[nodiscard]] bool is_end(Bytes head, std::uint32_t size) const noexcept;
  bool read_end(Bytes head, std::uint32_t size) noexcept;

  Command command_;
  Capabilities capabilities_;
  State state_;
  bool file_open_ = false;
  // MySQL says of a procedure's parameters before them alone that more follows, not behind them.
  bool more_after_rows_ = false;
  std::uint64_t left_ = 0;  // Definitions still to come.
  ReplyOutcome outcome_;
};

}  // namespace lockkeeper::wire::mysql
