// Connections that were idle for long are asked for a sign of life before somebody gets them.
#include <gtest/gtest.h>

#include <vector>

#include "proxy/pool/core.hpp"
#include "proxy/pool_bench.hpp"

namespace lockkeeper::proxy::pool {
namespace {

PoolSettings checked_pool(std::uint32_t size) {
  PoolSettings settings;
  settings.size = size;
  settings.server_check_after = seconds{30};
  settings.check_timeout = seconds{5};
  return settings;
}

/// A pool with so many connections, all idle since now.
PoolId with_idle(Bench& bench, std::uint32_t count, const PoolSettings& settings) {
  const PoolId pool = bench.add(settings);
  std::vector<ServerId> servers;
  for (std::uint32_t at = 0; at < count; ++at) servers.push_back(bench.take(pool, 100 + at));
  for (const ServerId server : servers) bench.release(server);
  return pool;
}

std::uint64_t closed(const Bench& bench, PoolId pool, CloseReason why) {
  return bench.core.counters(pool).closed[static_cast<std::size_t>(why)];
}

TEST(ProxyPoolCheck, WhatWasUsedJustNowIsHandedOverAtOnce) {
  Bench bench;
  const PoolId pool = with_idle(bench, 1, checked_pool(1));
  bench.now += seconds{30} - milliseconds{1};
  EXPECT_EQ(bench.acquire(pool, 7), WaiterId{});
  EXPECT_EQ(bench.happened(), "give to 7");
}

TEST(ProxyPoolCheck, WhatWasIdleForLongIsAskedFirst) {
  Bench bench;
  const PoolId pool = with_idle(bench, 1, checked_pool(2));
  bench.now += seconds{30};
  const WaiterId waiter = bench.acquire(pool, 7);
  EXPECT_NE(waiter, WaiterId{});
  EXPECT_EQ(bench.happened(), "check on 0");
  const ServerId server = bench.actions.checks.at(0).server;
  EXPECT_EQ(bench.core.counters(pool).idle, 1U) << "nobody holds it";
  EXPECT_EQ(bench.core.counters(pool).checking, 1U);

  bench.now += milliseconds{1};
  EXPECT_TRUE(bench.checked(server));
  EXPECT_EQ(bench.happened(), "give to 7");
  EXPECT_EQ(bench.actions.gives[0].waiter, waiter);
  EXPECT_EQ(bench.actions.gives[0].server, server);
  EXPECT_FALSE(bench.checked(server)) << "nobody asks it any more";
  EXPECT_EQ(bench.core.counters(pool).checks, 1U);
}

TEST(ProxyPoolCheck, ZeroIsOff) {
  Bench bench;
  PoolSettings settings = checked_pool(1);
  settings.server_check_after = Duration::zero();
  settings.server_idle_timeout = Duration::zero();
  settings.server_lifetime = Duration::zero();
  const PoolId pool = with_idle(bench, 1, settings);
  bench.now += std::chrono::hours{24};
  bench.acquire(pool, 7);
  EXPECT_EQ(bench.happened(), "give to 7");
}

TEST(ProxyPoolCheck, AnotherWorkersFreshOneIsBetterThanAStaleOneAtHome) {
  Bench bench;
  const PoolId pool = bench.add(checked_pool(2));
  const ServerId home = bench.take(pool, 1, 0), elsewhere = bench.take(pool, 2, 1);
  bench.release(home);
  bench.now += seconds{30};
  bench.release(elsewhere);
  bench.acquire(pool, 3, 0);
  EXPECT_EQ(bench.happened(), "give to 3 from 1");
  bench.acquire(pool, 4, 1);
  EXPECT_EQ(bench.happened(), "check on 0") << "where it lives";
  bench.checked(home);
  EXPECT_EQ(bench.happened(), "give to 4 from 0");
}

TEST(ProxyPoolCheck, WhereItIsDeadTheNextOneIsAskedAndThenOneMade) {
  Bench bench;
  const PoolId pool = with_idle(bench, 2, checked_pool(2));
  bench.now += seconds{30};
  const WaiterId first = bench.acquire(pool, 7);
  const ServerId one = bench.actions.checks.at(0).server;
  bench.gone(one);
  EXPECT_EQ(bench.happened(), "check on 0");
  const ServerId other = bench.actions.checks[0].server;
  EXPECT_NE(one, other);
  bench.gone(other);
  EXPECT_EQ(bench.happened(), "connect 0 on 0");
  const ServerId made = bench.actions.connects[0].server;
  bench.acquire(pool, 8);
  bench.connected(made);
  ASSERT_EQ(bench.happened(), "connect 0 on 0; give to 7") << "it came first and keeps its place";
  EXPECT_EQ(bench.actions.gives[0].waiter, first);
}

TEST(ProxyPoolCheck, ASilentOneGetsAllOthersAskedThenAConnectBesideThemAndIsClosed) {
  Bench bench;
  const PoolId pool = with_idle(bench, 3, checked_pool(4));
  bench.pass(seconds{30});
  bench.acquire(pool, 7);
  EXPECT_EQ(bench.happened(), "check on 0");
  const ServerId first = bench.actions.checks[0].server;
  EXPECT_EQ(bench.core.next_tick(), bench.now + seconds{1});
  bench.pass(seconds{1});
  EXPECT_EQ(bench.happened(), "check on 0; check on 0");
  EXPECT_EQ(bench.core.next_tick(), bench.now + seconds{1});
  bench.pass(seconds{1});
  EXPECT_EQ(bench.happened(), "connect 0 on 0") << "in case none of them answers";
  bench.connected(bench.actions.connects[0].server);
  EXPECT_EQ(bench.happened(), "give to 7");
  bench.pass(seconds{2});
  EXPECT_EQ(bench.happened(), "");
  EXPECT_EQ(bench.core.next_tick(), bench.now + seconds{1});
  bench.pass(seconds{1});
  EXPECT_EQ(bench.happened(), "close: no sign of life");
  EXPECT_EQ(bench.actions.closes[0].server, first);
  EXPECT_FALSE(bench.checked(first)) << "too late";
  bench.pass(seconds{1});
  EXPECT_EQ(bench.happened(), "close: no sign of life; close: no sign of life");
  EXPECT_EQ(closed(bench, pool, CloseReason::silent), 3U);
}

TEST(ProxyPoolCheck, AFullPoolOfSilentOnesHoldsAWaiterNoLongerThanTheTimeout) {
  Bench bench;
  const PoolId pool = with_idle(bench, 1, checked_pool(1));
  bench.now += seconds{30};
  const WaiterId waiter = bench.acquire(pool, 7);
  bench.pass(seconds{1});
  EXPECT_EQ(bench.happened(), "") << "there is no place beside it";
  bench.pass(seconds{4});
  EXPECT_EQ(bench.happened(), "close: no sign of life; connect 0 on 0");
  bench.connected(bench.actions.connects[0].server);
  ASSERT_EQ(bench.happened(), "give to 7");
  EXPECT_EQ(bench.actions.gives[0].waiter, waiter);
}

TEST(ProxyPoolCheck, AsManyAreAskedAsWaitAndMoreWaitersGetMoreConnections) {
  Bench bench;
  const PoolId pool = with_idle(bench, 2, checked_pool(3));
  bench.now += seconds{30};
  bench.acquire(pool, 7);
  EXPECT_EQ(bench.happened(), "check on 0");
  const ServerId one = bench.actions.checks[0].server;
  bench.acquire(pool, 8);
  EXPECT_EQ(bench.happened(), "check on 0");
  const ServerId two = bench.actions.checks[0].server;
  bench.acquire(pool, 9);
  EXPECT_EQ(bench.happened(), "connect 0 on 0");
  bench.checked(two);
  EXPECT_EQ(bench.happened(), "give to 7") << "whichever answers first";
  bench.checked(one);
  EXPECT_EQ(bench.happened(), "give to 8");
}

TEST(ProxyPoolCheck, WhatComesBackMeanwhileServesTheWaiter) {
  Bench bench;
  const PoolId pool = bench.add(checked_pool(2));
  const ServerId used = bench.take(pool, 1), idle = bench.take(pool, 2);
  bench.release(idle);
  bench.now += seconds{30};
  bench.acquire(pool, 3);
  EXPECT_EQ(bench.happened(), "check on 0");
  bench.release(used);
  EXPECT_EQ(bench.happened(), "give to 3");
  bench.checked(idle);
  EXPECT_EQ(bench.happened(), "") << "it is free again";
  EXPECT_EQ(bench.acquire(pool, 4), WaiterId{}) << "and known to live";
}

TEST(ProxyPoolCheck, AWaiterThatLeavesLeavesALiveConnection) {
  Bench bench;
  const PoolId pool = with_idle(bench, 1, checked_pool(1));
  bench.now += seconds{30};
  const WaiterId waiter = bench.acquire(pool, 7);
  const ServerId server = bench.actions.checks.at(0).server;
  EXPECT_TRUE(bench.core.cancel_wait(waiter, bench.now));
  bench.checked(server);
  EXPECT_EQ(bench.happened(), "");
  EXPECT_EQ(bench.core.counters(pool).idle, 1U);
  EXPECT_EQ(bench.core.counters(pool).checking, 0U);
}

TEST(ProxyPoolCheck, PauseReconnectAndDrainCloseWhatIsBeingChecked) {
  Bench bench;
  const PoolId pool = with_idle(bench, 1, checked_pool(1));
  bench.now += seconds{30};
  bench.acquire(pool, 7);
  bench.actions.clear();
  bench.core.reconnect(pool, bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "close: reconnect requested; connect 0 on 0");
  bench.connected(bench.actions.connects[0].server);
  bench.release(bench.actions.gives.at(0).server);

  bench.now += seconds{30};
  bench.acquire(pool, 8);
  bench.actions.clear();
  bench.core.pause(pool, bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "close: pool paused; paused 0");
  bench.actions.clear();
  bench.core.resume(pool, bench.now, bench.actions);
  bench.connected(bench.actions.connects.at(0).server);
  bench.release(bench.actions.gives.at(0).server);

  bench.now += seconds{30};
  bench.acquire(pool, 9);
  bench.actions.clear();
  bench.core.drain(bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "close: shutting down; fail 9: shutting down");
  EXPECT_EQ(bench.core.server_count(), 0U);
}

TEST(ProxyPoolCheck, WhatIsBeingCheckedIsNotEvicted) {
  Bench bench;
  Actions none;
  bench.core.set_global_limit(1, bench.now, none);
  const PoolId pool = with_idle(bench, 1, checked_pool(1)), other = bench.add(1, 1, 1);
  bench.now += seconds{30};
  bench.acquire(pool, 7);
  const ServerId server = bench.actions.checks.at(0).server;
  bench.acquire(other, 8);
  EXPECT_EQ(bench.happened(), "") << "whoever asked first has it first";
  bench.checked(server);
  EXPECT_EQ(bench.happened(), "give to 7");
  bench.release(server);
  EXPECT_EQ(bench.happened(), "close: evicted for another pool; connect 1 on 0");
}

TEST(ProxyPoolCheck, AReleaseOfWhatIsBeingCheckedIsIgnoredAndItsEndIsNot) {
  Bench bench;
  const PoolId pool = with_idle(bench, 1, checked_pool(1));
  bench.now += seconds{30};
  bench.acquire(pool, 7);
  const ServerId server = bench.actions.checks.at(0).server;
  EXPECT_FALSE(bench.release(server));
  bench.actions.clear();
  EXPECT_TRUE(bench.core.close_when_released(server, bench.now, bench.actions));
  EXPECT_EQ(bench.happened(), "close: not to be used again; connect 0 on 0");
}

}  // namespace
}  // namespace lockkeeper::proxy::pool
