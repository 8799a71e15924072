// What the driver has a PostgreSQL server keep prepared, as the server sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <future>
#include <string>

#include "client/driver_contract.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;

class PostgresStatements : public DriverContract {
 protected:
  static void run(Connection& connection, const std::string& sql, int times) {
    for (int round = 0; round < times; ++round) connection.execute(sql, soon());
  }

  // Asked by a batch, which prepares nothing.
  static std::string kept_by_server(Connection& connection, const std::string& what = "count(*)") {
    const std::string sql = "SELECT " + what + " FROM pg_prepared_statements";
    const std::vector<Statement> batch{{sql, {}}};
    return std::string(connection.execute_batch(batch, soon())[0].cell(0, 0).value_or("NULL"));
  }

  static void by_hand(Connection& connection, const char* sql) {
    PGresult* result = PQexec(static_cast<PGconn*>(connection.native_handle()), sql);
    EXPECT_EQ(PQresultStatus(result), PGRES_COMMAND_OK) << PQresultErrorMessage(result);
    PQclear(result);
  }
};

TEST_P(PostgresStatements, OneOffsCostNothing) {
  const auto connection = connect();
  for (int text = 0; text < 50; ++text) run(*connection, "SELECT " + std::to_string(text), 1);
  EXPECT_EQ(kept_by_server(*connection), "0");
  run(*connection, "SELECT 'twice'", 2);
  EXPECT_EQ(kept_by_server(*connection, "string_agg(statement, ';')"), "SELECT 'twice'");
  run(*connection, "SELECT 'twice'", 10);
  EXPECT_EQ(kept_by_server(*connection), "1");
}

TEST_P(PostgresStatements, UtilityStatementsAreNotKept) {
  const auto connection = connect();
  for (int round = 0; round < 3; ++round) {
    for (const std::string sql : {"BEGIN", "SET LOCAL work_mem = '5MB'", "SHOW work_mem", "COMMIT"}) {
      connection->execute(sql, soon());
    }
  }
  EXPECT_EQ(kept_by_server(*connection), "0");
}

TEST_P(PostgresStatements, TheServerKeepsAtMostOneMoreThanAskedFor) {
  const auto connection = connect_keeping(3);
  for (int text = 0; text < 20; ++text) {
    run(*connection, "SELECT " + std::to_string(text), 3);
    EXPECT_LE(std::stoi(kept_by_server(*connection)), 4);
  }
  EXPECT_EQ(kept_by_server(*connection, "string_agg(statement, ';' ORDER BY prepare_time)"),
            "SELECT 16;SELECT 17;SELECT 18;SELECT 19");
  const auto without = connect_keeping(0);
  run(*without, "SELECT 1", 10);
  EXPECT_EQ(kept_by_server(*without), "0");
}

TEST_P(PostgresStatements, PreparationSurvivesTheRollbackAroundIt) {
  const auto connection = connect();
  connection->begin({}, soon());
  run(*connection, "SELECT 5", 2);
  connection->execute("ROLLBACK", soon());
  EXPECT_EQ(kept_by_server(*connection), "1");
  run(*connection, "SELECT 5", 2);
  EXPECT_EQ(kept_by_server(*connection), "1");
}

TEST_P(PostgresStatements, AnErrorThatComesWithThePreparationKeepsIt) {
  const auto connection = connect();
  const std::string sql = "SELECT 1 / $1::integer";
  for (int round = 0; round < 3; ++round) {
    const Parameter zero(0);
    EXPECT_EQ(error_of([&] { connection->execute(sql, {&zero, 1}, soon()); }).sqlstate, "22012");
    EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  }
  EXPECT_EQ(kept_by_server(*connection), "1");
  const Parameter one(1);
  EXPECT_EQ(connection->execute(sql, {&one, 1}, soon()).cell(0, 0), "1");
}

TEST_P(PostgresStatements, WhatTheUserDiscardsIsPreparedAnew) {
  const auto connection = connect_keeping(2);
  for (const std::string discard : {"DEALLOCATE ALL", "DISCARD ALL"}) {
    for (int text = 0; text < 4; ++text) run(*connection, "SELECT " + std::to_string(text), 3);
    connection->execute(discard, soon());
    EXPECT_EQ(kept_by_server(*connection), "0");
    connection->begin({}, soon());
    for (int text = 0; text < 4; ++text) run(*connection, "SELECT " + std::to_string(text), 3);
    connection->execute("COMMIT", soon());
  }
}

TEST_P(PostgresStatements, WhatIsDiscardedBehindOurBackIsPreparedAnewOutsideATransaction) {
  const auto connection = connect_keeping(2);
  for (int round = 0; round < 3; ++round) {
    for (int text = 0; text < 4; ++text) run(*connection, "SELECT " + std::to_string(text), 3);
    by_hand(*connection, "DISCARD ALL");
    // The first finds its own statement gone; later ones find what they would release gone.
    EXPECT_EQ(single(*connection, round == 0 ? "SELECT 3" : "SELECT 1"), round == 0 ? "3" : "1");
  }
}

TEST_P(PostgresStatements, WhatIsDiscardedBehindOurBackCostsOneTransaction) {
  const auto connection = connect();
  run(*connection, "SELECT 1", 3);
  run(*connection, "SELECT 2", 3);
  by_hand(*connection, "DISCARD ALL");
  connection->begin({}, soon());
  const Error error = error_of([&] { connection->execute("SELECT 1", soon()); });
  EXPECT_EQ(error.sqlstate, "26000");
  EXPECT_EQ(error.blast, Blast::transaction);
  connection->execute("ROLLBACK", soon());
  connection->begin({}, soon());
  run(*connection, "SELECT 1", 3);
  run(*connection, "SELECT 2", 3);
  connection->execute("COMMIT", soon());
}

