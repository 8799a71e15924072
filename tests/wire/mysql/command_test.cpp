#include "wire/mysql/command.hpp"

#include <gtest/gtest.h>

#include "wire/mysql/bodies.hpp"

namespace lockkeeper::wire::mysql {
namespace {

using namespace std::literals;
using testing::mysql::expect_refused_below;
using testing::mysql::expect_whole;
using testing::mysql::only_body;

constexpr Capabilities none{};
constexpr Capabilities attributes{static_cast<std::uint64_t>(Capability::query_attributes)};

const auto with_attributes = [](Bytes body) { return decode_query(body, attributes); };

TEST(MysqlCommand, IsTheFirstByte) {
  EXPECT_EQ(command_of("\3select 1"), Command::query);
  EXPECT_EQ(command_of("\xfa"), Command::bulk_execute);
  EXPECT_EQ(command_of(""), Command::sleep);
  EXPECT_EQ(to_string(Command::prepare), "COM_STMT_PREPARE");
  EXPECT_EQ(to_string(command_of("\x50")), "");
}

TEST(MysqlCommand, EveryNamedOneHasADifferentName) {
  std::string names;
  int known = 0;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string name(to_string(static_cast<Command>(byte)));
    if (name.empty()) continue;
    ++known;
    EXPECT_EQ(names.find(name + ' '), std::string::npos) << name;
    names += name + ' ';
  }
  EXPECT_EQ(known, 35);
}

TEST(MysqlQuery, IsItsText) {
  EXPECT_EQ(decode_query("\3select 1", none)->sql, "select 1");
  EXPECT_EQ(decode_query("\3", none)->sql, "");
  EXPECT_FALSE(decode_query("\4select 1", none));
  EXPECT_FALSE(decode_query("", none));
}

TEST(MysqlQuery, StandsBehindAttributes) {
  EXPECT_EQ(decode_query("\3\0\1select 1"sv, attributes)->sql, "select 1");
  // Ten of them: numbers of all sizes, texts, times, and two NULLs.
  const std::string body = "\3\x0a\1"s + "\x01\x02"s + "\1"s + "\3\0\1a"s + "\1\0\1b"s + "\2\x80\1c"s + "\x08\0\1d"s +
                           "\5\0\1e"s + "\xfe\0\1f"s + "\xfc\0\0"s + "\x0c\0\1h"s + "\x0b\0\1i"s + "\x06\0\1j"s + "B"s +
                           "CC" + "DDDDDDDD" + "EEEEEEEE" + "\3fff"s + "\xfc\3\0ggg"s + "\4hhhh\0"s + "select 1";
  const auto query = decode_query(body, attributes);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->sql, "select 1");
  EXPECT_EQ(query->attribute_count, 10U);
  EXPECT_EQ(query->attributes.size(), body.size() - 3 - 8);
  expect_refused_below(body.size() - 8, body, with_attributes);
}

TEST(MysqlQuery, WithAttributesThatCannotBe) {
  for (const std::string& body :
       {"\3\xfe\xff\xff\xff\xff\xff\xff\xff\xffselect 1"s,  // As many as there are numbers.
        "\3\xfb\1select 1"s,                                // NULL of them.
        "\3\1\1\0\0\3\0\1axxxxselect 1"s,                   // Types from an earlier run.
        "\3\1\1\0\1\3\0\xffselect 1"s, "\3\1\1\0\1\xfe\0\0\xfe\xff\xff\xff\xff\xff\xff\xff\xffx"s}) {
    EXPECT_FALSE(decode_query(body, attributes));
  }
}

TEST(MysqlStatements, HaveTheirNumbers) {
  const auto execute = decode_execute("\x17\1\2\0\0\5\1\0\0\0rest"sv);
  ASSERT_TRUE(execute);
  EXPECT_EQ(execute->statement, 513U);
  EXPECT_TRUE(execute->wants_cursor());
  EXPECT_EQ(execute->iterations, 1U);
  EXPECT_EQ(execute->parameters, "rest");
  EXPECT_FALSE(decode_execute("\x17\1\2\0\0\x08\1\0\0\0"sv)->wants_cursor());
  EXPECT_EQ(decode_execute("\x17\xff\xff\xff\xff\0\1\0\0\0"sv)->statement, last_prepared);
  expect_whole("\x17\1\2\0\0\5\1\0\0\0"sv, decode_execute);
  const auto bulk = decode_bulk_execute("\xfa\1\0\0\0\xc0\0types"sv);
  ASSERT_TRUE(bulk);
  EXPECT_EQ(bulk->flags, 0xc0);
  EXPECT_EQ(bulk->parameters, "types");
  expect_whole("\xfa\1\0\0\0\xc0\0"sv, decode_bulk_execute);
  const auto data = decode_send_long_data("\x18\1\0\0\0\2\0data"sv);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->parameter, 2);
  EXPECT_EQ(data->data, "data");
  expect_whole("\x18\1\0\0\0\2\0"sv, decode_send_long_data);
  const auto fetch = decode_fetch("\x1c\1\0\0\0\x0a\0\0\0"sv);
  ASSERT_TRUE(fetch);
  EXPECT_EQ(fetch->statement, 1U);
  EXPECT_EQ(fetch->rows, 10U);
  expect_whole("\x1c\1\0\0\0\x0a\0\0\0"sv, decode_fetch);
  EXPECT_EQ(decode_statement("\x19\7\0\0\0"sv), 7U);
  EXPECT_EQ(decode_statement("\x1a\7\0\0\0"sv), 7U);
  EXPECT_FALSE(decode_statement("\x1b\7\0\0\0"sv));
  expect_whole("\x19\7\0\0\0"sv, decode_statement);
}

