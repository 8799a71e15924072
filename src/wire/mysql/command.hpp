// What clients say once they are logged in: a command byte and what belongs to it.
//
// Every `decode_...` takes a message's body with its command byte, and returns nullopt where that is another command's
// or the body is not what the protocol says. Texts and data that end with the message may be cut: decoders are content
// with the head of a long one. Views live as long as the bytes they were read from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/mysql/flags.hpp"
#include "wire/mysql/frame.hpp"

namespace lockkeeper::wire::mysql {

enum class Command : std::uint8_t {
  sleep = 0x00,
  quit = 0x01,
  init_db = 0x02,
  query = 0x03,
  field_list = 0x04,
  create_db = 0x05,
  drop_db = 0x06,
  refresh = 0x07,
  shutdown = 0x08,
  statistics = 0x09,
  process_info = 0x0a,
  connect = 0x0b,
  process_kill = 0x0c,
  debug = 0x0d,
  ping = 0x0e,
  time = 0x0f,
  delayed_insert = 0x10,
  change_user = 0x11,
  binlog_dump = 0x12,
  table_dump = 0x13,
  connect_out = 0x14,
  register_replica = 0x15,
  prepare = 0x16,
  execute = 0x17,
  send_long_data = 0x18,
  close_statement = 0x19,
  reset_statement = 0x1a,
  set_option = 0x1b,
  fetch = 0x1c,
  daemon = 0x1d,
  binlog_dump_gtid = 0x1e,
  reset_connection = 0x1f,
  clone = 0x20,
  group_replication = 0x21,
  bulk_execute = 0xfa,  ///< MariaDB's.
};

/// Whether it is one of these.
[[nodiscard]] constexpr bool is_known(Command command) noexcept {
  return command <= Command::group_replication || command == Command::bulk_execute;
}

/// The command of a message; any byte may stand there, and a server answers those it does not know with an error. An
/// empty message is `sleep`, as the servers have it.
[[nodiscard]] inline Command command_of(Bytes body) noexcept {
  return body.empty() ? Command::sleep : static_cast<Command>(body.front());
}
/// As the servers' documentation has it, "COM_STMT_EXECUTE"; empty where nobody here knows it.
[[nodiscard]] std::string_view to_string(Command command) noexcept;

struct Query {
  std::string_view sql = {};
  std::uint64_t attribute_count = 0;
  Bytes attributes = {};  ///< Nulls, types, names and values, as on the wire; not cut.
};
/// `capabilities`: what both sides have.
[[nodiscard]] std::optional<Query> decode_query(Bytes body, Capabilities capabilities) noexcept;

/// The name of a database.
[[nodiscard]] std::optional<std::string_view> decode_init_db(Bytes body) noexcept;
/// SQL text.
[[nodiscard]] std::optional<std::string_view> decode_prepare(Bytes body) noexcept;

/// In place of a statement's number: the one prepared last. MariaDB's clients send so before they know the number.
inline constexpr std::uint32_t last_prepared = 0xffffffff;

struct Execute {
  std::uint32_t statement = 0;
  std::uint8_t flags = 0;        ///< Cursor wanted: 1 read only, 2 for update, 4 scrollable; 8: a count is given.
  std::uint32_t iterations = 0;  ///< Always 1 so far.
  Bytes parameters = {};         ///< Nulls, types and values, as on the wire.

  [[nodiscard]] bool wants_cursor() const noexcept { return (flags & 7U) != 0; }
};
[[nodiscard]] std::optional<Execute> decode_execute(Bytes body) noexcept;

struct BulkExecute {
  std::uint32_t statement = 0;
  std::uint16_t flags = 0;  ///< 64: a result for each row of parameters; 128: types are given.
  Bytes parameters = {};
};
[[nodiscard]] std::optional<BulkExecute> decode_bulk_execute(Bytes body) noexcept;

struct SendLongData {
  std::uint32_t statement = 0;
  std::uint16_t parameter = 0;
  Bytes data = {};
};
[[nodiscard]] std::optional<SendLongData> decode_send_long_data(Bytes body) noexcept;

struct Fetch {
  std::uint32_t statement = 0;
  std::uint32_t rows = 0;
};
[[nodiscard]] std::optional<Fetch> decode_fetch(Bytes body) noexcept;

/// The statement that `close_statement` or `reset_statement` is about.
[[nodiscard]] std::optional<std::uint32_t> decode_statement(Bytes body) noexcept;

/// All that a login has, with another name.
struct ChangeUser {
  std::string_view user = {};
  Bytes answer = {};  ///< To the scramble of the greeting.
  std::string_view database = {};
  std::uint16_t charset = 0;  ///< 0: not given.
  std::string_view plugin = {};
  Bytes attributes = {};  ///< As on the wire: AttributeReader.
};
[[nodiscard]] std::optional<ChangeUser> decode_change_user(Bytes body, Capabilities capabilities) noexcept;

/// Several statements in a query, from now on; nullopt also where the option is one that nobody knows.
[[nodiscard]] std::optional<bool> decode_set_option(Bytes body) noexcept;
/// The table of a `field_list`.
[[nodiscard]] std::optional<std::string_view> decode_field_list(Bytes body) noexcept;
/// The connection that is to be killed.
[[nodiscard]] std::optional<std::uint32_t> decode_process_kill(Bytes body) noexcept;
/// What is to be refreshed, a bit each.
[[nodiscard]] std::optional<std::uint8_t> decode_refresh(Bytes body) noexcept;

/// A replica that asks for the binary log, with or without GTIDs. `register_replica` holds a password and has no
/// decoder.
struct BinlogDump {
  std::uint32_t server_id = 0;
  std::uint16_t flags = 0;  ///< 1: an EOF at the end of the log, instead of waiting.
  std::string_view file = {};
  std::uint64_t position = 0;
};
[[nodiscard]] std::optional<BinlogDump> decode_binlog_dump(Bytes body) noexcept;

// --- Encoding ---

/// A command with what belongs to it, in packets numbered from 0.
void append_command(std::string& out, Command command, Bytes arguments = {});
/// With no attributes, where the capabilities want them counted.
void append_query(std::string& out, std::string_view sql, Capabilities capabilities);
/// Which fields there are follows from the capabilities; an answer of more than 255 bytes is cut.
void append_change_user(std::string& out, const ChangeUser& change, Capabilities capabilities);

}  // namespace lockkeeper::wire::mysql
