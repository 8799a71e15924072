#include "wire/mysql/lengths.hpp"
#include "wire/mysql/message_writer.hpp"
#include "wire/mysql/reply.hpp"

namespace lockkeeper::wire::mysql {

using base::ByteWriter;

void append_ok(std::string& out, std::uint8_t sequence, const Ok& ok, std::uint8_t first) {
  write_message(out, sequence, [&](ByteWriter& writer) {
    writer.byte(first);
    write_length(writer, ok.affected_rows);
    write_length(writer, ok.last_insert_id);
    writer.uint16_little(ok.status.bits);
    writer.uint16_little(ok.warnings);
    writer.bytes(ok.rest);
  });
}

void append_ok_rest(std::string& rest, const OkRest& given, Status status, Capabilities capabilities) {
  ByteWriter writer(rest);
  if (!capabilities.has(Capability::session_track)) return writer.bytes(given.info);
  if (given.info.empty() && !status.session_changed()) return;
  write_sized(writer, given.info);
  if (status.session_changed()) write_sized(writer, given.session_changes);
}

void append_eof(std::string& out, std::uint8_t sequence, const Eof& eof) {
  write_message(out, sequence, [&](ByteWriter& writer) {
    writer.byte(std::uint8_t{0xfe});
    writer.uint16_little(eof.warnings);
    writer.uint16_little(eof.status.bits);
  });
}

void append_error(std::string& out, std::uint8_t sequence, const ErrorReply& error) {
  write_message(out, sequence, [&](ByteWriter& writer) {
    writer.byte(std::uint8_t{0xff});
    writer.uint16_little(error.code);
    if (error.sqlstate.size() == 5) {
      writer.byte('#');
      writer.bytes(error.sqlstate);
    }
    writer.bytes(error.message);
  });
}

void append_prepared(std::string& out, std::uint8_t sequence, const Prepared& prepared, Capabilities capabilities) {
  write_message(out, sequence, [&](ByteWriter& writer) {
    writer.byte('\0');
    writer.uint32_little(prepared.statement);
    writer.uint16_little(prepared.columns);
    writer.uint16_little(prepared.parameters);
    writer.byte('\0');
    writer.uint16_little(prepared.warnings);
    if (capabilities.has(Capability::optional_metadata)) writer.byte(static_cast<std::uint8_t>(prepared.definitions));
  });
}

}  // namespace lockkeeper::wire::mysql
