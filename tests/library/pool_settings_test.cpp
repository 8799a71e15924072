// What each of the pool's settings does, which are refused, and which may change while the pool runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>
#include <vector>

#include "library/pool_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Clock = std::chrono::steady_clock;

using PoolSettingsTest = PoolTest;

constexpr milliseconds an_hour{3'600'000};

TEST_F(PoolSettingsTest, DefaultsAreThoseOfTheDocumentation) {
  const PoolSettings settings;
  EXPECT_EQ(settings.maximum_size, 10U);
  EXPECT_FALSE(settings.minimum_idle);
  EXPECT_EQ(settings.acquire_timeout, seconds(30));
  EXPECT_EQ(settings.idle_timeout, std::chrono::minutes(10));
  EXPECT_EQ(settings.max_lifetime, std::chrono::minutes(30));
  EXPECT_EQ(settings.keepalive, seconds(0));
  EXPECT_EQ(settings.validation_window, milliseconds(500));
  EXPECT_EQ(settings.validation_timeout, seconds(5));
  EXPECT_EQ(settings.leak.after, seconds(0));
  EXPECT_EQ(settings.nested_acquire, NestedAcquire::warn);
  EXPECT_TRUE(settings.detect_deadlocks);
  EXPECT_EQ(settings.initial_failure, InitialFailure::refuse);
  EXPECT_NO_THROW(check(settings));
}

TEST_F(PoolSettingsTest, WrongOnesAreRefusedTogetherEachWithItsReason) {
  const PoolSettings wrong{.name = "",
                           .maximum_size = 4,
                           .minimum_idle = 5,
                           .acquire_timeout = seconds(1),
                           .maximum_waiting = 0,
                           .connect_timeout = milliseconds(0),
                           .idle_timeout = seconds(20),
                           .max_lifetime = seconds(10),
                           .keepalive = seconds(10),
                           .validation_timeout = seconds(2),
                           .statement_timeout = milliseconds(-1),
                           .leak = {.after = milliseconds(0), .action = LeakAction::take_back}};
  const Error error = failure_of([&] { check(wrong); });
  EXPECT_EQ(error.code, ErrorCode::configuration);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("name is empty"), HasSubstr("minimum_idle (5) is more than maximum_size (4)"),
                    HasSubstr("maximum_waiting is 0"), HasSubstr("connect_timeout is 0 ms"),
                    HasSubstr("idle_timeout (20000 ms) must be less than max_lifetime (10000 ms)"),
                    HasSubstr("keepalive (10000 ms) must be less than max_lifetime (10000 ms)")));
  EXPECT_THAT(error.message, AllOf(HasSubstr("validation_timeout (2000 ms) is more than acquire_timeout (1000 ms)"),
                                   HasSubstr("statement_timeout is -1 ms"), HasSubstr("leak.after is 0"),
                                   Not(HasSubstr("rollback_timeout"))));
  EXPECT_EQ(failure_of([&] { pool({.maximum_size = 0}); }).code, ErrorCode::configuration);
  EXPECT_EQ(server->attempts, 0);
}

TEST_F(PoolSettingsTest, ALargerMaximumServesWhoWaitsAlready) {
  Pool& tested = pool({.maximum_size = 1, .acquire_timeout = an_hour});
  const Lease held = tested.acquire();
  std::thread waiter([&] { const Lease second = tested.acquire(); });
  eventually([&] { return tested.metrics().waiting == 1; });
  PoolSettings settings = tested.settings();
  settings.maximum_size = 2;
  tested.change(settings);
  waiter.join();
  EXPECT_EQ(tested.settings().maximum_size, 2U);
}

