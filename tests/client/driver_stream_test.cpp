// Rows that are read as they come: whole, in bounded pieces, and given up half-way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "client/driver_contract.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using Clock = std::chrono::steady_clock;

// A stream that is given up takes about a second at most; the rest is for a loaded machine.
constexpr seconds bound{4};

class DriverStream : public DriverContract {
 protected:
  static std::size_t read_all(RowStream& stream, Deadline deadline = soon()) {
    Rows chunk;
    std::size_t count = 0;
    while (stream.next(chunk, deadline)) count += chunk.size();
    return count;
  }

  // What a whole stream of a statement fails with, whether when it begins or later.
  static Error error_of_stream(Connection& connection, const std::string& sql, Deadline deadline = soon()) {
    return error_of([&] { read_all(*connection.stream(sql, {}, 1000, deadline), deadline); });
  }

  static void expect_usable(Connection& connection) {
    EXPECT_EQ(connection.transaction_status(), TransactionStatus::idle);
    EXPECT_EQ(single(connection, "SELECT 1"), "1");
  }
};

TEST_P(DriverStream, GivesAllRowsInOrderInChunks) {
  const auto connection = connect();
  const auto stream = connection->stream(tested().many_rows_sql, {}, 1000, soon());
  Rows chunk;
  std::size_t row = 0;
  while (stream->next(chunk, soon())) {
    ASSERT_GE(chunk.size(), 1U);
    ASSERT_LE(chunk.size(), 1000U);
    ASSERT_EQ(chunk.columns().size(), 1U);
    for (std::size_t index = 0; index < chunk.size(); ++index) ASSERT_EQ(chunk.cell(index, 0), std::to_string(++row));
  }
  EXPECT_EQ(row, 100'000U);
  EXPECT_TRUE(chunk.empty());
  EXPECT_FALSE(stream->next(chunk, soon())) << "the end stays the end";
  expect_usable(*connection);
}

TEST_P(DriverStream, OneRowAtATime) {
  const auto connection = connect();
  make_two_rows(*connection, "single_rows");
  const auto stream = connection->stream("SELECT id FROM single_rows ORDER BY id", {}, 1, soon());
  Rows chunk;
  for (const std::string id : {"1", "2"}) {
    ASSERT_TRUE(stream->next(chunk, soon()));
    ASSERT_EQ(chunk.size(), 1U);
    EXPECT_EQ(chunk.cell(0, 0), id);
  }
  EXPECT_FALSE(stream->next(chunk, soon()));
}

TEST_P(DriverStream, NoRowsHaveColumnsAndNoRowsAtAllAreFine) {
  const auto connection = connect();
  make_two_rows(*connection, "few");
  Rows chunk;
  EXPECT_FALSE(connection->stream("SELECT id, word FROM few WHERE id > 5", {}, 10, soon())->next(chunk, soon()));
  EXPECT_THAT(chunk.columns(), ElementsAre("id", "word"));
  EXPECT_FALSE(connection->stream("UPDATE few SET word = 'new'", {}, 10, soon())->next(chunk, soon()));
  EXPECT_TRUE(chunk.columns().empty());
  EXPECT_EQ(chunk.affected(), 2U);
  EXPECT_EQ(single(*connect(), "SELECT count(*) FROM few WHERE word = 'new'"), "2");
}

TEST_P(DriverStream, TakesParametersOfEveryChunkAndNulls) {
  const auto connection = connect();
  make_two_rows(*connection, "asked");
  connection->execute("INSERT INTO asked VALUES (3, NULL)", soon());
  std::string sql = "SELECT word, " + tested().placeholder(1) + " FROM asked WHERE id >= " + tested().placeholder(2);
  const std::vector<Parameter> parameters{"given", 2};
  const auto stream = connection->stream(sql + " ORDER BY id", parameters, 10, soon());
  Rows chunk;
  std::vector<std::string> words;
  while (stream->next(chunk, soon())) {
    for (std::size_t row = 0; row < chunk.size(); ++row) {
      words.emplace_back(chunk.cell(row, 0).value_or("NULL"));
      EXPECT_EQ(chunk.cell(row, 1), "given");
    }
  }
  EXPECT_THAT(words, ElementsAre("old", "NULL"));
}

TEST_P(DriverStream, InsideATransactionItStaysOpen) {
  const auto connection = connect();
  connection->begin({}, soon());
  EXPECT_EQ(read_all(*connection->stream(tested().many_rows_sql, {}, 5000, soon())), 100'000U);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  connection->execute("ROLLBACK", soon());
}

TEST_P(DriverStream, AChunkOfNoRowsIsMisuse) {
  const auto connection = connect();
  EXPECT_EQ(error_of([&] { static_cast<void>(connection->stream("SELECT 1", {}, 0, soon())); }).code,
            ErrorCode::misuse);
  expect_usable(*connection);
}

TEST_P(DriverStream, GivenUpEarlyLeavesTheConnectionUsable) {
  const auto connection = survivor_of([](Connection& played) {
    for (const bool read_some : {true, false, true}) {
      auto stream = played.stream(tested().endless_rows_sql, {}, 100, soon());
      Rows chunk;
      ASSERT_TRUE(!read_some || stream->next(chunk, soon()));
      const auto begin = Clock::now();
      stream.reset();
      EXPECT_LT(Clock::now() - begin, bound);
      if (is_lost(played)) return;
      expect_usable(played);
    }
  });
  expect_usable(*connection);
}

TEST_P(DriverStream, GivenUpInATransactionDoesNotEndIt) {
  const auto connection = survivor_of([](Connection& played) {
    played.begin({}, soon());
    played.stream(tested().endless_rows_sql, {}, 100, soon()).reset();
  });
  EXPECT_EQ(connection->transaction_status(),
            tested().errors_spoil_transactions ? TransactionStatus::failed : TransactionStatus::open);
  connection->execute("ROLLBACK", soon());
  expect_usable(*connection);
}

TEST_P(DriverStream, TheConnectionTakesNothingElseMeanwhile) {
  const auto connection = connect();
  auto stream = connection->stream(tested().many_rows_sql, {}, 100, soon());
  Rows chunk;
  ASSERT_TRUE(stream->next(chunk, soon()));
  std::size_t count = chunk.size();
  const std::vector<Statement> batch{{"SELECT 1", {}}};
  for (const std::function<void()>& call : std::vector<std::function<void()>>{
           [&] { connection->execute("SELECT 1", soon()); },
           [&] { connection->execute_batch(batch, soon()); },
           [&] { static_cast<void>(connection->stream("SELECT 1", {}, 1, soon())); },
           [&] { connection->begin({}, soon()); },
           [&] { connection->ping(soon()); },
           [&] { connection->reset(soon()); },
           [&] { static_cast<void>(connection->lock_waits({}, soon())); },
       }) {
    const Error error = error_of(call);
    EXPECT_EQ(error.code, ErrorCode::misuse);
    EXPECT_EQ(error.blast, Blast::statement);
  }
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
  EXPECT_EQ(connection->server().product, tested().product);
  EXPECT_NE(connection->canceller(), nullptr);
  while (stream->next(chunk, soon())) count += chunk.size();
  EXPECT_EQ(count, 100'000U);
  expect_usable(*connection);
}

TEST_P(DriverStream, AnErrorAtItsBeginning) {
  const auto connection = connect();
  EXPECT_EQ(error_of_stream(*connection, "SELEC 1").code, ErrorCode::server_error);
  const Error error = error_of_stream(*connection, tested().runtime_error_sql);
  EXPECT_EQ(error.code, ErrorCode::server_error);
  EXPECT_EQ(error.blast, Blast::statement);
  expect_usable(*connection);
}

TEST_P(DriverStream, AnErrorAfterRows) {
  const auto connection = connect();
  for (const bool in_transaction : {false, true}) {
    if (in_transaction) connection->begin({}, soon());
    auto stream = connection->stream(tested().rows_then_error_sql, {}, 10, soon());
    Rows chunk;
    ASSERT_TRUE(stream->next(chunk, soon()));
    const Error error = error_of([&] { read_all(*stream); });
    EXPECT_EQ(error.code, ErrorCode::server_error);
    const bool spoiled = in_transaction && tested().errors_spoil_transactions;
    EXPECT_EQ(error.blast, spoiled ? Blast::transaction : Blast::statement);
    stream.reset();
    if (in_transaction) connection->execute("ROLLBACK", soon());
    expect_usable(*connection);
  }
}

TEST_P(DriverStream, TheDeadlineAtItsBeginning) {
  Error error;
  const auto connection = survivor_of([&](Connection& played) {
    const auto begin = Clock::now();
    error = error_of_stream(played, tested().sleep_sql, in(milliseconds(200)));
    EXPECT_LT(Clock::now() - begin, bound);
    EXPECT_EQ(error.code, ErrorCode::deadline);
  });
  EXPECT_EQ(error.blast, Blast::statement);
  expect_usable(*connection);
}

TEST_P(DriverStream, TheDeadlineBetweenRows) {
  Error error;
  const auto connection = survivor_of([&](Connection& played) {
    auto stream = played.stream(tested().rows_then_sleep_sql, {}, 10, soon());
    Rows chunk;
    ASSERT_TRUE(stream->next(chunk, soon()));
    error = error_of([&] {
      while (stream->next(chunk, in(milliseconds(300)))) continue;
    });
    EXPECT_EQ(error.code, ErrorCode::deadline);
    if (!is_lost(played)) expect_usable(played);  // Beside the stream that has failed.
  });
  EXPECT_EQ(error.blast, Blast::statement);
  expect_usable(*connection);
}

TEST_P(DriverStream, TheDeadlineHoldsThoughRowsKeepComing) {
  const auto connection = survivor_of([](Connection& played) {
    const auto begin = Clock::now();
    EXPECT_EQ(error_of_stream(played, tested().endless_rows_sql, in(milliseconds(200))).code, ErrorCode::deadline);
    if (is_lost(played)) return;
    expect_usable(played);
    // Rows that are gathered, not streamed, must not keep the deadline away either.
    const auto gather = [&] { played.execute(tested().endless_rows_sql, in(milliseconds(200))); };
    EXPECT_EQ(error_of(gather).code, ErrorCode::deadline);
    EXPECT_LT(Clock::now() - begin, 2 * bound);
  });
  expect_usable(*connection);
}

TEST_P(DriverStream, ACancellerStopsIt) {
  const auto connection = connect();
  const auto canceller = connection->canceller();
  auto reading = std::async(std::launch::async, [&] {
    return error_of([&] { read_all(*connection->stream(tested().endless_rows_sql, {}, 1000, soon())); });
  });
  const auto stopped = [&] {
    canceller->cancel(soon());
    return reading.wait_for(milliseconds(20)) == std::future_status::ready;
  };
  wait_until(stopped, default_patience, "the stream to be cancelled");
  EXPECT_EQ(reading.get().code, ErrorCode::cancelled);
}

TEST_P(DriverStream, ClosingTheConnectionEndsIt) {
  const auto connection = connect();
  auto stream = connection->stream(tested().endless_rows_sql, {}, 100, soon());
  Rows chunk;
  ASSERT_TRUE(stream->next(chunk, soon()));
  connection->close();
  EXPECT_EQ(error_of([&] { stream->next(chunk, soon()); }).code, ErrorCode::misuse);
  stream.reset();
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
}

TEST_P(DriverStream, ASessionThatEndsMeanwhileIsLost) {
  if (!tested().end_session_sql) GTEST_SKIP() << "nobody can end its sessions";
  for (const bool in_transaction : {false, true}) {
    const auto connection = connect();
    if (in_transaction) connection->begin({}, soon());
    auto stream = connection->stream(tested().endless_rows_sql, {}, 100, soon());
    Rows chunk;
    ASSERT_TRUE(stream->next(chunk, soon()));
    connect()->execute(tested().end_session_sql(connection->server().backend_id), soon());
    const Error error = error_of([&] { read_all(*stream); });
    EXPECT_EQ(error.code, ErrorCode::connection_lost) << error.message;
    EXPECT_EQ(error.blast, in_transaction ? Blast::connection : Blast::commit_unknown);
    EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
    EXPECT_EQ(error_of([&] { stream->next(chunk, soon()); }).code, ErrorCode::misuse);
  }
}

INSTANTIATE_TEST_SUITE_P(Driver, DriverStream, ::testing::ValuesIn(driver_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