TEST_P(PostgresStatements, AStalePlanFailsATransactionOnce) {
  const auto connection = connect();
  make_two_rows(*connection, "widened");
  run(*connection, "SELECT * FROM widened", 3);
  connection->execute("ALTER TABLE widened ADD COLUMN more integer", soon());
  connection->begin({}, soon());
  const Error error = error_of([&] { connection->execute("SELECT * FROM widened", soon()); });
  EXPECT_EQ(error.sqlstate, "0A000");
  EXPECT_EQ(error.blast, Blast::transaction);
  connection->execute("ROLLBACK", soon());
  connection->begin({}, soon());
  run(*connection, "SELECT * FROM widened", 3);
  connection->execute("COMMIT", soon());
  EXPECT_EQ(kept_by_server(*connection), "1");
}

TEST_P(PostgresStatements, WhatFailsInsideAFunctionIsNotRunTwice) {
  const auto connection = connect();
  connection->execute("DROP SEQUENCE IF EXISTS runs", soon());
  connection->execute("CREATE SEQUENCE runs", soon());
  connection->execute(
      "CREATE OR REPLACE FUNCTION failing(state text) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN "
      "PERFORM nextval('runs'); RAISE EXCEPTION 'on purpose' USING ERRCODE = state; END $$",
      soon());
  const std::string sql = "SELECT failing($1)";
  int runs = 0;
  for (const std::string state : {"22P02", "22003", "42883", "42P01", "0A000", "42501", "23505"}) {
    for (int round = 0; round < 3; ++round, ++runs) {
      const Parameter parameter(state);
      EXPECT_EQ(error_of([&] { connection->execute(sql, {&parameter, 1}, soon()); }).sqlstate, state);
    }
  }
  EXPECT_EQ(single(*connection, "SELECT last_value FROM runs"), std::to_string(runs));
}

TEST_P(PostgresStatements, ASessionThatEndsIsLostWhetherItsStatementIsNewOrKept) {
  const std::string sql = "SELECT pg_sleep($1)";
  Session observer(tested().url);
  for (int runs_before = 0; runs_before < 3; ++runs_before) {
    const auto connection = connect();
    const Parameter moment(0);
    for (int round = 0; round < runs_before; ++round) connection->execute(sql, {&moment, 1}, soon());
    const auto backend = connection->server().backend_id;
    const Parameter minute(60);
    auto running = std::async(std::launch::async,
                              [&] { return error_of([&] { connection->execute(sql, {&minute, 1}, soon()); }); });
    wait_until_state(observer, backend, "active");
    observer.exec("SELECT pg_terminate_backend(" + std::to_string(backend) + ")");
    const Error error = running.get();
    EXPECT_EQ(error.code, ErrorCode::connection_lost);
    EXPECT_EQ(error.sqlstate, "57P01");
    EXPECT_EQ(error.blast, Blast::commit_unknown);
  }
}

// Whether it is prepared or not, and since when, changes nothing of what a text means.
TEST_P(PostgresStatements, LiteralsMeanWhatTheyDoWhenTheStatementRuns) {
  const auto connection = connect();
  const std::string time = "SELECT extract(epoch FROM '2026-01-02 03:04'::timestamptz)::bigint";
  const std::string day = "SELECT extract(month FROM '01/02/2026'::date)";
  const std::string tagged = "SELECT extract(hour FROM ($a$2026-01-02 03:04$a$::timestamptz) AT TIME ZONE 'UTC')";
  const auto run = [&](const std::string& set, const std::string& sql, const std::string& expected) {
    connection->execute(set, soon());
    for (int round = 0; round < 3; ++round) EXPECT_EQ(single(*connection, sql), expected) << set << ", run " << round;
  };
  for (int turn = 0; turn < 2; ++turn) {
    run("SET TimeZone = 'UTC'", time, "1767323040");
    run("SET TimeZone = 'Asia/Tokyo'", time, "1767290640");
    run("SET DateStyle = 'ISO, MDY'", day, "1");
    run("SET DateStyle = 'ISO, DMY'", day, "2");
    run("SET TimeZone = 'UTC'", tagged, "3");
    run("SET TimeZone = 'Asia/Tokyo'", tagged, "18");
  }
}

TEST_P(PostgresStatements, AMomentIsThatOfItsExecution) {
  const auto connection = connect();
  for (int round = 0; round < 4; ++round) {
    EXPECT_EQ(single(*connection, "SELECT 'now'::timestamptz = now()"), "t") << "run " << round;
    EXPECT_EQ(single(*connection, "SELECT $$Now$$::timestamptz = now()"), "t") << "run " << round;
  }
}

TEST_P(PostgresStatements, MessagesOfKeptStatementsHoldNoParameters) {
  const auto connection = connect();
  for (int round = 0; round < 4; ++round) {
    const Parameter word("s3cret");
    const Error error = error_of([&] { connection->execute("SELECT $1::integer", {&word, 1}, soon()); });
    EXPECT_EQ(error.message, "invalid input syntax for type integer: \"$1\"");
    const Parameter number(70'000);
    const Error range = error_of([&] { connection->execute("SELECT $1::smallint", {&number, 1}, soon()); });
    EXPECT_EQ(range.sqlstate, "22003");
    EXPECT_THAT(range.message, HasSubstr("\"$1\""));
  }
}

INSTANTIATE_TEST_SUITE_P(Postgres, PostgresStatements, ::testing::ValuesIn(postgres_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
