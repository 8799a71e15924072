// What concerns the session as a whole: is it alive, is it as new, who does it wait for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <string>

#include "client/driver_contract.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

class DriverSession : public DriverContract {};

TEST_P(DriverSession, PingAnswersInEveryState) {
  const auto connection = connect();
  connection->ping(soon());
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  connection->begin({}, soon());
  connection->ping(soon());
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  const Error error = error_of([&] { connection->execute(tested().runtime_error_sql, soon()); });
  EXPECT_EQ(error.code, ErrorCode::server_error);
  const TransactionStatus before = connection->transaction_status();
  connection->ping(soon());
  EXPECT_EQ(connection->transaction_status(), before);
  connection->execute("ROLLBACK", soon());
}

TEST_P(DriverSession, PingToldTooLate) {
  const auto connection = connect();
  EXPECT_EQ(error_of([&] { connection->ping(in(std::chrono::milliseconds(-1))); }).code, ErrorCode::deadline);
  connection->ping(soon());
}

TEST_P(DriverSession, PingOfADeadSessionFails) {
  const auto connection = connect();
  if (tested().end_session_sql) {
    connect()->execute(tested().end_session_sql(connection->server().backend_id), soon());
    Error error;
    const auto is_lost = [&] {
      try {
        connection->ping(soon());
        return false;
      } catch (const Failure& failure) {
        error = failure.error();
        return true;
      }
    };
    wait_until(is_lost, default_patience, "the session to end");
    EXPECT_EQ(error.code, ErrorCode::connection_lost);
    EXPECT_EQ(error.blast, Blast::connection) << "a ping commits nothing";
    EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
  }
  connection->close();
  EXPECT_EQ(error_of([&] { connection->ping(soon()); }).code, ErrorCode::misuse);
}

TEST_P(DriverSession, ResetDropsWhatTheSessionMade) {
  const auto connection = connect();
  connection->reset(soon());
  if (tested().reset_drops_temporary_tables) {
    connection->execute("CREATE TEMPORARY TABLE left_over (id integer)", soon());
    connection->reset(soon());
    EXPECT_EQ(error_of([&] { connection->execute("SELECT * FROM left_over", soon()); }).code, ErrorCode::server_error);
  }
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

TEST_P(DriverSession, ResetInsideATransactionIsMisuse) {
  const auto connection = connect();
  make_two_rows(*connection, "unharmed");
  connection->begin({}, soon());
  connection->execute("UPDATE unharmed SET word = 'new'", soon());
  const Error error = error_of([&] { connection->reset(soon()); });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_EQ(error.blast, Blast::statement);
  connection->execute("COMMIT", soon());
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM unharmed WHERE word = 'new'"), "2");
}

TEST_P(DriverSession, ResetOfAClosedConnectionIsMisuse) {
  const auto connection = connect();
  connection->close();
  EXPECT_EQ(error_of([&] { connection->reset(soon()); }).code, ErrorCode::misuse);
  EXPECT_EQ(error_of([&] { static_cast<void>(connection->lock_waits({}, soon())); }).code, ErrorCode::misuse);
}

TEST_P(DriverSession, LockWaitsNameWaiterAndBlocker) {
  const auto holder = connect();
  const auto waiter = connect();
  const auto observer = connect();
  make_two_rows(*holder, "fought_over");
  holder->begin({}, soon());
  holder->execute("UPDATE fought_over SET word = 'mine' WHERE id = 1", soon());
  auto waiting = std::async(std::launch::async, [&] {
    return waiter->execute("UPDATE fought_over SET word = 'mine' WHERE id = 1", soon()).affected();
  });
  const std::array<std::int64_t, 2> both{holder->server().backend_id, waiter->server().backend_id};
  std::vector<LockWait> waits;
  const auto is_seen = [&] {
    waits = observer->lock_waits(both, soon());
    return !waits.empty();
  };
  wait_until(is_seen, default_patience, "the wait to be seen");
  ASSERT_EQ(waits.size(), 1U);
  EXPECT_EQ(waits[0].waiter, both[1]);
  EXPECT_EQ(waits[0].blocker, both[0]);
  EXPECT_TRUE(observer->lock_waits(std::span(both).first(1), soon()).empty()) << "the waiter was not asked about";
  EXPECT_EQ(observer->lock_waits(std::span(both).last(1), soon()).size(), 1U) << "the blocker need not be";
  holder->execute("COMMIT", soon());
  EXPECT_EQ(waiting.get(), 1U);
  EXPECT_TRUE(observer->lock_waits(both, soon()).empty());
}

TEST_P(DriverSession, LockWaitsOfNobodyAreNone) {
  const auto connection = connect();
  const std::array<std::int64_t, 3> nobody{1, 2'000'000'000, 9'000'000'000'000};
  EXPECT_TRUE(connection->lock_waits(nobody, soon()).empty());
  EXPECT_TRUE(connection->lock_waits({}, soon()).empty());
}

TEST_P(DriverSession, TheNativeHandleIsTheSession) {
  const auto connection = connect();
  EXPECT_NE(connection->native_handle(), nullptr);
  connection->close();
  EXPECT_EQ(connection->native_handle(), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Driver, DriverSession, ::testing::ValuesIn(driver_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