TEST(MysqlCommands, HaveTheirFields) {
  EXPECT_EQ(decode_init_db("\2shop"), "shop");
  EXPECT_FALSE(decode_init_db("\3shop"));
  EXPECT_EQ(decode_prepare("\x16select ?"), "select ?");
  EXPECT_EQ(decode_set_option("\x1b\0\0"sv), true);
  EXPECT_EQ(decode_set_option("\x1b\1\0"sv), false);
  EXPECT_FALSE(decode_set_option("\x1b\2\0"sv));
  expect_whole("\x1b\1\0"sv, decode_set_option);
  EXPECT_EQ(decode_field_list("\4table\0%"sv), "table");
  EXPECT_FALSE(decode_field_list("\4table"));
  EXPECT_EQ(decode_process_kill("\x0c\1\1\0\0"sv), 257U);
  expect_whole("\x0c\1\1\0\0"sv, decode_process_kill);
  EXPECT_EQ(decode_refresh("\x07\x40"), 0x40);
  expect_whole("\x07\x40", decode_refresh);
}

TEST(MysqlReplicas, AskForTheLog) {
  const auto dump = decode_binlog_dump("\x12\4\0\0\0\1\0\7\0\0\0binlog.000001"sv);
  ASSERT_TRUE(dump);
  EXPECT_EQ(dump->position, 4U);
  EXPECT_EQ(dump->flags, 1);
  EXPECT_EQ(dump->server_id, 7U);
  EXPECT_EQ(dump->file, "binlog.000001");
  expect_whole("\x12\4\0\0\0\1\0\7\0\0\0"sv, decode_binlog_dump);
  const std::string gtid = "\x1e\4\0\7\0\0\0\6\0\0\0binlog\4\0\0\0\0\0\0\0\0\0\0\0"s;
  EXPECT_EQ(decode_binlog_dump(gtid)->file, "binlog");
  EXPECT_EQ(decode_binlog_dump(gtid)->position, 4U);
  expect_refused_below(gtid.size() - 4, gtid, decode_binlog_dump);
}

TEST(MysqlChangeUser, HasTheFieldsOfTheConnection) {
  const Capabilities all{static_cast<std::uint64_t>(Capability::secure_connection) |
                         static_cast<std::uint64_t>(Capability::plugin_auth) |
                         static_cast<std::uint64_t>(Capability::connect_attributes)};
  const ChangeUser given{
      .user = "ann", .answer = "answer", .database = "shop", .charset = 45, .plugin = "plugin", .attributes = "\1a\1b"};
  std::string out;
  append_change_user(out, given, all);
  const std::string body = only_body(out);
  EXPECT_EQ(body, "\x11"s + "ann\0\6answershop\0\x2d\0plugin\0\4\1a\1b"s);
  const auto change = decode_change_user(body, all);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->user, "ann");
  EXPECT_EQ(change->answer, "answer");
  EXPECT_EQ(change->database, "shop");
  EXPECT_EQ(change->charset, 45);
  EXPECT_EQ(change->plugin, "plugin");
  EXPECT_EQ(change->attributes, "\1a\1b");
  EXPECT_EQ(decode_change_user("\x11"s + "ann\0answer\0shop\0"s, none)->answer, "answer");
  EXPECT_EQ(decode_change_user("\x11"s + "ann\0\0shop\0"s, all)->charset, 0);
  expect_refused_below("\x11"s.size() + 16, body, [&](Bytes bytes) { return decode_change_user(bytes, all); });
}

TEST(MysqlCommands, AreWritten) {
  std::string out;
  append_command(out, Command::ping);
  append_query(out, "select 1", none);
  append_query(out, "select 1", attributes);
  EXPECT_EQ(out, "\1\0\0\0\x0e"s + "\x09\0\0\0\3select 1"s + "\x0b\0\0\0\3\0\1select 1"s);
}

}  // namespace
}  // namespace lockkeeper::wire::mysql
