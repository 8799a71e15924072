// The pool with a stub driver: what a caller sees.
#include <lockkeeper/pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <thread>

#include <lockkeeper/unit_of_work.hpp>

#include "library/pool_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(PoolTest, HandsOutAndTakesBack) {
  Pool& tested = pool({.maximum_size = 2});
  {
    Lease lease = tested.acquire();
    EXPECT_EQ(lease.execute("SELECT 1").cell(0, 0), "1");
    EXPECT_EQ(tested.metrics().in_use, 1U);
    EXPECT_THAT(tested.leases(), SizeIs(1));
  }
  EXPECT_EQ(tested.metrics().in_use, 0U);
  EXPECT_EQ(tested.metrics().acquired, 1U);
}

TEST_F(PoolTest, FillsUpToMinimumIdle) {
  Pool& tested = pool({.maximum_size = 7, .minimum_idle = 5});
  eventually([&] { return tested.metrics().idle == 5; });
  EXPECT_EQ(server->created, 5);
}

TEST_F(PoolTest, TimesOutNamingTheHolders) {
  Pool& tested = pool({.maximum_size = 1, .acquire_timeout = milliseconds(50), .validation_timeout = milliseconds(50)});
  const UnitOfWork unit("GET /orders/17");
  Lease lease = tested.acquire();
  lease.execute("SELECT 'secret' FROM orders");
  const auto before = std::chrono::steady_clock::now();
  Error error;
  std::thread([&] { error = failure_of([&] { static_cast<void>(tested.acquire()); }); }).join();
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(50));
  EXPECT_EQ(error.code, ErrorCode::pool_timeout);
  EXPECT_THAT(error.message, HasSubstr("GET /orders/17"));
  EXPECT_THAT(error.message, HasSubstr("pool_test.cpp"));
  EXPECT_THAT(error.message, HasSubstr("SELECT ? FROM orders"));
  EXPECT_THAT(error.message, ::testing::Not(HasSubstr("secret")));
  EXPECT_EQ(tested.metrics().acquire_timeouts, 1U);
  ASSERT_THAT(events.of(EventKind::acquire_timeout), SizeIs(1));
}

TEST_F(PoolTest, ServesInOrderOfArrival) {
  Pool& tested = pool({.maximum_size = 1});
  std::optional<Lease> first = tested.acquire();
  std::mutex mutex;
  std::vector<int> order;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const Lease lease = tested.acquire();
      const std::lock_guard guard(mutex);
      order.push_back(i);
    });
    eventually([&] { return tested.metrics().waiting == static_cast<std::size_t>(i) + 1; });
  }
  first.reset();
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST_F(PoolTest, RollsBackWhatComesBackDirty) {
  Pool& tested = pool({.maximum_size = 1});
  {
    Lease lease = tested.acquire();
    lease.execute("BEGIN");
  }
  const Lease next = tested.acquire();
  EXPECT_EQ(server->rollbacks, 1);
  EXPECT_EQ(server->created, 1);
  EXPECT_EQ(tested.metrics().dirty_returns, 1U);
  const auto told = events.wait_for(EventKind::dirty_return);
  ASSERT_TRUE(told);
  EXPECT_THAT(told->message, HasSubstr("pool_test.cpp"));
  EXPECT_THAT(told->message, HasSubstr("thread "));
  EXPECT_THAT(told->message, HasSubstr("Its last statement: BEGIN"));
}

TEST_F(PoolTest, ChecksTheStatusWhenItHandsOut) {
  Pool& tested = pool({.maximum_size = 1});
  Lease lease = tested.acquire();
  auto* kept = static_cast<StubConnection*>(lease.native_handle());
  lease.give_back();
  kept->begin({}, std::chrono::steady_clock::now() + std::chrono::seconds(1));
  const Lease next = tested.acquire();
  EXPECT_EQ(next.transaction_status(), TransactionStatus::idle);
  EXPECT_EQ(server->created, 2) << "the connection with a stranger's transaction was replaced";
  EXPECT_EQ(tested.metrics().dirty_returns, 1U);
  EXPECT_EQ(tested.metrics().connections_lost, 0U);
  const auto told = events.wait_for(EventKind::dirty_return);
  ASSERT_TRUE(told);
  EXPECT_THAT(told->message, HasSubstr("although nobody holds it"));
  EXPECT_THAT(told->message, HasSubstr("pool_test.cpp"));
  EXPECT_EQ(told->leases.at(0).end, LeaseEnd::discarded);
}

