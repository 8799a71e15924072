// Statements, parameters and values as SQLite has them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "client/sqlite_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SqliteStatements : public SqliteTest {
 protected:
  std::unique_ptr<Connection> connection_ = open("sqlite::memory:");
};

TEST_F(SqliteStatements, PlaceholdersGoByTheirNumbers) {
  const std::array<Parameter, 2> two{"first", "second"};
  for (const std::string sql :
       {"SELECT $2 || '-' || $1", "SELECT ?2 || '-' || ?1", "SELECT $2 || '-' || $1 || $1 -- $3"}) {
    EXPECT_THAT(single(*connection_, sql, two), ::testing::StartsWith("second-first")) << sql;
  }
  EXPECT_EQ(single(*connection_, "SELECT ? || '-' || ?", two), "first-second");
  EXPECT_EQ(single(*connection_, "SELECT $2", two), "second") << "$1 is there to be skipped";
  EXPECT_EQ(single(*connection_, "SELECT ?2", two), "second");
  EXPECT_EQ(single(*connection_, "SELECT '?$1'"), "?$1");
}

TEST_F(SqliteStatements, OtherPlaceholdersAreMisuse) {
  const std::array<Parameter, 2> two{1, 2};
  const auto error = [&](const std::string& sql, std::size_t count) {
    return error_of([&] { connection_->execute(sql, std::span(two).first(count), soon()); });
  };
  for (const std::string sql : {"SELECT :name", "SELECT @name", "SELECT $name", "SELECT $1a", "SELECT $0"}) {
    EXPECT_EQ(error(sql, 1).code, ErrorCode::misuse) << sql;
    EXPECT_EQ(error(sql, 1).blast, Blast::statement) << sql;
  }
  EXPECT_THAT(error("SELECT $1::int", 1).message, HasSubstr("CAST"));
  EXPECT_THAT(error("SELECT $1, ?", 2).message, HasSubstr("not both"));
  EXPECT_THAT(error("SELECT ?1", 2).message, HasSubstr("takes 1 parameter, 2 given"));
  EXPECT_THAT(error("SELECT $1, $2", 0).message, HasSubstr("takes 2 parameters, none given"));
  EXPECT_EQ(error("SELECT $1000000", 2).code, ErrorCode::misuse);
}

TEST_F(SqliteStatements, OneAtATime) {
  for (const std::string sql : {"SELECT 1;", "SELECT 1 ; ; -- the end", "SELECT 1 /* open", "  \n SELECT 1;\n"}) {
    EXPECT_EQ(single(*connection_, sql), "1") << sql;
  }
  for (const std::string sql : {"SELECT 1; SELECT 2", "CREATE TABLE a (x); CREATE TABLE b (x)", "SELECT 1; nonsense"}) {
    EXPECT_EQ(error_of_running(*connection_, sql).code, ErrorCode::misuse) << sql;
  }
  EXPECT_EQ(single(*connection_, "SELECT count(*) FROM sqlite_master"), "0");
  EXPECT_EQ(error_of_running(*connection_, "PRAGMA foreign_keys=off; SELECT 1").code, ErrorCode::misuse);
  EXPECT_EQ(single(*connection_, "PRAGMA foreign_keys"), "1") << "nothing of it has been done";
  connection_->execute("CREATE TABLE a (x)", soon());
  connection_->execute("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; SELECT 1; END;", soon());
}

TEST_F(SqliteStatements, NothingIsAStatementToo) {
  for (const std::string sql : {"", " ", "-- nothing", ";", "/* nothing */"}) {
    const Rows rows = connection_->execute(sql, soon());
    EXPECT_TRUE(rows.empty());
    EXPECT_TRUE(rows.columns().empty());
    EXPECT_EQ(rows.affected(), 0U);
  }
  Rows chunk;
  EXPECT_FALSE(connection_->stream("", {}, 1, soon())->next(chunk, soon()));
}

