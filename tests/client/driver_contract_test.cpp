// The contract of lockkeeper::Driver and Connection, against every driver and server (driver_cases).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "client/driver_contract.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_P(DriverContract, TellsAboutTheServer) {
  const auto connection = connect();
  const ServerInfo& server = connection->server();
  EXPECT_EQ(server.product, tested().product);
  EXPECT_EQ(server.engine, tested().engine);
  EXPECT_GT(server.version, 30000);
  if (tested().embedded) return;
  EXPECT_GT(server.backend_id, 0);
  EXPECT_FALSE(server.host.empty());
  EXPECT_THAT(tested().url, HasSubstr(server.port));
  EXPECT_THAT(tested().url, HasSubstr(server.user));
}

TEST_P(DriverContract, ReturnsRowsThatOutliveTheConnection) {
  auto connection = connect();
  const Rows rows = connection->execute("SELECT 1 AS one, NULL AS absent, '' AS blank", soon());
  connection.reset();
  EXPECT_THAT(rows.columns(), ElementsAre("one", "absent", "blank"));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.cell(0, 0), "1");
  EXPECT_EQ(rows.cell(0, 1), std::nullopt);
  EXPECT_EQ(rows.cell(0, 2), "");
}

TEST_P(DriverContract, ReturnsColumnsOfNoRows) {
  const auto connection = connect();
  const Rows rows = connection->execute("SELECT 1 AS one WHERE 1 = 0", soon());
  EXPECT_TRUE(rows.empty());
  EXPECT_THAT(rows.columns(), ElementsAre("one"));
}

TEST_P(DriverContract, CountsAffectedRowsAndTakesParameters) {
  const auto connection = connect();
  make_table(*connection, "counted");
  EXPECT_EQ(connection->execute("INSERT INTO counted VALUES (1, 'a'), (2, 'b'), (3, 'c')", soon()).affected(), 3U);
  const std::vector<Parameter> word{"it's \"quoted\" ü"};
  const std::string update = "UPDATE counted SET word = " + tested().placeholder(1) + " WHERE id < 3";
  EXPECT_EQ(connection->execute(update, word, soon()).affected(), 2U);
  EXPECT_EQ(single(*connection, "SELECT word FROM counted WHERE id = 1"), "it's \"quoted\" ü");
  EXPECT_EQ(connection->execute(update, std::vector<Parameter>{std::nullopt}, soon()).affected(), 2U);
  EXPECT_EQ(single(*connection, "SELECT word FROM counted WHERE id = 2"), "NULL");
}

TEST_P(DriverContract, ReturnsABigCell) {
  const auto connection = connect();
  const Rows rows = connection->execute(tested().big_cell_sql, soon());
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.cell(0, 0), std::string().append(10'000'000, 'x'));
}

TEST_P(DriverContract, TakesABigParameter) {
  const auto connection = connect();
  const std::string big = std::string().append(10'000'000, 'y');
  const std::vector<Parameter> parameters{big};
  const std::string sql = "SELECT length(" + tested().placeholder(1) + ")";
  EXPECT_EQ(connection->execute(sql, parameters, soon()).cell(0, 0), "10000000");
}