TEST_F(PoolTest, AFreshLeaseKnowsNothingOfTheLast) {
  Pool& tested = pool({.maximum_size = 1});
  {
    Lease lease = tested.acquire();
    lease.execute("BEGIN");
  }
  const Lease next = tested.acquire();
  EXPECT_EQ(next.transaction_status(), TransactionStatus::idle);
  EXPECT_EQ(next.record().last_statement, "");
}

TEST_F(PoolTest, ReplacesWhatCannotBeRolledBack) {
  Pool& tested = pool({.maximum_size = 1});
  server->rollback_fails = true;
  {
    Lease lease = tested.acquire();
    lease.execute("BEGIN");
  }
  const Lease next = tested.acquire();
  EXPECT_EQ(server->created, 2);
  const auto told = events.wait_for(EventKind::rollback_failed);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->leases.at(0).end, LeaseEnd::discarded);
}

TEST_F(PoolTest, SurvivesADeadServer) {
  Pool& tested =
      pool({.maximum_size = 3, .acquire_timeout = std::chrono::seconds(10), .validation_window = milliseconds(0)});
  eventually([&] { return tested.metrics().idle == 3; });
  server->dead = true;
  server->refuses = true;
  EXPECT_EQ(failure_of([&] {
              static_cast<void>(tested.acquire({.deadline = std::chrono::steady_clock::now() + milliseconds(100)}));
            }).code,
            ErrorCode::pool_timeout);
  server->dead = false;
  server->refuses = false;
  Lease one = tested.acquire();
  eventually([&] { return tested.metrics().idle == 2; });
  EXPECT_EQ(one.execute("SELECT 1").size(), 1U);
}

TEST_F(PoolTest, FailsAtOnceWhereTheServerRefusesForGood) {
  server->refuses = true;
  server->refusal = ErrorCode::authentication;
  EXPECT_EQ(failure_of([&] { pool({.maximum_size = 1}); }).code, ErrorCode::authentication);
  Pool& tested = pool({.maximum_size = 1, .initial_failure = InitialFailure::start});
  EXPECT_EQ(failure_of([&] { static_cast<void>(tested.acquire()); }).code, ErrorCode::authentication);
}

TEST_F(PoolTest, FindsTheDeadlockOfNestedAcquires) {
  Pool& tested = pool({.maximum_size = 2, .nested_acquire = NestedAcquire::off});
  std::atomic<int> holding{0}, deadlocks{0}, went_on{0};
  const auto nested = [&](const char* name) {
    const UnitOfWork unit(name);
    const Lease outer = tested.acquire();
    ++holding;
    eventually([&] { return holding == 2; });
    try {
      const Lease inner = tested.acquire();
      ++went_on;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::pool_deadlock);
      EXPECT_THAT(failure.error().message, HasSubstr("order A"));
      EXPECT_THAT(failure.error().message, HasSubstr("order B"));
      ++deadlocks;
    }
  };
  const auto before = std::chrono::steady_clock::now();
  std::thread a(nested, "order A");
  std::thread b(nested, "order B");
  a.join();
  b.join();
  EXPECT_EQ(deadlocks, 1);
  EXPECT_EQ(went_on, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  EXPECT_EQ(tested.metrics().deadlocks, 1U);
}

