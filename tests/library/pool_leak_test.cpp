// The leak policy, and how leases end: with the stub driver.
#include <lockkeeper/pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <lockkeeper/unit_of_work.hpp>

#include "library/pool_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const LeakPolicy take_back_soon{milliseconds(300), LeakAction::take_back};

Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

TEST_F(PoolTest, TakesBackALeakedStreamThatNobodyReads) {
  Pool& tested = pool({.maximum_size = 1, .leak = take_back_soon});
  Lease leaked = tested.acquire();
  auto stream = leaked.open_stream("SELECT", {}, 10);
  Rows chunk;
  EXPECT_TRUE(stream->next(chunk, soon()));
  std::thread([&] { const Lease next = tested.acquire(); }).join();
  const auto told = events.wait_for(EventKind::reclaimed);
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->leases.at(0).cursor_open);
  EXPECT_FALSE(told->leases.at(0).running);
  EXPECT_EQ(failure_of([&] { static_cast<void>(stream->next(chunk, soon())); }).code, ErrorCode::reclaimed);
  EXPECT_EQ(failure_of([&] { leaked.execute("SELECT 1"); }).code, ErrorCode::reclaimed);
  EXPECT_EQ(tested.metrics().reclaimed, 1U);
}

TEST_F(PoolTest, TakesBackAStreamThatHasOutlivedItsLease) {
  Pool& tested = pool({.maximum_size = 1, .leak = take_back_soon});
  std::optional<Lease> leaked = tested.acquire();
  auto stream = leaked->open_stream("SELECT", {}, 10);
  leaked.reset();
  std::thread([&] { const Lease next = tested.acquire(); }).join();
  Rows chunk;
  EXPECT_EQ(failure_of([&] { static_cast<void>(stream->next(chunk, soon())); }).code, ErrorCode::reclaimed);
  made.reset();
  stream.reset();
  EXPECT_EQ(server->connected, 0);
}

TEST_F(PoolTest, WhatWasTakenBackMayOutliveThePool) {
  pool({.maximum_size = 1, .leak = take_back_soon});
  Lease leaked = made->acquire();
  auto stream = leaked.open_stream("SELECT", {}, 10);
  ASSERT_TRUE(events.wait_for(EventKind::reclaimed));
  made.reset();
  EXPECT_EQ(server->connected, 0);
  EXPECT_EQ(failure_of([&] { leaked.execute("SELECT 1"); }).code, ErrorCode::reclaimed);
  stream.reset();
  leaked.give_back();
}