TEST_P(DriverContract, ReturnsManyRows) {
  const auto connection = connect();
  const Rows rows = connection->execute(tested().many_rows_sql, soon());
  ASSERT_EQ(rows.size(), 100'000U);
  EXPECT_EQ(rows.cell(0, 0), "1");
  EXPECT_EQ(rows.cell(99'999, 0), "100000");
}

TEST_P(DriverContract, AnErrorOutsideATransactionCostsTheStatementOnly) {
  const auto connection = connect();
  const Error error = error_of([&] { connection->execute("SELEC 1", soon()); });
  EXPECT_EQ(error.code, ErrorCode::server_error);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(error.sqlstate.size(), tested().embedded ? 0U : 5U);
  EXPECT_FALSE(error.message.empty());
  EXPECT_FALSE(error.message.ends_with('\n'));
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

TEST_P(DriverContract, TwoStatementsInOneAreRefused) {
  const auto connection = connect();
  const Error error = error_of([&] { connection->execute("SELECT 1; SELECT 2", soon()); });
  EXPECT_THAT(error.code, AnyOf(ErrorCode::server_error, ErrorCode::misuse));  // By the server, or by the driver.
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(single(*connection, "SELECT 3"), "3");
}

TEST_P(DriverContract, TransactionStatusFollowsTheServer) {
  const auto connection = connect();
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  connection->execute("BEGIN", soon());
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  const Error error = error_of([&] { connection->execute(tested().runtime_error_sql, soon()); });
  const bool spoiled = tested().errors_spoil_transactions;
  EXPECT_EQ(error.blast, spoiled ? Blast::transaction : Blast::statement);
  EXPECT_EQ(connection->transaction_status(), spoiled ? TransactionStatus::failed : TransactionStatus::open);
  connection->execute("ROLLBACK", soon());
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  connection->close();
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
}

TEST_P(DriverContract, CommitKeepsAndRollbackUndoes) {
  const auto connection = connect();
  make_table(*connection, "ended");
  connection->execute("BEGIN", soon());
  connection->execute("INSERT INTO ended VALUES (1, 'kept')", soon());
  connection->execute("COMMIT", soon());
  connection->execute("BEGIN", soon());
  connection->execute("INSERT INTO ended VALUES (2, 'undone')", soon());
  connection->execute("ROLLBACK", soon());
  EXPECT_EQ(single(*connect(), "SELECT count(*) FROM ended"), "1");
}

TEST_P(DriverContract, ABatchReturnsTheRowsOfEachStatementInOrder) {
  const auto connection = connect();
  const std::vector<Parameter> word{"two"};
  const std::string with_parameter = "SELECT upper(" + tested().placeholder(1) + ")";
  const std::vector<Statement> batch{{"SELECT 1", {}}, {with_parameter, word}, {"SELECT 3 WHERE 1 = 0", {}}};
  const auto rows = connection->execute_batch(batch, soon());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].cell(0, 0), "1");
  EXPECT_EQ(rows[1].cell(0, 0), "TWO");
  EXPECT_TRUE(rows[2].empty());
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  EXPECT_TRUE(connection->execute_batch({}, soon()).empty());
}

TEST_P(DriverContract, ABatchIsAtomicOutsideATransaction) {
  const auto connection = connect();
  make_table(*connection, "atomic");
  const std::vector<Statement> failing{
      {"INSERT INTO atomic VALUES (1, 'a')", {}}, {tested().runtime_error_sql, {}}, {"SELECT 1", {}}};
  EXPECT_EQ(error_of([&] { connection->execute_batch(failing, soon()); }).blast, Blast::statement);
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM atomic"), "0");
  const std::vector<Statement> working{{"INSERT INTO atomic VALUES (1, 'a')", {}},
                                       {"INSERT INTO atomic VALUES (2, 'b')", {}}};
  connection->execute_batch(working, soon());
  EXPECT_EQ(single(*connect(), "SELECT count(*) FROM atomic"), "2");
}

TEST_P(DriverContract, ABatchStaysInsideAnOpenTransaction) {
  const auto connection = connect();
  make_table(*connection, "inside");
  connection->execute("BEGIN", soon());
  const std::vector<Statement> batch{{"INSERT INTO inside VALUES (1, 'a')", {}}, {"SELECT 1", {}}};
  connection->execute_batch(batch, soon());
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  connection->execute("ROLLBACK", soon());
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM inside"), "0");
}

TEST_P(DriverContract, TheDeadlineCancelsTheStatementAndKeepsTheConnection) {
  Error error;
  const auto connection = survivor_of([&](Connection& played) {
    const auto begin = std::chrono::steady_clock::now();
    error = error_of([&] { played.execute(tested().sleep_sql, in(std::chrono::milliseconds(200))); });
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    EXPECT_EQ(error.code, ErrorCode::deadline);
  });
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

TEST_P(DriverContract, TheDeadlineOfABatchKeepsTheConnectionToo) {
  make_table(*connect(), "late");
  Error error;
  int id = 0;  // Another one in each play: a session that was lost may go on for a while.
  const auto connection = survivor_of([&](Connection& played) {
    const std::string insert = "INSERT INTO late VALUES (" + std::to_string(++id) + ", 'a')";
    const std::vector<Statement> batch{{insert, {}}, {tested().sleep_sql, {}}};
    error = error_of([&] { played.execute_batch(batch, in(std::chrono::milliseconds(200))); });
    EXPECT_EQ(error.code, ErrorCode::deadline);
  });
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM late"), "0");
}

TEST_P(DriverContract, ACancellerStopsAStatementFromAnotherThread) {
  const auto connection = connect();
  auto canceller = connection->canceller();
  auto running = std::async(std::launch::async,
                            [&] { return error_of([&] { connection->execute(tested().sleep_sql, soon()); }); });
  // Until the statement runs a cancel has nothing to stop; so ask again until it has.
  const auto stopped = [&] {
    canceller->cancel(soon());
    return running.wait_for(std::chrono::milliseconds(20)) == std::future_status::ready;
  };
  wait_until(stopped, default_patience, "the statement to be cancelled");
  const Error error = running.get();
  EXPECT_EQ(error.code, ErrorCode::cancelled);
  EXPECT_EQ(error.blast, Blast::statement);
}

TEST_P(DriverContract, ACancellerOutlivesItsConnection) {
  auto connection = connect();
  const auto canceller = connection->canceller();
  connection->close();
  const auto late = connection->canceller();
  connection.reset();
  EXPECT_THROW(canceller->cancel(soon()), Failure);
  EXPECT_THROW(late->cancel(soon()), Failure);
}

TEST_P(DriverContract, AClosedConnectionIsMisused) {
  const auto connection = connect();
  connection->close();
  connection->close();
  EXPECT_EQ(error_of([&] { connection->execute("SELECT 1", soon()); }).code, ErrorCode::misuse);
  const std::vector<Statement> batch{{"SELECT 1", {}}};
  EXPECT_EQ(error_of([&] { connection->execute_batch(batch, soon()); }).code, ErrorCode::misuse);
  EXPECT_EQ(connection->server().product, tested().product);
}

TEST_P(DriverContract, ASessionEndedWhileIdleIsLostWithoutDoubt) {
  if (!tested().end_session_sql) GTEST_SKIP() << "nobody can end its sessions";
  const auto connection = connect();
  const auto killer = connect();
  const auto backend = connection->server().backend_id;
  killer->execute(tested().end_session_sql(backend), soon());
  Error error;
  const auto is_lost = [&] {
    try {
      connection->execute("ROLLBACK", soon());
      return false;
    } catch (const Failure& failure) {
      error = failure.error();
      return true;
    }
  };
  wait_until(is_lost, default_patience, "the session to end");
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::connection);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
  EXPECT_EQ(error_of([&] { connection->execute("SELECT 1", soon()); }).code, ErrorCode::misuse);
}

TEST_P(DriverContract, UnknownDatabaseIsNamed) {
  const auto connect_to_missing = [&] { tested().driver->connect(target_of(tested().missing_database_url), soon()); };
  const Error error = error_of(connect_to_missing);
  EXPECT_EQ(error.code, ErrorCode::unknown_database);
  EXPECT_THAT(error.message, HasSubstr("no_such_database"));
}

TEST_P(DriverContract, ForeignUrlIsAConfigurationErrorWithoutItsPassword) {
  const Error error = error_of([&] { tested().driver->connect(target_of(tested().foreign_url), soon()); });
  EXPECT_EQ(error.code, ErrorCode::configuration);
  EXPECT_THAT(error.message, Not(HasSubstr("secret")));
  EXPECT_THAT(tested().driver->public_url(tested().foreign_url), Not(HasSubstr("secret")));
}

TEST_P(DriverContract, PublicUrlOfAnHarmlessUrlIsItself) {
  EXPECT_EQ(tested().driver->public_url(tested().url), tested().url);
}

INSTANTIATE_TEST_SUITE_P(Driver, DriverContract, ::testing::ValuesIn(driver_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
