// The status of a transaction as the server has it, whatever ended it: errors, DDL, procedures.
#include <gmock/gmock.h>

#include <array>
#include <future>

#include <lockkeeper/mysql.hpp>

#include "client/mysql_fixture.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;

class MysqlTransaction : public MysqlTest {
 protected:
  static Error error_in(Connection& connection, const std::string& sql) {
    return error_of([&] { connection.execute(sql, soon()); });
  }

  static void make_row(Connection& connection, const std::string& name) {
    make_table(connection, name);
    connection.execute("INSERT INTO " + name + " VALUES (1, 'old'), (2, 'old')", soon());
  }
};

TEST_P(MysqlTransaction, TheVictimOfADeadlockHasNoTransactionLeft) {
  const auto one = connect();
  const auto two = connect();
  make_row(*one, "crossed");
  one->begin({}, soon());
  two->begin({}, soon());
  // The victim is the one that has changed less.
  two->execute("INSERT INTO crossed VALUES (3, 'two'), (4, 'two'), (5, 'two')", soon());
  one->execute("UPDATE crossed SET word = 'one' WHERE id = 1", soon());
  two->execute("UPDATE crossed SET word = 'two' WHERE id = 2", soon());
  auto crossing = std::async(std::launch::async, [&] {
    return error_of([&] { one->execute("UPDATE crossed SET word = 'one' WHERE id = 2", soon()); });
  });
  MysqlSession observer(server());
  wait_until_one_waits(observer);
  two->execute("UPDATE crossed SET word = 'two' WHERE id = 1", soon());
  const Error error = crossing.get();
  EXPECT_EQ(error.code, ErrorCode::deadlock);
  EXPECT_EQ(error.sqlstate, "40001");
  EXPECT_EQ(error.blast, Blast::transaction);
  EXPECT_EQ(one->transaction_status(), TransactionStatus::idle) << "the next statement would commit by itself";
  two->execute("COMMIT", soon());
}

TEST_P(MysqlTransaction, ALockTimeoutCostsTheStatementOrAsTheServerIsSet) {
  for (const bool rolls_back : {false, true}) {
    auto strict = start(
        {.settings = {{"innodb-rollback-on-timeout", rolls_back ? "ON" : "OFF"}, {"innodb-lock-wait-timeout", "1"}}});
    const auto holder = connect(strict.url());
    const auto waiter = connect(strict.url());
    make_row(*holder, "held");
    holder->begin({}, soon());
    holder->execute("UPDATE held SET word = 'mine' WHERE id = 1", soon());
    waiter->begin({}, soon());
    waiter->execute("UPDATE held SET word = 'yours' WHERE id = 2", soon());
    const Error error = error_in(*waiter, "UPDATE held SET word = 'yours' WHERE id = 1");
    EXPECT_EQ(error.code, ErrorCode::lock_not_available);
    EXPECT_EQ(error.blast, rolls_back ? Blast::transaction : Blast::statement);
    EXPECT_EQ(waiter->transaction_status(), rolls_back ? TransactionStatus::idle : TransactionStatus::open);
  }
}

TEST_P(MysqlTransaction, ASnapshotThatIsTooOldCannotBeSerialized) {
  if (!is_mariadb()) GTEST_SKIP() << "MySQL has no innodb_snapshot_isolation";
  Target target = target_of(server().url());
  target.settings = {{"innodb_snapshot_isolation", "ON"}};
  const auto late = connect(target);
  const auto early = connect();
  make_row(*early, "raced");
  late->begin({.isolation = Isolation::repeatable_read}, soon());
  EXPECT_EQ(single(*late, "SELECT word FROM raced WHERE id = 1"), "old");
  early->execute("UPDATE raced SET word = 'early' WHERE id = 1", soon());
  const Error error = error_in(*late, "UPDATE raced SET word = 'late' WHERE id = 1");
  EXPECT_EQ(error.code, ErrorCode::serialization) << error.message;
  EXPECT_EQ(error.blast == Blast::transaction, late->transaction_status() == TransactionStatus::idle);
}

TEST_P(MysqlTransaction, DdlCommitsAndTheStatusTells) {
  const auto connection = connect();
  make_table(*connection, "implicit");
  connection->execute("DROP TABLE IF EXISTS other", soon());
  connection->begin({}, soon());
  connection->execute("INSERT INTO implicit VALUES (1, 'x')", soon());
  connection->execute("CREATE TABLE other (id int)", soon());
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  EXPECT_EQ(single(*connect(), "SELECT count(*) FROM implicit"), "1");
}

TEST_P(MysqlTransaction, DdlThatFailsHasCommittedToo) {
  const auto connection = connect();
  make_table(*connection, "implicit");
  connection->begin({}, soon());
  connection->execute("INSERT INTO implicit VALUES (1, 'x')", soon());
  const Error error = error_in(*connection, "CREATE TABLE implicit (id int)");
  EXPECT_EQ(error.sqlstate, "42S01");
  EXPECT_EQ(error.blast, Blast::transaction);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  EXPECT_EQ(single(*connect(), "SELECT count(*) FROM implicit"), "1");
}

TEST_P(MysqlTransaction, AProcedureThatFailsMayLeaveATransactionOpen) {
  const auto connection = connect();
  create_anew(*connection, "PROCEDURE", "opens", "() BEGIN START TRANSACTION; SIGNAL SQLSTATE '45000'; END");
  const Error error = error_in(*connection, "CALL opens()");
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  connection->execute("ROLLBACK", soon());
}

