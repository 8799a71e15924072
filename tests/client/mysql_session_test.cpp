// What a MySQL session is set to, and what stays of it through resets and native calls.
#include <gmock/gmock.h>
#include <mysql.h>

#include <lockkeeper/mysql.hpp>

#include "client/mysql_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;

class MysqlSessions : public MysqlTest {
 protected:
  static std::string variable(Connection& connection, const std::string& name) {
    return single(connection, "SELECT @@SESSION." + name);
  }

  static int count_of(Connection& connection, const std::string& command) {
    const Rows rows = connection.execute("SHOW SESSION STATUS LIKE '" + command + "'", soon());
    return std::stoi(std::string(rows.cell(0, 1).value_or("-1")));
  }

  static void ask_numbered(Connection& connection, int text) {
    const Parameter parameter(text);
    const std::string sql = "SELECT ? + " + std::to_string(text);
    ASSERT_EQ(connection.execute(sql, {&parameter, 1}, soon()).cell(0, 0), std::to_string(2 * text));
  }
};

TEST_P(MysqlSessions, IsUtf8AndUtcAndCommitsByItself) {
  const auto connection = connect();
  EXPECT_EQ(variable(*connection, "time_zone"), "+00:00");
  EXPECT_EQ(variable(*connection, "autocommit"), "1");
  EXPECT_EQ(variable(*connection, "character_set_client"), "utf8mb4");
  EXPECT_EQ(variable(*connection, "character_set_results"), "utf8mb4");
  EXPECT_EQ(variable(*connection, "sql_mode"), single(*connection, "SELECT @@GLOBAL.sql_mode")) << "the server's own";
}

TEST_P(MysqlSessions, NamesItself) {
  const std::string name_sql =
      "SELECT attr_value FROM performance_schema.session_connect_attrs WHERE attr_name = 'program_name' "
      "AND processlist_id = CONNECTION_ID()";
  EXPECT_EQ(single(*connect(), name_sql), "lockkeeper");
  Target target = target_of(server().url());
  target.application_name = "shop";
  EXPECT_EQ(single(*connect(target), name_sql), "shop");
  target.url += "?program_name=by%20url";
  EXPECT_EQ(single(*connect(target), name_sql), "by url");
}

TEST_P(MysqlSessions, TakesSettingsOfEveryKind) {
  Target target = target_of(server().url());
  // Variables of the same kind where the servers have not the same ones: a number, and a text of any characters.
  const std::string number = is_mariadb() ? "max_statement_time" : "max_execution_time";
  const std::string text = is_mariadb() ? "default_master_connection" : "session_track_system_variables";
  target.settings = {{"innodb_lock_wait_timeout", "7"}, {"sql_mode", "ANSI_QUOTES,NO_ZERO_DATE"},
                     {"time_zone", "+02:00"},           {number, is_mariadb() ? "12.5" : "12500"},
                     {"sql_safe_updates", "ON"},        {text, "it's \\ \"so\""}};
  const auto connection = connect(target);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(variable(*connection, "innodb_lock_wait_timeout"), "7");
    EXPECT_EQ(variable(*connection, "sql_mode"), "ANSI_QUOTES,NO_ZERO_DATE");
    EXPECT_EQ(variable(*connection, "time_zone"), "+02:00") << "the caller's wins";
    EXPECT_EQ(variable(*connection, number), is_mariadb() ? "12.500000" : "12500");
    EXPECT_EQ(variable(*connection, "sql_safe_updates"), "1");
    EXPECT_EQ(variable(*connection, text), "it's \\ \"so\"");
    connection->execute("SET SESSION innodb_lock_wait_timeout = 9", soon());
    connection->reset(soon());
  }
}

TEST_P(MysqlSessions, RefusesSettingsThatTheServerDoesNotKnow) {
  Target target = target_of(server().url());
  for (const auto& [name, value] : std::map<std::string, std::string>{{"no_such_variable", "1"},
                                                                      {"innodb_lock_wait_timeout", "soon"},
                                                                      {"version", "1"},
                                                                      {"max_connections", "5"}}) {
    target.settings = {{name, value}};
    const Error error = refusal(target);
    EXPECT_EQ(error.code, ErrorCode::configuration) << name << ": " << error.message;
    EXPECT_EQ(error.blast, Blast::connection);
    EXPECT_THAT(error.message, HasSubstr(name));
  }
}

TEST_P(MysqlSessions, ResetKeepsTheCharacterSet) {
  auto latin = start({.settings = {{"character-set-server", "latin1"}}});
  const auto connection = connect(latin.url());
  EXPECT_EQ(single(*connection, "SELECT 'grüße 😀'"), "grüße 😀");
  connection->reset(soon());
  EXPECT_EQ(single(*connection, "SELECT 'grüße 😀'"), "grüße 😀");
  EXPECT_EQ(variable(*connection, "character_set_client"), "utf8mb4");
}

TEST_P(MysqlSessions, ResetDropsVariablesAndLocks) {
  const auto connection = connect();
  const auto other = connect();
  connection->execute("SET @left = 'over'", soon());
  EXPECT_EQ(single(*connection, "SELECT GET_LOCK('left', 0)"), "1");
  connection->reset(soon());
  EXPECT_EQ(single(*connection, "SELECT @left"), "NULL");
  EXPECT_EQ(single(*other, "SELECT GET_LOCK('left', 0)"), "1");
}

