// Against real servers: src/wire follows every packet that is said, and has each reply end where the server ends it.
#include <gtest/gtest.h>

#include "wire/mysql/server_talk.hpp"

namespace lockkeeper::testing::mysql {
namespace {

using namespace std::literals;
namespace my = lockkeeper::wire::mysql;
using my::Command;

INSTANTIATE_TEST_SUITE_P(Talks, MysqlWireServer, ::testing::ValuesIn(talks()), name_of_talk);

TEST_P(MysqlWireServer, Texts) {
  const auto client = connect();
  create(*client, "table", "t", " (a int primary key auto_increment, b varchar(20))");
  client->query("insert into t (b) values ('one'), (''), (null)");
  EXPECT_EQ(client->outcome().affected_rows, 3U);
  EXPECT_EQ(client->outcome().last_insert_id, 1U);
  client->query("select b, a from t order by a");
  EXPECT_EQ(client->outcome().rows, 3U);
  client->query("select '' from t");
  EXPECT_EQ(client->outcome().rows, 3U);
  client->query("select a from t where false");
  EXPECT_EQ(client->outcome().rows, 0U);
  client->query("begin");
  EXPECT_TRUE(client->outcome().status.in_transaction());
  client->query("update t set b = 'two' where a > 1");
  client->query("select count(*) from t");
  EXPECT_TRUE(client->outcome().status.in_transaction());
  client->query("commit");
  EXPECT_FALSE(client->outcome().status.in_transaction());
  client->query("set autocommit = 0");
  EXPECT_FALSE(client->outcome().status.autocommit());
  client->query("set autocommit = 1");
  client->query("start transaction read only");
  EXPECT_TRUE(client->outcome().status.read_only_transaction());
  client->query("rollback");
  end(*client, "texts");
}

TEST_P(MysqlWireServer, Errors) {
  const auto client = connect();
  for (const std::string_view sql : {"selec", "", "select * from nowhere", "insert into nowhere values (1)"}) {
    EXPECT_EQ(names(client->query(sql)), std::vector{"Error"s}) << sql;
    EXPECT_TRUE(client->outcome().failed);
  }
  EXPECT_EQ(client->outcome().error_code, 1146);
  EXPECT_EQ(std::string_view(client->outcome().sqlstate.data(), 5), "42S02");
  // It is found among the rows that this one cannot be counted.
  client->query("select 1 union all select (select 1 union all select 2)");
  EXPECT_TRUE(client->outcome().failed);
  client->run(static_cast<Command>(0x50), "what");
  EXPECT_EQ(client->outcome().error_code, 1047);
  client->run(Command::sleep);
  EXPECT_TRUE(client->outcome().failed);
  end(*client, "errors");
}

TEST_P(MysqlWireServer, SeveralStatements) {
  const auto client = connect();
  create(*client, "table", "t", " (a int); insert into t values (1), (2); select a from t; delete from t");
  EXPECT_EQ(client->outcome().results, 4U);
  EXPECT_EQ(client->outcome().affected_rows, 4U);
  EXPECT_EQ(client->outcome().rows, 2U);
  client->query("select 1; selec; select 3");
  EXPECT_EQ(client->outcome().results, 1U);
  EXPECT_TRUE(client->outcome().failed);
  create(*client, "procedure", "p", "() begin select 1; select 2 where false; insert into t values (9); end");
  EXPECT_EQ(names(client->query("call p()")).back(), "Ok");
  EXPECT_EQ(client->outcome().results, 3U);
  client->query("call p(); call p()");
  EXPECT_EQ(client->outcome().results, 6U);
  client->run(Command::set_option, "\1\0"sv);
  EXPECT_FALSE(client->outcome().failed);
  client->query("select 1; select 2");
  EXPECT_TRUE(client->outcome().failed);
  client->run(Command::set_option, "\0\0"sv);
  client->query("select 1; select 2");
  EXPECT_EQ(client->outcome().results, 2U);
  end(*client, "several_statements");
}

TEST_P(MysqlWireServer, LocalFiles) {
  const auto client = connect();
  create(*client, "table", "t", " (a int)");
  const std::string load = "load data local infile 'any' into table t";
  client->query(load, {"1\n2\n", "3\n"});
  EXPECT_EQ(client->outcome().affected_rows, 3U);
  client->query(load);
  EXPECT_EQ(client->outcome().affected_rows, 0U);
  client->query(load + "; " + load + "; select count(*) from t", {"4\n"});
  EXPECT_EQ(client->outcome().affected_rows, 2U);
  EXPECT_EQ(client->outcome().results, 3U);
  create(*client, "table", "u", " (a int unique)");
  client->query("set sql_mode = 'strict_all_tables'; select 1");
  client->query("load data local infile 'any' into table u", {"1\n", "1\n", "x\n"});
  client->query("load data local infile 'any' into table nowhere", {"1\n"});
  EXPECT_TRUE(client->outcome().failed);
  end(*client, "local_files");
}

TEST_P(MysqlWireServer, OtherCommands) {
  const auto client = connect();
  create(*client, "table", "t", " (a int default 5, b text)");
  EXPECT_EQ(names(client->run(Command::statistics)), std::vector{"Text"s});
  EXPECT_EQ(names(client->run(Command::field_list, "t\0"sv)), (std::vector{"Field"s, "EndOfFields"s}));
  client->run(Command::field_list, "nowhere\0"sv);
  EXPECT_TRUE(client->outcome().failed);
  client->run(Command::init_db, "mysql");
  EXPECT_FALSE(client->outcome().failed);
  client->run(Command::init_db, "nowhere");
  EXPECT_TRUE(client->outcome().failed);
  EXPECT_EQ(names(client->run(Command::process_info)).back(), is_mysql() ? "Error" : "EndOfRows");
  client->run(Command::process_kill, number(4'000'000));
  EXPECT_TRUE(client->outcome().failed);
  client->run(Command::refresh, "\4");
  client->run(Command::debug);
  EXPECT_FALSE(client->outcome().failed);
  end(*client, "other_commands");
}

TEST_P(MysqlWireServer, ConnectionsThatBeginAgain) {
  const auto client = connect();
  client->query("begin");
  client->query("set names utf8mb4");
  client->run(Command::reset_connection);
  EXPECT_FALSE(client->outcome().status.in_transaction());
  const std::string_view plugin = is_mysql() ? "caching_sha2_password" : "mysql_native_password";
  const my::ChangeUser root{.user = "root", .database = "test", .charset = 45, .plugin = plugin};
  std::string bytes;
  my::append_change_user(bytes, root, client->capabilities());
  const std::string arguments = bytes.substr(my::header_size + 1);
  client->run(Command::change_user, arguments);
  EXPECT_FALSE(client->outcome().failed);
  EXPECT_EQ(client->outcome().results, 1U);
  client->query("select 1");
  end(*client, "beginning_again");
}

TEST_P(MysqlWireServer, SessionChanges) {
  const auto client = connect();
  client->query("set session_track_system_variables = '*', session_track_schema = 1, session_track_state_change = 1");
  client->query("set session_track_transaction_info = 'CHARACTERISTICS'");
  client->query("use mysql");
  EXPECT_TRUE(client->outcome().status.session_changed());
  client->query("set sql_mode = '', wait_timeout = 100");
  client->query("start transaction read only");
  client->query("select user from user limit 0");
  client->query("commit");
  end(*client, "session_changes");
}

TEST_P(MysqlWireServer, DefinitionsLeftOut) {
  if (!is_mysql() || !GetParam().skip_definitions) return;  // MySQL's clients may ask for it.
  const auto client = connect(false);
  client->query("set resultset_metadata = none");
  EXPECT_EQ(names(client->query("select 1, 2")).size(), GetParam().deprecate_eof ? 3U : 4U);
  EXPECT_EQ(client->outcome().rows, 1U);
  client->query("select 1; select 2, 3 where false; do 1");
  EXPECT_EQ(client->outcome().results, 3U);
  const std::uint32_t statement = client->prepare("select ?, ?");
  EXPECT_FALSE(client->outcome().prepared.definitions);
  EXPECT_EQ(client->run(Command::close_statement, number(statement)).size(), 0U);
  client->run(Command::execute, number(client->prepare("select 1")) + '\0' + number(1));
  EXPECT_EQ(client->outcome().rows, 1U);
  end(*client, "definitions_left_out");
}

TEST_P(MysqlWireServer, LongMessages) {
  if (GetParam().skip_definitions) return;  // The same again, in seconds.
  const auto client = connect();
  // A row of exactly one packet's most, which an empty packet follows; and one that begins with 0xfe.
  for (const std::size_t size : {my::most_body - 4, my::most_body + 1}) {
    client->query("select repeat('x', " + std::to_string(size) + ")");
    EXPECT_EQ(client->outcome().rows, 1U);
    EXPECT_GT(client->outcome().bytes, size);
  }
  client->query("do '" + std::string(my::most_body - 6, 'x') + "'");
  EXPECT_EQ(client->outcome().results, 1U) << client->transcript();
  create(*client, "table", "t", " (a longtext)");
  client->query("load data local infile 'any' into table t", {std::string(my::most_body, 'x'), "y\n", "z"});
  EXPECT_EQ(client->outcome().affected_rows, 2U);
  EXPECT_EQ(client->run(Command::ping).size(), 1U);
}

TEST_P(MysqlWireServer, BinaryLog) {
  if (is_mysql()) return;  // The log is MariaDB's here.
  const auto client = connect();
  client->query("reset master");
  create(*client, "table", "t", " (a int)");
  client->query("set @mariadb_slave_capability = 4");
  client->run(Command::register_replica, number(7) + "\0\0\0\0\0"s + number(0) + number(0));
  const auto events = names(client->run(Command::binlog_dump, number(4) + "\1\0"s + number(7)));
  EXPECT_EQ(events, (std::vector{"Event"s, "EndOfEvents"s})) << client->transcript();
}

}  // namespace
}  // namespace lockkeeper::testing::mysql
