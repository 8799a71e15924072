// The same with statements prepared on a real server.
#include <gtest/gtest.h>

#include <stdexcept>

#include "wire/mysql/server_talk.hpp"

namespace lockkeeper::testing::mysql {
namespace {

using namespace std::literals;
namespace my = lockkeeper::wire::mysql;
using my::Command;

// Arguments of an execute: flags, one iteration, and parameters of any form.
std::string run_of(std::uint32_t statement, char flags, const std::string& parameters = "") {
  return number(statement) + flags + number(1) + parameters;
}

TEST_P(MysqlWireServer, Prepared) {
  const auto client = connect(false);
  create(*client, "table", "t", " (a int, b text)");
  const std::uint32_t insert = client->prepare("insert into t values (?, ?)");
  EXPECT_EQ(client->outcome().prepared.parameters, 2);
  const std::string parameters = "\0\1\3\0\xfd\0\7\0\0\0\3one"s;  // No NULL; types; an integer and a text.
  client->run(Command::execute, run_of(insert, 0, parameters));
  EXPECT_EQ(client->outcome().affected_rows, 1U);
  EXPECT_EQ(names(client->run(Command::send_long_data, number(insert) + "\1\0long "s)).size(), 0U);
  client->run(Command::send_long_data, number(insert) + "\1\0text"s);
  client->run(Command::execute, run_of(insert, 0, "\0\1\3\0\xfc\0\x08\0\0\0"s));
  EXPECT_EQ(client->outcome().affected_rows, 1U);
  client->run(Command::reset_statement, number(insert));
  const std::uint32_t select = client->prepare("select a, b from t where a >= ?");
  EXPECT_EQ(client->outcome().prepared.columns, 2);
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(names(client->run(Command::execute, run_of(select, 0, "\0\1\3\0\0\0\0\0"s))).back(), "EndOfRows");
    EXPECT_EQ(client->outcome().rows, 2U);
  }
  client->run(Command::close_statement, number(insert));
  client->run(Command::execute, run_of(insert, 0, parameters));
  EXPECT_TRUE(client->outcome().failed);
  EXPECT_THROW(client->prepare("selec ?"), std::runtime_error);
  const std::uint32_t nothing = client->prepare("select 1 where false");
  client->run(Command::execute, run_of(is_mysql() ? nothing : my::last_prepared, 0));
  EXPECT_EQ(client->outcome().rows, 0U);
  EXPECT_FALSE(client->outcome().failed);
  end(*client, "prepared");
}

TEST_P(MysqlWireServer, PreparedInBulk) {
  if (is_mysql()) return;  // MariaDB alone has it.
  const auto client = connect(false);
  create(*client, "table", "t", " (a int)");
  const std::uint32_t insert = client->prepare("insert into t values (?)");
  const std::string rows = "\3\0\0\1\0\0\0\0\2\0\0\0"s;
  client->run(Command::bulk_execute, number(insert) + "\x80\0"s + rows);
  EXPECT_EQ(client->outcome().affected_rows, 2U);
  const std::uint32_t returning = client->prepare("insert into t values (?) returning a");
  client->run(Command::bulk_execute, number(returning) + "\x80\0"s + rows);
  end(*client, "prepared_in_bulk");
}

TEST_P(MysqlWireServer, ProceduresPrepared) {
  const auto client = connect(false);
  create(*client, "procedure", "p", "(out x int) begin select 1; set x = 2; end");
  const std::uint32_t call = client->prepare("call p(?)");
  client->run(Command::execute, run_of(call, 0, "\1\1\3\0"s));
  EXPECT_EQ(client->outcome().results, 3U) << "the rows, the parameter, and an OK";
  client->run(Command::execute, run_of(call, 1, "\1\1\3\0"s));
  EXPECT_EQ(client->outcome().results, 3U);
  end(*client, "procedures_prepared");
}

TEST_P(MysqlWireServer, Cursors) {
  const auto client = connect(false);
  create(*client, "table", "t", " (a int)");
  client->query("insert into t values (1), (2), (3), (4), (5)");
  const std::uint32_t select = client->prepare("select a from t");
  client->run(Command::execute, run_of(select, 1));
  EXPECT_TRUE(client->outcome().status.cursor_exists());
  EXPECT_EQ(client->outcome().rows, 0U);
  client->run(Command::fetch, number(select) + number(2));
  EXPECT_EQ(client->outcome().rows, 2U);
  EXPECT_FALSE(client->outcome().status.last_row_sent());
  client->query("select 1");
  EXPECT_EQ(client->outcome().rows, 1U);
  client->run(Command::fetch, number(select) + number(10));
  EXPECT_EQ(client->outcome().rows, 3U);
  EXPECT_TRUE(client->outcome().status.last_row_sent());
  client->run(Command::fetch, number(select) + number(1));
  EXPECT_TRUE(client->outcome().failed);
  // MySQL 9.7 answers no client rightly that runs the same statement without its cursor: columns, and an OK.
  client->run(Command::execute, run_of(is_mysql() ? client->prepare("select a from t") : select, 0));
  EXPECT_EQ(client->outcome().rows, 5U);
  const std::uint32_t insert = client->prepare("do 1");
  client->run(Command::execute, run_of(insert, 1));
  EXPECT_FALSE(client->outcome().failed);
  end(*client, "cursors");
}

}  // namespace
}  // namespace lockkeeper::testing::mysql
