#include "wire/postgres/frontend.hpp"
#include "wire/postgres/message_writer.hpp"

namespace lockkeeper::wire::postgres {
namespace {

void append_target(std::string& out, char type, Target target, std::string_view name) {
  MessageWriter message(out, type);
  message.byte(static_cast<char>(target));
  message.text(name);
}

void append_text(std::string& out, char type, std::string_view text) {
  MessageWriter message(out, type);
  message.text(text);
}

}  // namespace

void append_query(std::string& out, std::string_view sql) { append_text(out, frontend::query, sql); }

void append_parse(std::string& out, std::string_view name, std::string_view sql, Bytes types) {
  MessageWriter message(out, frontend::parse);
  message.text(name);
  message.text(sql);
  message.bytes(types);
}

void append_bind_head(std::string& out, std::string_view portal, std::string_view statement, std::size_t rest) {
  MessageWriter message(out, frontend::bind);
  message.text(portal);
  message.text(statement);
  message.expect(rest);
}

void append_describe(std::string& out, Target target, std::string_view name) {
  append_target(out, frontend::describe, target, name);
}

void append_close(std::string& out, Target target, std::string_view name) {
  append_target(out, frontend::close, target, name);
}

void append_execute(std::string& out, std::string_view portal, std::int32_t most_rows) {
  MessageWriter message(out, frontend::execute);
  message.text(portal);
  message.uint32_big(static_cast<std::uint32_t>(most_rows));
}

void append_sync(std::string& out) { append_message(out, frontend::sync, {}); }

void append_flush(std::string& out) { append_message(out, frontend::flush, {}); }

void append_terminate(std::string& out) { append_message(out, frontend::terminate, {}); }

void append_copy_fail(std::string& out, std::string_view why) { append_text(out, frontend::copy_fail, why); }

void append_password(std::string& out, std::string_view password) { append_text(out, frontend::password, password); }

void append_sasl_initial(std::string& out, std::string_view mechanism, Bytes data) {
  MessageWriter message(out, frontend::password);
  message.text(mechanism);
  message.uint32_big(data.data() == nullptr ? 0xffffffff : static_cast<std::uint32_t>(data.size()));
  message.bytes(data);
}

void append_sasl_response(std::string& out, Bytes data) { append_message(out, frontend::password, data); }

}  // namespace lockkeeper::wire::postgres