TEST_F(PoolTest, FindsTheRingThroughADatabaseLock) {
  // The unit that waits for a third connection holds session `locked`; the other unit's statement waits for its lock.
  std::atomic<std::int64_t> blocked{0}, locked{0};
  server->locks = [&] { return std::vector<LockWait>{{blocked, locked}}; };
  Pool& tested =
      pool({.maximum_size = 2, .nested_acquire = NestedAcquire::off, .lock_wait_threshold = milliseconds(30)});
  const Lease one = tested.acquire();
  locked = one.server().backend_id;
  std::promise<std::shared_ptr<Canceller>> canceller;
  std::thread other([&] {
    const UnitOfWork unit("the one that waits for a row");
    Lease two = tested.acquire();
    canceller.set_value(two.canceller());
    blocked = two.server().backend_id;
    const Deadline end = std::chrono::steady_clock::now() + default_patience;
    EXPECT_EQ(failure_of([&] { two.run("SLEEP", {}, end); }).code, ErrorCode::cancelled);
  });
  eventually([&] { return blocked != 0 && tested.leases().size() == 2 && tested.leases().back().running; });
  const Error error = failure_of([&] { static_cast<void>(tested.acquire()); });
  EXPECT_EQ(error.code, ErrorCode::pool_deadlock);
  EXPECT_THAT(error.message, HasSubstr("the one that waits for a row"));
  EXPECT_THAT(error.message, HasSubstr("lock in the database"));
  canceller.get_future().get()->cancel(std::chrono::steady_clock::now() + default_patience);  // It waits until then.
  other.join();
}

TEST_F(PoolTest, WarnsOfNestedAcquireAndRefusesUnderStrict) {
  Pool& tested = pool({.maximum_size = 3});
  const Lease outer = tested.acquire();
  {
    const Lease inner = tested.acquire();
  }
  ASSERT_THAT(events.of(EventKind::nested_acquire), SizeIs(1));
  EXPECT_EQ(failure_of([&] { static_cast<void>(tested.acquire({.nested = NestedAcquire::strict})); }).code,
            ErrorCode::nested_acquire);
}

TEST_F(PoolTest, TakesBackALeak) {
  Pool& tested = pool({.maximum_size = 1, .leak = {milliseconds(300), LeakAction::take_back}});
  Lease leaked = tested.acquire();
  leaked.execute("BEGIN");
  std::thread([&] { const Lease next = tested.acquire(); }).join();
  EXPECT_TRUE(events.wait_for(EventKind::reclaimed));
  EXPECT_EQ(failure_of([&] { leaked.execute("SELECT 1"); }).code, ErrorCode::reclaimed);
  leaked.give_back();
  eventually([&] { return tested.metrics().in_use == 0; });
}

TEST_F(PoolTest, TakesBackALeakThatIsRunning) {
  Pool& tested = pool({.maximum_size = 1, .leak = {milliseconds(300), LeakAction::take_back}});
  Lease leaked = tested.acquire();
  EXPECT_EQ(failure_of([&] { leaked.execute("SLEEP"); }).code, ErrorCode::cancelled);
  EXPECT_EQ(failure_of([&] { leaked.execute("SELECT 1"); }).code, ErrorCode::reclaimed);
  EXPECT_EQ(tested.metrics().reclaimed, 1U);
}

TEST_F(PoolTest, ClosesWithLeasesOut) {
  Pool& tested = pool({.maximum_size = 2});
  Lease lease = tested.acquire();
  EXPECT_THAT(tested.close(std::chrono::steady_clock::now() + milliseconds(20)), SizeIs(1));
  EXPECT_EQ(failure_of([&] { static_cast<void>(tested.acquire()); }).code, ErrorCode::pool_closed);
  made.reset();
  EXPECT_EQ(lease.execute("SELECT 1").size(), 1U);
  EXPECT_EQ(server->connected, 1);
  lease.give_back();
  EXPECT_EQ(server->connected, 0);
}

TEST_F(PoolTest, AStreamKeepsTheLease) {
  Pool& tested = pool({.maximum_size = 1});
  Lease lease = tested.acquire();
  {
    auto stream = lease.open_stream("SELECT", {}, 10);
    EXPECT_EQ(failure_of([&] { lease.execute("SELECT 1"); }).code, ErrorCode::foreign_use);
    lease.give_back();
    EXPECT_EQ(tested.metrics().in_use, 1U);
    Rows chunk;
    EXPECT_TRUE(stream->next(chunk, std::chrono::steady_clock::now() + std::chrono::seconds(1)));
  }
  EXPECT_EQ(tested.metrics().in_use, 0U);
}

}  // namespace
}  // namespace lockkeeper::testing
