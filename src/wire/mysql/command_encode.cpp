#include "wire/mysql/command.hpp"
#include "wire/mysql/lengths.hpp"
#include "wire/mysql/message_writer.hpp"

namespace lockkeeper::wire::mysql {

std::string_view to_string(Command command) noexcept {
  switch (command) {
    case Command::sleep: return "COM_SLEEP";
    case Command::quit: return "COM_QUIT";
    case Command::init_db: return "COM_INIT_DB";
    case Command::query: return "COM_QUERY";
    case Command::field_list: return "COM_FIELD_LIST";
    case Command::create_db: return "COM_CREATE_DB";
    case Command::drop_db: return "COM_DROP_DB";
    case Command::refresh: return "COM_REFRESH";
    case Command::shutdown: return "COM_SHUTDOWN";
    case Command::statistics: return "COM_STATISTICS";
    case Command::process_info: return "COM_PROCESS_INFO";
    case Command::connect: return "COM_CONNECT";
    case Command::process_kill: return "COM_PROCESS_KILL";
    case Command::debug: return "COM_DEBUG";
    case Command::ping: return "COM_PING";
    case Command::time: return "COM_TIME";
    case Command::delayed_insert: return "COM_DELAYED_INSERT";
    case Command::change_user: return "COM_CHANGE_USER";
    case Command::binlog_dump: return "COM_BINLOG_DUMP";
    case Command::table_dump: return "COM_TABLE_DUMP";
    case Command::connect_out: return "COM_CONNECT_OUT";
    case Command::register_replica: return "COM_REGISTER_SLAVE";
    case Command::prepare: return "COM_STMT_PREPARE";
    case Command::execute: return "COM_STMT_EXECUTE";
    case Command::send_long_data: return "COM_STMT_SEND_LONG_DATA";
    case Command::close_statement: return "COM_STMT_CLOSE";
    case Command::reset_statement: return "COM_STMT_RESET";
    case Command::set_option: return "COM_SET_OPTION";
    case Command::fetch: return "COM_STMT_FETCH";
    case Command::daemon: return "COM_DAEMON";
    case Command::binlog_dump_gtid: return "COM_BINLOG_DUMP_GTID";
    case Command::reset_connection: return "COM_RESET_CONNECTION";
    case Command::clone: return "COM_CLONE";
    case Command::group_replication: return "COM_SUBSCRIBE_GROUP_REPLICATION_STREAM";
    case Command::bulk_execute: return "COM_STMT_BULK_EXECUTE";
  }
  return {};
}

void append_command(std::string& out, Command command, Bytes arguments) {
  write_message(out, 0, [&](base::ByteWriter& writer) {
    writer.byte(static_cast<std::uint8_t>(command));
    writer.bytes(arguments);
  });
}

void append_query(std::string& out, std::string_view sql, Capabilities capabilities) {
  write_message(out, 0, [&](base::ByteWriter& writer) {
    writer.byte(static_cast<std::uint8_t>(Command::query));
    if (capabilities.has(Capability::query_attributes)) {
      write_length(writer, 0);
      write_length(writer, 1);
    }
    writer.bytes(sql);
  });
}

void append_change_user(std::string& out, const ChangeUser& change, Capabilities capabilities) {
  write_message(out, 0, [&](base::ByteWriter& writer) {
    writer.byte(static_cast<std::uint8_t>(Command::change_user));
    writer.text(change.user);
    if (capabilities.has(Capability::secure_connection)) {
      const Bytes answer = change.answer.substr(0, 255);
      writer.byte(static_cast<std::uint8_t>(answer.size()));
      writer.bytes(answer);
    } else {
      writer.text(change.answer);
    }
    writer.text(change.database);
    writer.uint16_little(change.charset);
    if (capabilities.has(Capability::plugin_auth)) writer.text(change.plugin);
    if (capabilities.has(Capability::connect_attributes)) write_sized(writer, change.attributes);
  });
}

}  // namespace lockkeeper::wire::mysql