TEST_F(PoolSettingsTest, ASmallerMaximumTakesEffectAsLeasesReturn) {
  Pool& tested = pool({.maximum_size = 3, .nested_acquire = NestedAcquire::off});
  std::vector<Lease> leases;
  for (int i = 0; i < 3; ++i) leases.push_back(tested.acquire());
  PoolSettings settings = tested.settings();
  settings.maximum_size = 1;
  tested.change(settings);
  for (Lease& lease : leases) EXPECT_EQ(lease.execute("SELECT 1").size(), 1U) << "nothing that is leased is closed";
  leases.clear();
  eventually([&] { return server->connected == 1 && tested.metrics().idle == 1; });
}

TEST_F(PoolSettingsTest, AChangedTimeoutHoldsForTheNextCaller) {
  Pool& tested = pool({.maximum_size = 1, .acquire_timeout = an_hour});
  const Lease held = tested.acquire();
  PoolSettings settings = tested.settings();
  settings.acquire_timeout = settings.validation_timeout = milliseconds(20);
  tested.change(settings);
  std::thread([&] {
    EXPECT_EQ(failure_of([&] { static_cast<void>(tested.acquire()); }).code, ErrorCode::pool_timeout);
  }).join();
}

TEST_F(PoolSettingsTest, ARefusedChangeChangesNothing) {
  Pool& tested = pool({.maximum_size = 2});
  PoolSettings renamed = tested.settings();
  renamed.name = "another";
  renamed.maximum_size = 7;
  EXPECT_THAT(failure_of([&] { tested.change(renamed); }).message, HasSubstr("cannot change while it runs"));
  PoolSettings wrong = tested.settings();
  wrong.maximum_size = 7;
  wrong.minimum_idle = 8;
  EXPECT_EQ(failure_of([&] { tested.change(wrong); }).code, ErrorCode::configuration);
  EXPECT_EQ(tested.settings().name, "test");
  EXPECT_EQ(tested.settings().maximum_size, 2U);
}

TEST_F(PoolSettingsTest, OneMoreThanMayWaitFailsAtOnce) {
  Pool& tested = pool({.maximum_size = 1, .acquire_timeout = an_hour, .maximum_waiting = 1});
  Lease held = tested.acquire();
  std::thread waiter([&] { const Lease second = tested.acquire(); });
  eventually([&] { return tested.metrics().waiting == 1; });
  EXPECT_EQ(failure_of([&] { static_cast<void>(tested.acquire()); }).code, ErrorCode::pool_timeout);
  held.give_back();
  waiter.join();
}

// HikariCP's own analysis: it ends with 5 or 6 connections where a pool that opens one for each waiter has 50.
TEST_F(PoolSettingsTest, ASpikeInDemandDoesNotOpenAConnectionForEachWaiter) {
  constexpr int callers = 50;
  Pool& tested = pool({.maximum_size = callers, .minimum_idle = 5});
  eventually([&] { return tested.metrics().idle == 5; });
  server->connect_delay_ms = 150;
  std::latch gate(callers);
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      gate.arrive_and_wait();
      const Lease lease = tested.acquire();
      const Clock::time_point end = Clock::now() + milliseconds(2);
      while (Clock::now() < end) std::this_thread::yield();
    });
  }
  for (std::thread& thread : threads) thread.join();
  eventually([&] { return tested.metrics().connecting == 0; });
  EXPECT_LE(server->created, 10) << "5, and those that the machine's slowness makes worth it";
}

TEST_F(PoolSettingsTest, CancelStopsTheLeaksStatementAndLeavesTheLease) {
  Pool& tested = pool({.maximum_size = 1, .leak = {milliseconds(300), LeakAction::cancel}});
  Lease lease = tested.acquire();
  EXPECT_EQ(failure_of([&] { lease.run("SLEEP", {}, Clock::now() + an_hour); }).code, ErrorCode::cancelled);
  EXPECT_EQ(lease.execute("SELECT 1").size(), 1U);
  EXPECT_EQ(tested.metrics().leaks, 1U);
  EXPECT_EQ(tested.metrics().reclaimed, 0U);
}