/// Holds up whoever tells of a leak.
class SlowListener : public EventListener {
 public:
  void on_event(const Event& event) noexcept override {
    std::unique_lock guard(mutex_);
    if (event.kind != EventKind::leak) return;
    told_ = true;
    changed_.notify_all();
    changed_.wait(guard, [&] { return may_go_on_; });
  }
  void wait_until_told() {
    std::unique_lock guard(mutex_);
    EXPECT_TRUE(changed_.wait_for(guard, std::chrono::seconds(10), [&] { return told_; }));
  }
  void go_on() {
    const std::lock_guard guard(mutex_);
    may_go_on_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool told_ = false;
  bool may_go_on_ = false;
};

TEST_F(PoolTest, LeavesTheNextLeaseAlone) {
  for (const LeakAction action : {LeakAction::cancel, LeakAction::take_back}) {
    SlowListener listener;
    std::optional<Pool> tested(std::in_place, std::make_shared<StubDriver>(server), Target{},
                               PoolSettings{.name = "test", .maximum_size = 1}, listener);
    Lease leaked = tested->acquire({.leak = LeakPolicy{milliseconds(20), action}});
    listener.wait_until_told();
    leaked.give_back();
    Lease next = tested->acquire();
    std::atomic<bool> over{false};
    std::thread running([&] {
      const Error error =
          failure_of([&] { next.run("SLEEP", {}, std::chrono::steady_clock::now() + milliseconds(300)); });
      EXPECT_EQ(error.code, ErrorCode::deadline) << "a cancel that was meant for the lease before";
      over = true;
    });
    // On a busy machine it may be over before anybody has looked.
    eventually([&] { return over || tested->leases().at(0).running; });
    listener.go_on();
    running.join();
    EXPECT_EQ(next.execute("SELECT 1").size(), 1U);
    EXPECT_EQ(next.execute("SELECT 1").size(), 1U);
    EXPECT_EQ(tested->metrics().reclaimed, 0U);
    tested.reset();
  }
}

TEST_F(PoolTest, ClosesWhatACancelWasSentTo) {
  Pool& tested = pool({.maximum_size = 1, .leak = {milliseconds(300), LeakAction::cancel}});
  Lease leaked = tested.acquire();
  EXPECT_EQ(failure_of([&] { leaked.execute("SLEEP"); }).code, ErrorCode::cancelled);
  leaked.give_back();
  EXPECT_EQ(tested.acquire().execute("SELECT 1").size(), 1U);
}

TEST_F(PoolTest, KeepsACallSitesLeakPolicyWhenTheSettingsChange) {
  PoolSettings settings{.name = "test", .maximum_size = 1};
  Pool& tested = pool(settings);
  const Lease leaked = tested.acquire({.leak = LeakPolicy{milliseconds(200), LeakAction::report}});
  tested.change(settings);
  EXPECT_TRUE(events.wait_for(EventKind::leak));
}

TEST_F(PoolTest, TellsWhoseConnectionWasLost) {
  Pool& tested = pool({.maximum_size = 1});
  {
    const UnitOfWork unit("GET /orders/17");
    Lease lease = tested.acquire();
    static_cast<void>(failure_of([&] { lease.execute("DIE"); }));
  }
  const auto told = events.wait_for(EventKind::disconnected);
  ASSERT_TRUE(told);
  ASSERT_THAT(told->leases, SizeIs(1));
  EXPECT_EQ(told->leases[0].end, LeaseEnd::connection_lost);
  EXPECT_EQ(told->leases[0].unit, "GET /orders/17");
}

TEST_F(PoolTest, TellsWhoGaveBackToAClosedPool) {
  Pool& tested = pool({.maximum_size = 1});
  Lease lease = tested.acquire();
  static_cast<void>(tested.close(std::chrono::steady_clock::now()));
  lease.give_back();
  const auto told = events.wait_for(EventKind::disconnected);
  ASSERT_TRUE(told);
  ASSERT_THAT(told->leases, SizeIs(1));
  EXPECT_EQ(told->leases[0].end, LeaseEnd::pool_closed);
}

TEST_F(PoolTest, ClosesIdleConnectionsThoughTheyArePinged) {
  Pool& tested = pool({.maximum_size = 3,
                       .minimum_idle = 1,
                       .idle_timeout = milliseconds(400),
                       .keepalive = milliseconds(50),
                       .validation_timeout = milliseconds(50)});
  {
    const Lease first = tested.acquire();
    const Lease second = tested.acquire({.nested = NestedAcquire::off});
    const Lease third = tested.acquire({.nested = NestedAcquire::off});
  }
  eventually([&] { return server->connected == 1; });
  eventually([&] { return server->pings > 0; });  // On a busy machine only those of the one that is left.
}

// The backend of a stream may be ahead of its reader, and wait for a row; the reader need not want that row.
TEST_F(PoolTest, AStreamThatNobodyReadsIsNobodysWait) {
  server->locks = [] { return std::vector<LockWait>{{1, 2}}; };
  Pool& tested =
      pool({.maximum_size = 2, .nested_acquire = NestedAcquire::off, .lock_wait_threshold = milliseconds(20)});
  std::optional<Lease> reader = tested.acquire();
  auto stream = reader->open_stream("SELECT", {}, 10);
  std::thread other([&] {
    const Lease outer = tested.acquire();
    EXPECT_NO_THROW(static_cast<void>(tested.acquire()));
  });
  eventually([&] { return server->created == 3; });  // The third is the monitor's.
  eventually([&] { return tested.metrics().waiting == 1; });
  EXPECT_TRUE(events.of(EventKind::deadlock).empty());
  stream.reset();
  reader.reset();
  other.join();
  EXPECT_EQ(tested.metrics().deadlocks, 0U);
}

// The other way round than usual: first the wait for a connection, long after that the one for the row.
TEST_F(PoolTest, FindsARowLockThatIsWaitedForLater) {
  std::atomic<std::int64_t> waits_for_row{0};  // The session that does; of the two the other one has it.
  server->locks = [&] {
    const std::int64_t waiter = waits_for_row;
    return waiter == 0 ? std::vector<LockWait>{} : std::vector<LockWait>{{waiter, 3 - waiter}};
  };
  Pool& tested =
      pool({.maximum_size = 2, .nested_acquire = NestedAcquire::off, .lock_wait_threshold = milliseconds(300)});
  Lease writer = tested.acquire();
  std::thread nested([&] {
    const Lease outer = tested.acquire();
    EXPECT_EQ(failure_of([&] { static_cast<void>(tested.acquire()); }).code, ErrorCode::pool_deadlock);
  });
  eventually([&] { return server->created == 3; });  // The monitor's: the first look has begun.
  std::thread waiting([&] { static_cast<void>(failure_of([&] { writer.run("SLEEP", {}, soon()); })); });
  eventually([&] { return tested.leases().front().running; });
  waits_for_row = writer.record().backend_id;
  nested.join();
  writer.canceller()->cancel(soon());
  waiting.join();
}

TEST_F(PoolTest, FindsTheRingThatTheLastOtherThreadOfAUnitCloses) {
  Pool& tested =
      pool({.maximum_size = 1, .nested_acquire = NestedAcquire::off, .lock_wait_threshold = milliseconds(20)});
  UnitOfWork unit("import");
  const Lease outer = tested.acquire();
  std::mutex mutex;
  std::condition_variable changed;
  bool entered = false;
  std::thread helper([&] {
    const UnitOfWork::Entry entry(unit);  // It could give the connection back.
    {
      const std::lock_guard guard(mutex);
      entered = true;
      changed.notify_all();
    }
    eventually([&] { return tested.metrics().waiting == 1; });
    EXPECT_TRUE(events.of(EventKind::deadlock).empty());
  });
  {
    std::unique_lock guard(mutex);
    changed.wait(guard, [&] { return entered; });
  }
  const Error error = failure_of([&] { static_cast<void>(tested.acquire()); });
  EXPECT_EQ(error.code, ErrorCode::pool_deadlock);
  EXPECT_THAT(error.message, HasSubstr("import"));
  helper.join();
}

}  // namespace
}  // namespace lockkeeper::testing
