#include "wire/mysql/command.hpp"
#include "wire/mysql/lengths.hpp"

namespace lockkeeper::wire::mysql {
namespace {

using base::ByteReader;

// A reader of what follows the command byte; one that has failed where the command is another.
ByteReader arguments_of(Bytes body, Command command) noexcept {
  ByteReader reader(body);
  if (static_cast<Command>(reader.byte()) != command) reader.fail();
  return reader;
}

// `value` if its bytes were there.
template <class Value>
std::optional<Value> if_read(const ByteReader& reader, const Value& value) noexcept {
  return reader.ok() ? std::optional<Value>(value) : std::nullopt;
}

std::optional<std::string_view> decode_text(Bytes body, Command command) noexcept {
  ByteReader reader = arguments_of(body, command);
  return if_read(reader, reader.rest());
}

Bytes read_new_answer(ByteReader& reader, Capabilities capabilities) noexcept {
  return capabilities.has(Capability::secure_connection) ? reader.bytes(reader.byte()) : reader.text();
}

std::optional<BinlogDump> decode_dump(Bytes body) noexcept {
  ByteReader reader = arguments_of(body, Command::binlog_dump);
  BinlogDump dump{.position = reader.uint32_little()};
  dump.flags = reader.uint16_little();
  dump.server_id = reader.uint32_little();
  dump.file = reader.rest();
  return if_read(reader, dump);
}

std::optional<BinlogDump> decode_dump_gtid(Bytes body) noexcept {
  ByteReader reader = arguments_of(body, Command::binlog_dump_gtid);
  BinlogDump dump{.flags = reader.uint16_little()};
  dump.server_id = reader.uint32_little();
  dump.file = reader.bytes(reader.uint32_little());
  dump.position = reader.uint64_little();
  return if_read(reader, dump);
}

}  // namespace

std::optional<std::string_view> decode_init_db(Bytes body) noexcept { return decode_text(body, Command::init_db); }

std::optional<std::string_view> decode_prepare(Bytes body) noexcept { return decode_text(body, Command::prepare); }

std::optional<Execute> decode_execute(Bytes body) noexcept {
  ByteReader reader = arguments_of(body, Command::execute);
  Execute execute{.statement = reader.uint32_little()};
  execute.flags = reader.byte();
  execute.iterations = reader.uint32_little();
  execute.parameters = reader.rest();
  return if_read(reader, execute);
}

std::optional<BulkExecute> decode_bulk_execute(Bytes body) noexcept {
  ByteReader reader = arguments_of(body, Command::bulk_execute);
  BulkExecute execute{.statement = reader.uint32_little()};
  execute.flags = reader.uint16_little();
  execute.parameters = reader.rest();
  return if_read(reader, execute);
}

std::optional<SendLongData> decode_send_long_data(Bytes body) noexcept {
  ByteReader reader = arguments_of(body, Command::send_long_data);
  SendLongData data{.statement = reader.uint32_little()};
  data.parameter = reader.uint16_little();
  data.data = reader.rest();
  return if_read(reader, data);
}

std::optional<Fetch> decode_fetch(Bytes body) noexcept {
  ByteReader reader = arguments_of(body, Command::fetch);
  Fetch fetch{.statement = reader.uint32_little()};
  fetch.rows = reader.uint32_little();
  return if_read(reader, fetch);
}

std::optional<std::uint32_t> decode_statement(Bytes body) noexcept {
  const Command command =
      command_of(body) == Command::close_statement ? Command::close_statement : Command::reset_statement;
  ByteReader reader = arguments_of(body, command);
  const std::uint32_t statement = reader.uint32_little();
  return if_read(reader, statement);
}

std::optional<ChangeUser> decode_change_user(Bytes body, Capabilities capabilities) noexcept {
  ByteReader reader = arguments_of(body, Command::change_user);
  ChangeUser change{.user = reader.text()};
  change.answer = read_new_answer(reader, capabilities);
  change.database = reader.text();
  // Clients may end their packet before any of the others.
  const auto more = [&] noexcept { return !reader.rest().empty(); };
  if (more()) change.charset = reader.uint16_little();
  if (more() && capabilities.has(Capability::plugin_auth)) change.plugin = reader.text();
  if (more() && capabilities.has(Capability::connect_attributes)) change.attributes = read_sized(reader);
  return if_read(reader, change);
}

std::optional<bool> decode_set_option(Bytes body) noexcept {
  ByteReader reader = arguments_of(body, Command::set_option);
  const std::uint16_t option = reader.uint16_little();
  return option <= 1 ? if_read(reader, option == 0) : std::nullopt;
}

std::optional<std::string_view> decode_field_list(Bytes body) noexcept {
  ByteReader reader = arguments_of(body, Command::field_list);
  return if_read(reader, reader.text());
}

std::optional<std::uint32_t> decode_process_kill(Bytes body) noexcept {
  ByteReader reader = arguments_of(body, Command::process_kill);
  const std::uint32_t connection = reader.uint32_little();
  return if_read(reader, connection);
}

std::optional<std::uint8_t> decode_refresh(Bytes body) noexcept {
  ByteReader reader = arguments_of(body, Command::refresh);
  const std::uint8_t what = reader.byte();
  return if_read(reader, what);
}

std::optional<BinlogDump> decode_binlog_dump(Bytes body) noexcept {
  return command_of(body) == Command::binlog_dump ? decode_dump(body) : decode_dump_gtid(body);
}

}  // namespace lockkeeper::wire::mysql