TEST_F(SqliteStatements, ZeroBytes) {
  const std::string sql("SELECT 1\0", 9);
  EXPECT_EQ(error_of_running(*connection_, sql).code, ErrorCode::misuse);
  const std::string text("a\0b\0", 4);
  const std::array<Parameter, 1> parameters{text};
  const Rows rows = connection_->execute("SELECT ?1, typeof(?1), length(CAST(?1 AS blob))", parameters, soon());
  EXPECT_EQ(rows.cell(0, 0), text);
  EXPECT_EQ(rows.cell(0, 1), "text");
  EXPECT_EQ(rows.cell(0, 2), "4");
}

TEST_F(SqliteStatements, KindsAreNative) {
  const std::string bytes = "bytes";
  const std::array<Parameter, 8> parameters{
      true, 7, 0.5, "text", std::as_bytes(std::span(bytes)), TimePoint(), {}, std::string_view()};
  const Rows rows = connection_->execute(
      "SELECT typeof(?1), typeof(?2), typeof(?3), typeof(?4), typeof(?5), typeof(?6), typeof(?7), typeof(?8)",
      parameters, soon());
  std::vector<std::string> kinds;
  for (std::size_t column = 0; column < 8; ++column) kinds.emplace_back(rows.cell(0, column).value_or("NULL"));
  EXPECT_THAT(kinds, ElementsAre("integer", "integer", "real", "text", "blob", "text", "null", "text"));
  const std::array<Parameter, 1> empty{BytesView()};
  EXPECT_EQ(single(*connection_, "SELECT typeof(?)", empty), "blob");
}