TEST_P(MysqlSessions, PreparesATextWithParametersOnce) {
  const auto connection = connect();
  for (int round = 0; round < 10; ++round) ask_numbered(*connection, 1);
  EXPECT_EQ(count_of(*connection, "Com_stmt_prepare"), 1);
  EXPECT_EQ(count_of(*connection, "Com_stmt_execute"), 10);
  for (int round = 0; round < 10; ++round) single(*connection, "SELECT 1");
  EXPECT_EQ(count_of(*connection, "Com_stmt_prepare"), 1) << "without parameters it goes as text";
}

TEST_P(MysqlSessions, KeepsTheTextsUsedLast) {
  Target target = target_of(server().url());
  target.prepared_statements = 2;
  const auto connection = connect(target);
  for (const int text : {1, 2, 1, 3, 1, 2}) ask_numbered(*connection, text);
  EXPECT_EQ(count_of(*connection, "Com_stmt_prepare"), 4);
  EXPECT_EQ(count_of(*connection, "Com_stmt_close"), 2);
}

TEST_P(MysqlSessions, KeepsNoneWhenAskedTo) {
  Target target = target_of(server().url());
  target.prepared_statements = 0;
  const auto connection = connect(target);
  for (int round = 0; round < 3; ++round) ask_numbered(*connection, 1);
  EXPECT_EQ(count_of(*connection, "Com_stmt_prepare"), 3);
  EXPECT_EQ(count_of(*connection, "Com_stmt_close"), 3);
}

TEST_P(MysqlSessions, KeepsNoGiantTexts) {
  const auto connection = connect();
  const std::string sql = "SELECT ? + 1 /* " + std::string(70'000, 'x') + " */";
  const Parameter parameter(1);
  for (int round = 0; round < 2; ++round) connection->execute(sql, {&parameter, 1}, soon());
  EXPECT_EQ(count_of(*connection, "Com_stmt_prepare"), 2);
  EXPECT_EQ(count_of(*connection, "Com_stmt_close"), 2);
}

TEST_P(MysqlSessions, MakesRoomWhereTheServerHasTooManyStatements) {
  auto crowded = start({.settings = {{"max-prepared-stmt-count", "5"}}});
  const auto connection = connect(crowded.url());
  for (int text = 1; text <= 20; ++text) ask_numbered(*connection, text);
  // Those of others cannot be thrown out.
  MysqlSession greedy(crowded);
  connection->reset(soon());
  for (int name = 0; name < 5; ++name) greedy.exec("PREPARE s" + std::to_string(name) + " FROM 'SELECT 1'");
  const Parameter parameter(1);
  const Error error = error_of([&] { connection->execute("SELECT ?", {&parameter, 1}, soon()); });
  EXPECT_EQ(error.code, ErrorCode::server_error);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_THAT(error.message, HasSubstr("max_prepared_stmt_count"));
}

// As a pooler does that closes statements behind our back: the server does not know it any more.
TEST_P(MysqlSessions, PreparesAnewWhatTheServerHasForgotten) {
  const auto connection = connect();
  auto* native = static_cast<MYSQL*>(connection->native_handle());
  for (const bool in_transaction : {false, true}) {
    if (in_transaction) connection->begin({}, soon());
    ask_numbered(*connection, 1);
    auto* kept = static_cast<MYSQL_STMT*>(native->stmts->data);
    MYSQL_STMT* thief = mysql_stmt_init(native);
    thief->stmt_id = kept->stmt_id;
    thief->state = MYSQL_STMT_PREPARED;
    mysql_stmt_close(thief);
    ask_numbered(*connection, 1);
    EXPECT_EQ(connection->transaction_status(), in_transaction ? TransactionStatus::open : TransactionStatus::idle);
  }
}

TEST_P(MysqlSessions, TheNativeHandleIsHeardToo) {
  const auto connection = connect();
  auto* native = static_cast<MYSQL*>(connection->native_handle());
  ask_numbered(*connection, 1);
  ASSERT_EQ(mysql_query(native, "START TRANSACTION"), 0);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  EXPECT_EQ(error_of([&] { connection->begin({}, soon()); }).code, ErrorCode::misuse);
  ASSERT_EQ(mysql_query(native, "ROLLBACK"), 0);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  ASSERT_EQ(mysql_reset_connection(native), 0);
  ask_numbered(*connection, 1);
}

TEST_P(MysqlSessions, LockWaitsAreHiddenFromWhoMayNotSeeThem) {
  create_anew(*connect(), "USER", "guest@'%'", "");
  const auto connection = connect(server().url("", "guest"));
  const std::vector<std::int64_t> waiters{connection->server().backend_id};
  EXPECT_TRUE(connection->lock_waits(waiters, soon()).empty());
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

INSTANTIATE_TEST_SUITE_P(Installed, MysqlSessions, ::testing::ValuesIn(mysql_installations()), label_of_mysql);

}  // namespace
}  // namespace lockkeeper::testing
