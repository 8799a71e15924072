// A transaction that goes to the server with its first statement.
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <string>
#include <vector>

#include "client/driver_contract.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

constexpr BeginOptions later{.isolation = Isolation::repeatable_read, .with_first_statement = true};

class PostgresBegin : public DriverContract {
 protected:
  PostgresBegin() { connection->begin(later, soon()); }

  /// As the server sees the session: whether a transaction is open, and what it has run last.
  [[nodiscard]] bool has_begun() { return seen("xact_start IS NOT NULL") == "t"; }
  [[nodiscard]] std::string ran_last() { return seen("query"); }
  [[nodiscard]] TransactionStatus status() const { return connection->transaction_status(); }

  std::unique_ptr<Connection> connection = connect();

 private:
  std::string seen(const std::string& what) {
    return observer_.value("SELECT " + what +
                           " FROM pg_stat_activity WHERE pid = " + std::to_string(connection->server().backend_id));
  }
  Session observer_{tested().url};
};

TEST_P(PostgresBegin, TheServerHearsOfItWithTheFirstStatement) {
  EXPECT_EQ(status(), TransactionStatus::open);
  EXPECT_FALSE(has_begun());
  EXPECT_EQ(single(*connection, "SELECT current_setting('transaction_isolation')"), "repeatable read");
  EXPECT_TRUE(has_begun());
  EXPECT_EQ(status(), TransactionStatus::open);
  connection->execute("COMMIT", soon());
  EXPECT_EQ(status(), TransactionStatus::idle);
  EXPECT_FALSE(has_begun());
}

TEST_P(PostgresBegin, WhereNothingWasDoneTheServerHearsOfNothing) {
  const std::string before = ran_last();
  for (const std::string end : {"COMMIT", "ROLLBACK"}) {
    EXPECT_EQ(connection->execute(end, soon()).size(), 0U);
    EXPECT_EQ(status(), TransactionStatus::idle);
    EXPECT_EQ(ran_last(), before);
    connection->begin(later, soon());
  }
}

TEST_P(PostgresBegin, WhateverComesFirstIsInIt) {
  const std::vector<Statement> batch{{"SELECT 1", {}}, {"SELECT 2", {}}};
  Rows rows;
  const auto first = [&](const std::string& what) {
    if (what == "a batch") {
      EXPECT_EQ(connection->execute_batch(batch, soon()).size(), 2U);
    } else if (what == "a stream") {
      EXPECT_TRUE(connection->stream("SELECT 1", {}, 10, soon())->next(rows, soon()));
    } else if (what == "a ping") {
      connection->ping(soon());
    } else if (what == "the handle") {
      EXPECT_EQ(PQtransactionStatus(static_cast<PGconn*>(connection->native_handle())), PQTRANS_INTRANS);
    } else {
      connection->execute(what, soon());
    }
  };
  for (const std::string what : {"a batch", "a stream", "a ping", "the handle", "SAVEPOINT s",
                                 "SET LOCAL work_mem = '5MB'", "SELECT 1", "SELECT 1", "SELECT 1"}) {
    first(what);
    EXPECT_TRUE(has_begun()) << what;
    EXPECT_EQ(status(), TransactionStatus::open) << what;
    connection->execute("ROLLBACK", soon());
    connection->begin(later, soon());
  }
}

TEST_P(PostgresBegin, AFirstStatementThatFailsCostsTheTransaction) {
  const Error error = error_of([&] { connection->execute("SELECT 1 / 0", soon()); });
  EXPECT_EQ(error.sqlstate, "22012");
  EXPECT_EQ(error.blast, Blast::transaction);
  EXPECT_EQ(status(), TransactionStatus::failed);
  connection->execute("ROLLBACK", soon());
  EXPECT_EQ(status(), TransactionStatus::idle);
}

TEST_P(PostgresBegin, AFirstCopyIsRefusedAndTheConnectionSurvives) {
  const Error error = error_of([&] { connection->execute("COPY (SELECT 1) TO STDOUT", soon()); });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_EQ(single(*connection, "SELECT 'here'"), "here");
}

TEST_P(PostgresBegin, WhatCameTooLateHasNotBegun) {
  const Error error = error_of([&] { connection->execute("SELECT 1", in(std::chrono::milliseconds(-1))); });
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(status(), TransactionStatus::open);
  EXPECT_EQ(single(*connection, "SELECT current_setting('transaction_isolation')"), "repeatable read");
}

TEST_P(PostgresBegin, ASecondOneIsMisuse) {
  EXPECT_EQ(error_of([&] { connection->begin({}, soon()); }).code, ErrorCode::misuse);
  EXPECT_EQ(single(*connection, "SELECT current_setting('transaction_isolation')"), "repeatable read");
}

TEST_P(PostgresBegin, ASessionThatEndedIsLostWithoutDoubt) {
  Session(tested().url).exec("SELECT pg_terminate_backend(" + std::to_string(connection->server().backend_id) + ")");
  const Error error = error_of([&] { connection->execute("INSERT INTO nowhere VALUES (1)", soon()); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::connection) << "nothing can have been committed";
  EXPECT_EQ(status(), TransactionStatus::unknown);
}

TEST_P(PostgresBegin, AKeptStatementThatIsStaleIsPreparedAnewNextTime) {
  connection->execute("ROLLBACK", soon());
  const std::string sql = "SELECT 'kept'";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(single(*connection, sql), "kept");
  connection->execute("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$", soon());
  connection->begin(later, soon());
  EXPECT_EQ(error_of([&] { connection->execute(sql, soon()); }).sqlstate, "26000");
  connection->execute("ROLLBACK", soon());
  connection->begin(later, soon());
  EXPECT_EQ(single(*connection, sql), "kept");
}

INSTANTIATE_TEST_SUITE_P(Postgres, PostgresBegin, ::testing::ValuesIn(postgres_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
