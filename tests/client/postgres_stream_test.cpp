// What is left of a PostgreSQL session when its stream, or the server behind it, comes to grief.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include <lockkeeper/postgres.hpp>

#include "client/blocked_time.hpp"
#include "client/driver_under_test.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool memory_is_measurable = false;
#elif defined(__has_feature)
constexpr bool memory_is_measurable = !__has_feature(address_sanitizer);
#else
constexpr bool memory_is_measurable = true;
#endif

// The driver's grace for a cancelled statement is a second. Of the time in which the thread waits, as in the failures.
constexpr seconds bound{4};

constexpr const char* endless = "SELECT lpad(generate_series(1, 1000000000)::text, 500, '0')";

class PostgresStreams : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<PostgresServer>(PostgresServer::start()); }
  static void TearDownTestSuite() { server_.reset(); }
  void TearDown() override { server_->resume(); }

  static std::unique_ptr<Connection> connect(const std::string& url = server_->url()) {
    return make_postgres_driver()->connect(target_of(url), soon());
  }

  static void read_all(RowStream& stream, Deadline deadline) {
    Rows chunk;
    while (stream.next(chunk, deadline)) continue;
  }

  static std::unique_ptr<PostgresServer> server_;
};
std::unique_ptr<PostgresServer> PostgresStreams::server_;

TEST_F(PostgresStreams, AHangingServerHoldsNoReaderPastTheDeadline) {
  for (const bool in_transaction : {false, true}) {
    const auto connection = connect();
    if (in_transaction) connection->begin({}, soon());
    const auto stream = connection->stream(endless, {}, 100, soon());
    server_->pause();
    const BlockedTime blocked;
    const Error error = error_of([&] { read_all(*stream, in(milliseconds(200))); });
    EXPECT_LT(blocked.so_far(), bound);
    EXPECT_EQ(error.code, ErrorCode::deadline);
    EXPECT_EQ(error.blast, in_transaction ? Blast::connection : Blast::commit_unknown);
    EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
    EXPECT_EQ(error_of([&] { connection->execute("SELECT 1", soon()); }).code, ErrorCode::misuse);
    server_->resume();
  }
}

TEST_F(PostgresStreams, GivingUpTheStreamOfAHangingServerClosesTheConnectionInTime) {
  const auto connection = connect();
  auto stream = connection->stream(endless, {}, 100, soon());
  server_->pause();
  const BlockedTime blocked;
  stream.reset();
  EXPECT_LT(blocked.so_far(), bound);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
  EXPECT_EQ(error_of([&] { connection->ping(soon()); }).code, ErrorCode::misuse);
}

TEST_F(PostgresStreams, AServerThatDiesUnderTheStreamGivesItsConnectionUp) {
  auto mortal = PostgresServer::start();
  const auto connection = connect(mortal.url());
  auto stream = connection->stream(endless, {}, 100, soon());
  mortal.kill_hard();
  const Error error = error_of([&] { read_all(*stream, soon()); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::commit_unknown);
  stream.reset();
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
}

TEST_F(PostgresStreams, CopyIsRefusedAndTheConnectionSurvives) {
  const auto connection = connect();
  connection->execute("CREATE TEMP TABLE copied (id integer)", soon());
  for (const std::string sql :
       {"COPY copied FROM STDIN", "COPY (SELECT repeat('x', 500) FROM generate_series(1, 3000000)) TO STDOUT"}) {
    const Error error = error_of([&] { read_all(*connection->stream(sql, {}, 10, soon()), soon()); });
    EXPECT_EQ(error.code, ErrorCode::misuse) << sql;
    EXPECT_EQ(error.blast, Blast::statement) << sql;
    EXPECT_EQ(connection->execute("SELECT count(*) FROM copied", soon()).cell(0, 0), "0") << sql;
  }
}

TEST_F(PostgresStreams, CommitOfAFailedTransactionIsNotASuccess) {
  const auto connection = connect();
  connection->begin({}, soon());
  EXPECT_EQ(error_of([&] { read_all(*connection->stream("SELECT 1/0", {}, 10, soon()), soon()); }).blast,
            Blast::transaction);
  const Error error = error_of([&] { read_all(*connection->stream("COMMIT", {}, 10, soon()), soon()); });
  EXPECT_THAT(error.message, HasSubstr("rolled it back"));
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
}

TEST_F(PostgresStreams, MessagesHoldNoParameters) {
  const auto connection = connect();
  const std::string secret = "s3cret";
  const Parameter parameter(secret);
  // Fails after thousands of rows, when the caller's texts may be gone.
  const std::string sql =
      "SELECT CASE WHEN n > 50000 THEN ($1::text || '')::integer ELSE n END FROM generate_series(1, 60000) n";
  const Error error = error_of([&] { read_all(*connection->stream(sql, {&parameter, 1}, 10, soon()), soon()); });
  EXPECT_EQ(error.message, "invalid input syntax for type integer: \"$1\"");
}

TEST_F(PostgresStreams, WhatTheStreamDiscardsIsForgotten) {
  const auto connection = connect();
  for (int round = 0; round < 3; ++round) connection->execute("SELECT 1", soon());
  read_all(*connection->stream("DISCARD ALL", {}, 10, soon()), soon());
  connection->begin({}, soon());
  EXPECT_EQ(connection->execute("SELECT 1", soon()).cell(0, 0), "1");
}

long resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long kilobytes = 0;
    if (word == "VmRSS:" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

TEST_F(PostgresStreams, MemoryIsBoundedByTheChunk) {
  if (!memory_is_measurable) GTEST_SKIP() << "the sanitizer keeps freed memory";
  const auto connection = connect();
  const std::string sql = "SELECT n, repeat('x', 1000) FROM generate_series(1, 200000) AS n";
  const auto stream = connection->stream(sql, {}, 1000, soon());
  Rows chunk;
  ASSERT_TRUE(stream->next(chunk, soon()));
  const long before = resident_kilobytes();
  ASSERT_GT(before, 0);
  std::size_t rows = chunk.size();
  long most = before;
  while (stream->next(chunk, soon())) {
    rows += chunk.size();
    most = std::max(most, resident_kilobytes());
  }
  EXPECT_EQ(rows, 200'000U);
  EXPECT_LT(most - before, 32 * 1024) << "of the 200 MB that were read";
}

TEST_F(PostgresStreams, AStandbyCannotBeginASerializableTransaction) {
  auto primary = PostgresServer::start();
  auto standby = PostgresServer::start_standby(primary);
  const auto connection = connect(standby.url());
  const Error error = error_of([&] { connection->begin({.isolation = Isolation::serializable}, soon()); });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  connection->begin({.isolation = Isolation::repeatable_read, .read_only = true}, soon());
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
}

}  // namespace
}  // namespace lockkeeper::testing
