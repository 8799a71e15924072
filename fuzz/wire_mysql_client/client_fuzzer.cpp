// Capabilities and a stream of a client's packets. Every decoder gets every body, whatever its command.
//
// Promised and checked: no read beyond the body; what is decoded lies within it and is the command's; encoded again it
// decodes the same; a message that is cut behind its head decodes to the same numbers.
#include <cstddef>
#include <cstdint>
#include <string>

#include "wire/mysql/command.hpp"
#include "wire/mysql/login.hpp"
#include "wire/mysql_checks.hpp"

namespace {

namespace my = lockkeeper::wire::mysql;
using lockkeeper::fuzz::mysql::body_of;
using lockkeeper::fuzz::mysql::expect_within;
using my::Bytes;
using my::Command;

void check_query(Bytes body, my::Capabilities capabilities) {
  const auto query = my::decode_query(body, capabilities);
  if (!query) return;
  LK_ASSERT(my::command_of(body) == Command::query);
  expect_within(body, query->sql);
  expect_within(body, query->attributes);
  LK_ASSERT(query->sql.size() + query->attributes.size() < body.size());
  const auto cut = my::decode_query(body.substr(0, body.size() - query->sql.size()), capabilities);
  LK_ASSERT(cut && cut->sql.empty() && cut->attributes == query->attributes);
  if (query->attribute_count > 0) return;
  std::string out;
  my::append_query(out, query->sql, capabilities);
  LK_ASSERT(my::decode_query(body_of(out), capabilities)->sql == query->sql);
}

void check_change_user(Bytes body, my::Capabilities capabilities) {
  const auto change = my::decode_change_user(body, capabilities);
  if (!change) return;
  LK_ASSERT(my::command_of(body) == Command::change_user);
  for (const std::string_view part :
       {change->user, change->answer, change->database, change->plugin, change->attributes})
    expect_within(body, part);
  std::string out;
  my::append_change_user(out, *change, capabilities);
  const auto again = my::decode_change_user(body_of(out), capabilities);
  LK_ASSERT(again && again->user == change->user && again->answer == change->answer);
  LK_ASSERT(again->database == change->database && again->plugin == change->plugin);
  my::AttributeReader attributes(change->attributes);
  while (const auto attribute = attributes.next()) {
    expect_within(body, attribute->name);
    expect_within(body, attribute->value);
  }
}

// The rest of each message: a view of what follows the numbers.
void check_statements(Bytes body) {
  const auto expect_rest = [&](Command command, std::size_t numbers, Bytes rest) {
    LK_ASSERT(my::command_of(body) == command && rest == body.substr(1 + numbers));
    expect_within(body, rest);
  };
  if (const auto execute = my::decode_execute(body)) expect_rest(Command::execute, 9, execute->parameters);
  if (const auto bulk = my::decode_bulk_execute(body)) expect_rest(Command::bulk_execute, 6, bulk->parameters);
  if (const auto data = my::decode_send_long_data(body)) expect_rest(Command::send_long_data, 6, data->data);
  if (const auto sql = my::decode_prepare(body)) expect_rest(Command::prepare, 0, *sql);
  if (const auto database = my::decode_init_db(body)) expect_rest(Command::init_db, 0, *database);
  if (my::decode_fetch(body)) LK_ASSERT(my::command_of(body) == Command::fetch && body.size() >= 9);
  if (my::decode_statement(body)) LK_ASSERT(body.size() >= 5);
}

void check_others(Bytes body) {
  if (const auto table = my::decode_field_list(body)) expect_within(body, *table);
  if (const auto dump = my::decode_binlog_dump(body)) expect_within(body, dump->file);
  if (my::decode_set_option(body)) LK_ASSERT(body.size() >= 3);
  if (my::decode_process_kill(body)) LK_ASSERT(body.size() >= 5);
  if (my::decode_refresh(body)) LK_ASSERT(body.size() >= 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes stream(reinterpret_cast<const char*>(data), size);
  const my::Capabilities capabilities = lockkeeper::fuzz::mysql::take_capabilities(stream);
  my::Framing framing;
  lockkeeper::fuzz::mysql::for_each_packet(stream, [&](const my::Header& header, Bytes body) {
    LK_ASSERT(framing.next(header)->ends);  // No input is long enough for a message that goes on.
    check_query(body, capabilities);
    check_change_user(body, capabilities);
    check_statements(body);
    check_others(body);
  });
  return 0;
}