TEST_F(PoolSettingsTest, WhatIsLeasedOutlivesItsLifetimeAndIsClosedOnReturn) {
  Pool& tested = pool({.maximum_size = 2,
                       .idle_timeout = milliseconds(0),
                       .max_lifetime = milliseconds(40),
                       .leak = {milliseconds(1), LeakAction::report}});
  Lease lease = tested.acquire();
  const std::int64_t session = lease.server().backend_id;
  // The other one, which lives for 40 ms each time; the first may have been on its way out already.
  const std::uint64_t before = tested.metrics().connections_closed;
  eventually([&] { return tested.metrics().connections_closed >= before + 3; });
  EXPECT_EQ(lease.execute("SELECT 1").size(), 1U);
  ASSERT_TRUE(events.wait_for(EventKind::leak));
  lease.give_back();
  const auto ended = events.wait_for(EventKind::leak_ended);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->leases.at(0).backend_id, session);
  EXPECT_EQ(ended->leases.at(0).end, LeaseEnd::evicted);
}

TEST_F(PoolSettingsTest, EvictAllReplacesWhatIsIdleNowAndWhatIsLeasedOnItsReturn) {
  Pool& tested = pool({.maximum_size = 2});
  eventually([&] { return tested.metrics().idle == 2; });
  Lease lease = tested.acquire();
  tested.evict_all();
  eventually([&] { return tested.metrics().connections_closed == 1; });
  EXPECT_EQ(lease.execute("SELECT 1").size(), 1U);
  lease.give_back();
  eventually([&] { return tested.metrics().connections_closed == 2 && tested.metrics().idle == 2; });
}

TEST_F(PoolSettingsTest, AConnectionIsPingedUnlessItWasUsedWithinTheWindow) {
  Pool& trusting = pool({.maximum_size = 1, .validation_window = an_hour});
  for (int i = 0; i < 5; ++i) static_cast<void>(trusting.acquire().execute("SELECT 1"));
  EXPECT_EQ(server->pings, 0);
  Pool& careful = pool({.maximum_size = 1, .validation_window = milliseconds(0)});
  for (int i = 0; i < 5; ++i) static_cast<void>(careful.acquire().execute("SELECT 1"));
  EXPECT_EQ(server->pings, 5);
}

TEST_F(PoolSettingsTest, KeepalivePingsWhatIsIdle) {
  Pool& tested = pool({.maximum_size = 1, .keepalive = milliseconds(20)});
  eventually([&] { return server->pings >= 2; });
  EXPECT_EQ(tested.metrics().connections_closed, 0U);
}

TEST_F(PoolSettingsTest, ResetOnReturnPutsEverySessionBack) {
  Pool& tested = pool({.maximum_size = 1, .reset_on_return = true});
  for (int i = 0; i < 3; ++i) static_cast<void>(tested.acquire().execute("SET x = 1"));
  eventually([&] { return server->resets == 3 && tested.metrics().idle == 1; });
}

TEST_F(PoolSettingsTest, StacksAreKeptWhereAskedFor) {
  Pool& with = pool({.maximum_size = 1, .record_stacks = true});
  EXPECT_FALSE(with.acquire().record().stack.empty());
  Pool& without = pool({.maximum_size = 1});
  EXPECT_TRUE(without.acquire().record().stack.empty());
}

TEST_F(PoolSettingsTest, StartRefusesOrGoesOnTryingWithoutAServer) {
  server->refuses = true;
  EXPECT_EQ(failure_of([&] { pool({.maximum_size = 1}); }).code, ErrorCode::unreachable);
  Pool& patient = pool({.maximum_size = 1, .initial_failure = InitialFailure::start});
  ASSERT_TRUE(events.wait_for(EventKind::connect_failed));
  server->refuses = false;
  EXPECT_EQ(patient.acquire().execute("SELECT 1").size(), 1U);
}

}  // namespace
}  // namespace lockkeeper::testing