TEST_P(MysqlTransaction, AStatementThatFailsLeavesItOpen) {
  const auto connection = connect();
  make_row(*connection, "kept");
  connection->begin({}, soon());
  connection->execute("UPDATE kept SET word = 'new' WHERE id = 1", soon());
  EXPECT_EQ(error_in(*connection, "INSERT INTO kept VALUES (1, 'again')").blast, Blast::statement);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  connection->execute("COMMIT", soon());
  EXPECT_EQ(single(*connection, "SELECT word FROM kept WHERE id = 1"), "new");
}

TEST_P(MysqlTransaction, PreparedStatementsTellTheStatusToo) {
  const auto connection = connect();
  make_row(*connection, "told");
  const std::array<Parameter, 1> one{1};
  connection->begin({}, soon());
  EXPECT_EQ(connection->execute("SELECT word FROM told WHERE id = ?", one, soon()).size(), 1U);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  connection->stream("SELECT word FROM told WHERE id >= ?", one, 1, soon()).reset();
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  connection->execute("COMMIT", soon());
  create_anew(*connection, "PROCEDURE", "commits", "(x int) BEGIN SELECT x; COMMIT; END");
  connection->begin({}, soon());
  EXPECT_EQ(connection->execute("CALL commits(?)", one, soon()).cell(0, 0), "1");
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
}

TEST_P(MysqlTransaction, ABatchRefusesWhatWouldCommitHalfOfIt) {
  const auto connection = connect();
  make_table(*connection, "halved");
  for (const std::string sql : {"CREATE TABLE nothing (id int)", "COMMIT", "CALL p()"}) {
    const std::vector<Statement> batch{{"INSERT INTO halved VALUES (1, 'x')", {}}, {sql, {}}};
    const Error error = error_of([&] { connection->execute_batch(batch, soon()); });
    EXPECT_EQ(error.code, ErrorCode::misuse);
    EXPECT_EQ(error.blast, Blast::statement);
    EXPECT_THAT(error.message, HasSubstr("nothing was sent"));
  }
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM halved"), "0");
  connection->execute("DROP TABLE IF EXISTS nothing", soon());
  const std::vector<Statement> alone{{"CREATE TABLE nothing (id int)", {}}};
  EXPECT_EQ(connection->execute_batch(alone, soon()).size(), 1U);
  connection->begin({}, soon());
  const std::vector<Statement> inside{{"INSERT INTO halved VALUES (1, 'x')", {}}, {"COMMIT", {}}};
  EXPECT_EQ(connection->execute_batch(inside, soon()).size(), 2U);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
}

TEST_P(MysqlTransaction, ADeadlockInABatchIsTheBatchsOwn) {
  const auto connection = connect();
  const auto other = connect();
  make_row(*connection, "batched");
  other->begin({}, soon());
  other->execute("INSERT INTO batched VALUES (3, 'x'), (4, 'x'), (5, 'x')", soon());
  other->execute("UPDATE batched SET word = 'other' WHERE id = 2", soon());
  const std::vector<Statement> batch{{"UPDATE batched SET word = 'mine' WHERE id = 1", {}},
                                     {"UPDATE batched SET word = 'mine' WHERE id = 2", {}}};
  auto running =
      std::async(std::launch::async, [&] { return error_of([&] { connection->execute_batch(batch, soon()); }); });
  MysqlSession observer(server());
  wait_until_state(observer, static_cast<std::uint64_t>(connection->server().backend_id), "Updating");
  wait_until_one_waits(observer);
  other->execute("UPDATE batched SET word = 'other' WHERE id = 1", soon());
  const Error error = running.get();
  EXPECT_EQ(error.code, ErrorCode::deadlock);
  EXPECT_EQ(error.blast, Blast::statement) << "the caller had no transaction";
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  other->execute("ROLLBACK", soon());
}

TEST_P(MysqlTransaction, TheIsolationOfOneThatDidNotBeginIsForgotten) {
  auto connection = connect();
  const auto writer = connect();
  make_row(*writer, "isolated");
  // A deadline between the two: the server answers SET TRANSACTION, and then nothing.
  bool began = false;
  int lost = 0;
  for (int round = 0; round < 1000 && !began; ++round) {
    try {
      connection->begin({.isolation = Isolation::read_uncommitted}, in(std::chrono::microseconds(20 * round)));
      began = true;
    } catch (const Failure& failure) {
      ASSERT_EQ(failure.error().code, ErrorCode::deadline) << failure.what();
      // MySQL's connection for the kill can take longer than the grace on a loaded machine.
      if (!is_mariadb() && is_lost(*connection)) {
        ASSERT_LE(++lost, 10);
        connection = connect();
        continue;
      }
      ASSERT_EQ(connection->transaction_status(), TransactionStatus::idle);
      connection->begin({}, soon());
      EXPECT_EQ(single(*connection, "SELECT word FROM isolated WHERE id = 1"), "old");
      writer->begin({}, soon());
      writer->execute("UPDATE isolated SET word = 'dirty' WHERE id = 1", soon());
      EXPECT_EQ(single(*connection, "SELECT word FROM isolated WHERE id = 1"), "old");
      writer->execute("ROLLBACK", soon());
      connection->execute("ROLLBACK", soon());
    }
  }
  EXPECT_TRUE(began);
}

INSTANTIATE_TEST_SUITE_P(Installed, MysqlTransaction, ::testing::ValuesIn(mysql_installations()), label_of_mysql);

}  // namespace
}  // namespace lockkeeper::testing