TEST_F(SqliteStatements, WhatHasNoFormIsRefused) {
  const std::array<Parameter, 2> no_number{1, std::numeric_limits<double>::quiet_NaN()};
  const Error error = error_of([&] { connection_->execute("SELECT $2, $1", no_number, soon()); });
  EXPECT_EQ(error.code, ErrorCode::conversion);
  EXPECT_THAT(error.message, HasSubstr("parameter 2"));
  const std::array<Parameter, 1> late{TimePoint(std::chrono::sys_days(std::chrono::year(12'000) / 1 / 1))};
  EXPECT_EQ(error_of([&] { connection_->execute("SELECT ?", late, soon()); }).code, ErrorCode::conversion);
  EXPECT_EQ(single(*connection_, "SELECT 1"), "1");
}

TEST_F(SqliteStatements, TimesAreWhatSqliteReads) {
  using namespace std::chrono;
  const std::array<Parameter, 1> moment{TimePoint(sys_days(year(2026) / 11 / 22)) + hours(9) + microseconds(1)};
  EXPECT_EQ(single(*connection_, "SELECT ?", moment), "2026-11-22 09:00:00.000001");
  EXPECT_EQ(single(*connection_, "SELECT strftime('%s', ?)", moment), "1795338000");
}

TEST_F(SqliteStatements, ABlobOf50Megabytes) {
  const auto connection = connect();
  connection->execute("CREATE TABLE blobs (bytes blob)", soon());
  std::string big(50'000'000, '\0');
  for (std::size_t index = 0; index < big.size(); index += 4096) big[index] = static_cast<char>(index / 4096);
  const std::array<Parameter, 1> parameters{std::as_bytes(std::span(big))};
  EXPECT_EQ(connection->execute("INSERT INTO blobs VALUES (?)", parameters, soon()).affected(), 1U);
  EXPECT_TRUE(connection->execute("SELECT bytes FROM blobs", soon()).cell(0, 0) == big);
  const auto stream = connection->stream("SELECT bytes FROM blobs WHERE bytes = ?", parameters, 1, soon());
  Rows chunk;
  ASSERT_TRUE(stream->next(chunk, soon()));
  EXPECT_TRUE(chunk.cell(0, 0) == big);
}

TEST_F(SqliteStatements, AffectedRowsAreTheStatementsOwn) {
  connection_->execute("CREATE TABLE numbers (n integer)", soon());
  connection_->execute("CREATE TABLE log (n integer)", soon());
  connection_->execute("CREATE TRIGGER logged AFTER INSERT ON numbers BEGIN INSERT INTO log VALUES (1), (2); END",
                       soon());
  EXPECT_EQ(connection_->execute("INSERT INTO numbers VALUES (1), (2), (3)", soon()).affected(), 3U);
  EXPECT_EQ(connection_->execute("CREATE TABLE more (n)", soon()).affected(), 0U);
  EXPECT_EQ(connection_->execute("UPDATE numbers SET n = 5 WHERE n > 9", soon()).affected(), 0U);
  EXPECT_EQ(connection_->execute("DELETE FROM numbers WHERE n > 1 RETURNING n", soon()).affected(), 2U);
  EXPECT_EQ(connection_->execute("DELETE FROM log", soon()).affected(), 6U);
  EXPECT_EQ(connection_->execute("SELECT * FROM numbers", soon()).affected(), 1U);
}

TEST_F(SqliteStatements, ConstraintsHaveASqlstate) {
  connection_->execute("CREATE TABLE parents (id integer PRIMARY KEY, name text UNIQUE)", soon());
  connection_->execute(
      "CREATE TABLE children (id integer PRIMARY KEY, parent integer REFERENCES parents, "
      "age integer NOT NULL CHECK (age > 0), later integer REFERENCES parents DEFERRABLE INITIALLY DEFERRED)",
      soon());
  connection_->execute("CREATE TRIGGER raised BEFORE DELETE ON parents BEGIN SELECT RAISE(ABORT, 'kept'); END", soon());
  connection_->execute("INSERT INTO parents VALUES (1, 'one')", soon());
  const std::array<std::pair<std::string, std::string_view>, 6> refused{{
      {"INSERT INTO parents VALUES (1, 'two')", "23505"},
      {"INSERT INTO parents VALUES (2, 'one')", "23505"},
      {"INSERT INTO children VALUES (1, 7, 1, NULL)", "23503"},
      {"INSERT INTO children VALUES (1, 1, NULL, NULL)", "23502"},
      {"INSERT INTO children VALUES (1, 1, 0, NULL)", "23514"},
      {"DELETE FROM parents", "23000"},
  }};
  for (const auto& [sql, sqlstate] : refused) {
    const Error error = error_of_running(*connection_, sql);
    EXPECT_EQ(error.code, ErrorCode::constraint) << sql;
    EXPECT_EQ(error.sqlstate, sqlstate) << sql << ": " << error.message;
    EXPECT_EQ(error.blast, Blast::statement) << sql;
  }
  connection_->begin({}, soon());
  connection_->execute("INSERT INTO children VALUES (1, 1, 1, 7)", soon());
  const Error at_commit = error_of_running(*connection_, "COMMIT");
  EXPECT_EQ(at_commit.sqlstate, "23503");
  EXPECT_EQ(at_commit.blast, Blast::statement);
  EXPECT_EQ(connection_->transaction_status(), TransactionStatus::open) << "it may still be mended";
  connection_->execute("DELETE FROM children", soon());
  connection_->execute("COMMIT", soon());
}

TEST_F(SqliteStatements, ErrorsQuoteNoParameter) {
  connection_->execute("CREATE VIRTUAL TABLE notes USING fts5(note)", soon());
  const std::array<Parameter, 1> secret{"p4ssw0rd : open"};
  const Error error =
      error_of([&] { connection_->execute("SELECT * FROM notes WHERE notes MATCH ?", secret, soon()); });
  EXPECT_EQ(error.code, ErrorCode::server_error);
  EXPECT_EQ(error.message, "no such column: $1");
}

TEST_F(SqliteStatements, ATransactionInABatchIsMisuseOutsideOne) {
  connection_->execute("CREATE TABLE numbers (n integer)", soon());
  const std::vector<Statement> batch{{"INSERT INTO numbers VALUES (1)", {}}, {"COMMIT", {}}};
  const Error error = error_of([&] { connection_->execute_batch(batch, soon()); });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_EQ(single(*connection_, "SELECT count(*) FROM numbers"), "0");
  connection_->begin({}, soon());
  connection_->execute_batch(batch, soon());
  EXPECT_EQ(connection_->transaction_status(), TransactionStatus::idle);
  EXPECT_EQ(single(*connection_, "SELECT count(*) FROM numbers"), "1");
}

TEST_F(SqliteStatements, ABatchThatRollsItselfBackIsTheStatementsAlone) {
  connection_->execute("CREATE TABLE numbers (n integer PRIMARY KEY)", soon());
  const std::vector<Statement> batch{{"INSERT INTO numbers VALUES (1)", {}},
                                     {"INSERT OR ROLLBACK INTO numbers VALUES (1)", {}}};
  const Error error = error_of([&] { connection_->execute_batch(batch, soon()); });
  EXPECT_EQ(error.code, ErrorCode::constraint);
  EXPECT_EQ(error.blast, Blast::statement) << "no transaction of the caller's was lost";
  EXPECT_EQ(connection_->transaction_status(), TransactionStatus::idle);
}

TEST_F(SqliteStatements, AStreamKeepsItsParameters) {
  std::vector<std::string> texts{"short", std::string(1000, 'l')};
  std::unique_ptr<RowStream> stream;
  {
    std::string gone = texts[0];
    std::string gone_too = texts[1];
    const std::array<Parameter, 3> parameters{gone, std::as_bytes(std::span(gone_too)), 7};
    stream = connection_->stream("VALUES (1, NULL), ($1, 2), ($2, $3)", parameters, 1, soon());
    gone.assign(5, 'x');
    gone_too.assign(1000, 'x');
  }
  Rows chunk;
  ASSERT_TRUE(stream->next(chunk, soon()));
  ASSERT_TRUE(stream->next(chunk, soon()));
  EXPECT_EQ(chunk.cell(0, 0), texts[0]);
  ASSERT_TRUE(stream->next(chunk, soon()));
  EXPECT_EQ(chunk.cell(0, 0), texts[1]);
  EXPECT_EQ(chunk.cell(0, 1), "7");
}

TEST_F(SqliteStatements, AWritingStreamHasDoneItsWorkWhenItBegins) {
  connection_->execute("CREATE TABLE numbers (n integer)", soon());
  auto stream = connection_->stream("INSERT INTO numbers VALUES (1), (2), (3) RETURNING n", {}, 1, soon());
  Rows chunk;
  ASSERT_TRUE(stream->next(chunk, soon()));
  stream.reset();
  EXPECT_EQ(single(*connection_, "SELECT count(*) FROM numbers"), "3");
}

TEST_F(SqliteStatements, AnEndedStreamLeavesTheNextAlone) {
  auto first = connection_->stream("SELECT 1", {}, 10, soon());
  Rows chunk;
  ASSERT_TRUE(first->next(chunk, soon()));
  ASSERT_FALSE(first->next(chunk, soon()));
  const auto second = connection_->stream("VALUES (1), (2)", {}, 1, soon());
  first.reset();
  EXPECT_EQ(error_of_running(*connection_, "SELECT 1").code, ErrorCode::misuse);
  ASSERT_TRUE(second->next(chunk, soon()));
  ASSERT_TRUE(second->next(chunk, soon()));
  EXPECT_EQ(chunk.cell(0, 0), "2");
}

TEST_F(SqliteStatements, ASlowRowIsNotKeptBackForAFullChunk) {
  // A row comes after every few million steps.
  const std::string slow =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i % 500000 = 0";
  const auto stream = connection_->stream(slow, {}, 1'000'000, soon());
  Rows chunk;
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(stream->next(chunk, soon()));
    EXPECT_GE(chunk.size(), 1U);
    EXPECT_LT(chunk.size(), 1'000U);
  }
}

}  // namespace
}  // namespace lockkeeper::testing
