// The proxy's pools together and under command: shared limits, settings, pauses, places, views.
#include <gtest/gtest.h>

#include <vector>

#include "proxy/pool_bench.hpp"

namespace lockkeeper::proxy::pool {
namespace {

// --- shared limits ---

TEST(ProxyPool, ALimitHoldsOverPools) {
  Bench bench;
  const PoolId one = bench.add(5, 0, 0);
  const PoolId other = bench.add(5, 0, 1);
  bench.core.set_database_limit(DatabaseId(0), 2, bench.now, bench.actions);
  const ServerId first = bench.take(one, 1);
  const ServerId second = bench.take(one, 2);
  bench.acquire(other, 3);
  EXPECT_EQ(bench.happened(), "");
  EXPECT_EQ(bench.core.server_count(DatabaseId(0)), 2U);
  bench.release(second);
  EXPECT_EQ(bench.happened(), "close: evicted for another pool; connect 1 on 0");
  bench.connected(bench.actions.connects[0].server);
  EXPECT_EQ(bench.happened(), "give to 3");
  bench.acquire(other, 4);
  bench.gone(first);
  EXPECT_EQ(bench.happened(), "connect 1 on 0");
}

TEST(ProxyPool, EvictsTheOneIdleLongestUnderTheLimit) {
  Bench bench;
  const PoolId a = bench.add(5, 0, 0);
  const PoolId b = bench.add(5, 1, 0);
  const PoolId c = bench.add(5, 1, 1);
  bench.core.set_global_limit(3, bench.now, bench.actions);
  const ServerId in_a = bench.take(a, 1);
  const ServerId in_b = bench.take(b, 2);
  const ServerId in_c = bench.take(c, 3);
  for (const ServerId server : {in_b, in_a, in_c}) {
    bench.now += seconds{1};
    bench.release(server);
  }
  const PoolId d = bench.add(5, 2, 2);
  bench.acquire(d, 4);
  EXPECT_EQ(bench.happened(), "close: evicted for another pool; connect 3 on 0");
  EXPECT_EQ(bench.actions.closes[0].server, in_b);
  bench.core.set_user_limit(UserId(1), 1, bench.now, bench.actions);
  const PoolId e = bench.add(5, 3, 1);
  bench.acquire(e, 5);
  ASSERT_EQ(bench.actions.closes.size(), 1U) << "one closed for the user counts for all";
  EXPECT_EQ(bench.actions.closes[0].server, in_c) << "though that of a is idle for longer";
}

TEST(ProxyPool, AReturnGoesToTheOtherPoolIfItWaitsLongerAndHasNothing) {
  Bench bench;
  const PoolId one = bench.add(5, 0, 0);
  const PoolId other = bench.add(5, 0, 1);
  bench.core.set_global_limit(1, bench.now, bench.actions);
  const ServerId server = bench.take(one, 1);
  bench.acquire(other, 2);
  bench.now += milliseconds{1};
  bench.acquire(one, 3);
  bench.release(server);
  EXPECT_EQ(bench.happened(), "close: evicted for another pool; connect 1 on 0");
  const ServerId next = bench.actions.connects[0].server;
  bench.connected(next);
  EXPECT_EQ(bench.happened(), "give to 2");
  bench.release(next);
  EXPECT_EQ(bench.happened(), "close: evicted for another pool; connect 0 on 0");
}

TEST(ProxyPool, APlaceThatMovesMustBeWorthItsConnect) {
  Bench bench;
  const PoolId one = bench.add(5, 0, 0);
  const PoolId other = bench.add(5, 0, 1);
  bench.core.set_global_limit(2, bench.now, bench.actions);
  const ServerId of_one = bench.take(one, 1);
  bench.acquire(other, 2);
  bench.now += milliseconds{50};  // What a connect takes in the other pool.
  bench.connected(bench.actions.connects.at(0).server);
  bench.acquire(other, 3);
  bench.now += milliseconds{150};
  bench.acquire(one, 4);
  bench.acquire(one, 5);
  bench.release(of_one);
  EXPECT_EQ(bench.happened(), "give to 4") << "3 waits longer, but its pool has a connection that may come back";
  bench.now += milliseconds{1};
  bench.acquire(one, 6);
  bench.release(of_one);
  EXPECT_EQ(bench.happened(), "give to 5");
  bench.release(of_one);
  EXPECT_EQ(bench.happened(), "close: evicted for another pool; connect 1 on 0");
}

TEST(ProxyPool, AMinimumIsFilledWhenALimitLetsIt) {
  Bench bench;
  const PoolId one = bench.add(5, 0, 0);
  bench.core.set_global_limit(1, bench.now, bench.actions);
  const ServerId server = bench.take(one, 1);
  PoolSettings settings;
  settings.min_size = 1;
  bench.add(settings, 1, 1);
  bench.tick();
  EXPECT_EQ(bench.happened(), "");
  bench.gone(server);
  EXPECT_LE(bench.core.next_tick(), bench.now);
  bench.tick();
  EXPECT_EQ(bench.happened(), "connect 1 on 0");
  EXPECT_GT(bench.core.next_tick(), bench.now);
}

// --- settings and control ---

TEST(ProxyPool, ASmallerPoolClosesItsSurplus) {
  Bench bench;
  const PoolId pool = bench.add(3);
  const ServerId idle = bench.take(pool, 1);
  const ServerId first = bench.take(pool, 2);
  const ServerId second = bench.take(pool, 3);
  bench.release(idle);
  PoolSettings settings = bench.core.settings(pool);
  settings.size = 1;
  bench.core.set_settings(pool, settings, bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "close: more than the settings allow");
  bench.acquire(pool, 4);
  bench.release(first);
  EXPECT_EQ(bench.happened(), "close: more than the settings allow") << "though somebody waits";
  bench.release(second);
  EXPECT_EQ(bench.happened(), "give to 4");
}

TEST(ProxyPool, ALargerPoolConnectsAtOnce) {
  Bench bench;
  const PoolId pool = bench.add(1);
  bench.take(pool, 1);
  bench.acquire(pool, 2);
  PoolSettings settings = bench.core.settings(pool);
  settings.size = 2;
  bench.core.set_settings(pool, settings, bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "connect 0 on 0");
}

TEST(ProxyPool, ALowerLimitClosesItsSurplus) {
  Bench bench;
  const PoolId pool = bench.add(3);
  const ServerId idle = bench.take(pool, 1);
  const ServerId used = bench.take(pool, 2);
  const ServerId other = bench.take(pool, 3);
  bench.release(idle);
  bench.core.set_user_limit(UserId(0), 1, bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "close: more than the settings allow");
  bench.release(used);
  EXPECT_EQ(bench.happened(), "close: more than the settings allow");
  bench.release(other);
  EXPECT_EQ(bench.happened(), "");
}

TEST(ProxyPool, PauseWaitsUntilNothingIsLeft) {
  Bench bench;
  const PoolId pool = bench.add(3);
  const ServerId idle = bench.take(pool, 1);
  const ServerId used = bench.take(pool, 2);
  bench.release(idle);
  bench.core.pause(pool, bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "close: pool paused");
  bench.acquire(pool, 3, 0, seconds{1});
  bench.acquire(pool, 4, 0, seconds{9});
  EXPECT_EQ(bench.happened(), "");
  bench.release(used);
  EXPECT_EQ(bench.happened(), "close: pool paused; paused 0");
  bench.pass(seconds{1});
  EXPECT_EQ(bench.happened(), "fail 3: pool paused");
  bench.actions.clear();
  bench.core.resume(pool, bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "connect 0 on 0");
}

TEST(ProxyPool, PauseOfAllHoldsForPoolsToCome) {
  Bench bench;
  bench.add(1, 0);
  bench.core.pause_all(bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "paused 0");
  const PoolId late = bench.add(1, 1);
  bench.acquire(late, 1);
  EXPECT_EQ(bench.happened(), "");
  bench.core.resume_all(bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "connect 1 on 0");
}

TEST(ProxyPool, ReconnectClosesEverythingThatWasThere) {
  Bench bench;
  const PoolId pool = bench.add(3);
  const ServerId idle = bench.take(pool, 1);
  const ServerId used = bench.take(pool, 2);
  bench.acquire(pool, 3);
  const ServerId under_way = bench.actions.connects.at(0).server;
  bench.release(idle);  // Given to 3.
  bench.release(idle);
  bench.actions.clear();
  bench.core.reconnect(pool, bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "close: reconnect requested");
  bench.connected(under_way);
  EXPECT_EQ(bench.happened(), "close: reconnect requested");
  bench.release(used);
  EXPECT_EQ(bench.happened(), "close: reconnect requested");
  bench.release(bench.take(pool, 4));
  EXPECT_EQ(bench.happened(), "");
}

TEST(ProxyPool, DrainsForGood) {
  Bench bench;
  PoolSettings settings;
  settings.size = 1;
  settings.min_size = 1;
  const PoolId pool = bench.add(settings);
  const ServerId used = bench.take(pool, 1);
  bench.acquire(pool, 2);
  bench.core.drain(bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "fail 2: shutting down");
  bench.acquire(pool, 3);
  EXPECT_EQ(bench.happened(), "fail 3: shutting down");
  bench.release(used);
  EXPECT_EQ(bench.happened(), "close: shutting down");
  bench.tick();
  EXPECT_EQ(bench.happened(), "");
  EXPECT_EQ(bench.core.server_count(), 0U);
}

TEST(ProxyPool, APoolGoesWhenItIsEmpty) {
  Bench bench;
  const PoolId pool = bench.add(1);
  const ServerId server = bench.take(pool, 1);
  EXPECT_FALSE(bench.core.remove_pool(pool));
  bench.gone(server);
  EXPECT_TRUE(bench.core.remove_pool(pool));
  EXPECT_EQ(bench.add(1), pool);
  EXPECT_FALSE(bench.release(server)) << "what is gone stays gone";
}

// --- pass-through ---

TEST(ProxyPool, PassThroughGivesPlacesUnderTheLimits) {
  Bench bench;
  PoolSettings settings;
  settings.size = 2;
  settings.pass_through = true;
  const PoolId pool = bench.add(settings);
  EXPECT_EQ(bench.acquire(pool, 1, 1), WaiterId{});
  EXPECT_EQ(bench.happened(), "give to 1 fresh");
  const ServerId first = bench.actions.gives[0].server;
  bench.acquire(pool, 2);
  const ServerId second = bench.actions.gives.at(0).server;
  bench.acquire(pool, 3);
  EXPECT_EQ(bench.happened(), "");
  EXPECT_TRUE(bench.connected(first));
  EXPECT_EQ(bench.core.counters(pool).created, 1U);
  EXPECT_TRUE(bench.connect_failed(second));
  EXPECT_EQ(bench.happened(), "give to 3 fresh") << "a wrong password of one says nothing about the next";
  bench.release(first);
  EXPECT_EQ(bench.happened(), "close: not to be used again");
}

// --- what is ---

TEST(ProxyPool, TellsWhoHoldsAndWhoWaits) {
  Bench bench;
  const PoolId pool = bench.add(2);
  const ServerId first = bench.take(pool, 11);
  bench.now += seconds{1};
  const ServerId second = bench.take(pool, 12);
  const TimePoint asked = bench.now;
  bench.acquire(pool, 13, 1);
  bench.acquire(pool, 14);

  std::vector<ServerView> servers;
  bench.core.list_servers(pool, servers);
  ASSERT_EQ(servers.size(), 2U);
  EXPECT_EQ(servers[0].server, first);
  EXPECT_EQ(servers[0].client, ClientId(11));
  EXPECT_EQ(servers[0].since, asked - seconds{1});
  EXPECT_EQ(servers[1].server, second);

  std::vector<WaiterView> waiters;
  bench.core.list_waiters(pool, waiters);
  ASSERT_EQ(waiters.size(), 2U);
  EXPECT_EQ(waiters[0].client, ClientId(13));
  EXPECT_EQ(waiters[0].worker, WorkerId(1));
  EXPECT_EQ(waiters[1].client, ClientId(14));

  const PoolCounters counters = bench.core.counters(pool);
  EXPECT_EQ(counters.waiting, 2U);
  EXPECT_EQ(counters.in_use, 2U);
  EXPECT_EQ(counters.oldest_waiter_since, asked);
}

TEST(ProxyPool, CountsHowLongEachServerWasHeldOnce) {
  Bench bench;
  const PoolId pool = bench.add(2);
  const ServerId first = bench.take(pool, 1);
  const ServerId second = bench.take(pool, 2);
  bench.acquire(pool, 3);
  bench.now += seconds{1};
  bench.release(first);  // to the one who waits
  EXPECT_EQ(bench.core.counters(pool).uses.count, 1U);
  EXPECT_EQ(bench.core.counters(pool).uses.sum, seconds{1});
  bench.now += seconds{2};
  bench.release(first);  // idle
  EXPECT_EQ(bench.core.counters(pool).uses.sum, seconds{3});
  bench.gone(second);  // while it is held
  EXPECT_EQ(bench.core.counters(pool).uses.count, 3U);
  EXPECT_EQ(bench.core.counters(pool).uses.sum, seconds{6});
  bench.gone(first);  // while it is idle
  bench.release(second);
  EXPECT_EQ(bench.core.counters(pool).uses.count, 3U);
}

TEST(ProxyPool, CountsWaitsInPowersOfTwo) {
  WaitTimes waits;
  waits.add(Duration::zero());
  waits.add(std::chrono::microseconds{1});
  waits.add(std::chrono::microseconds{1023});
  waits.add(std::chrono::microseconds{1024});
  waits.add(std::chrono::hours{5});
  EXPECT_EQ(waits.buckets[0], 1U);
  EXPECT_EQ(waits.buckets[1], 1U);
  EXPECT_EQ(waits.buckets[10], 1U);
  EXPECT_EQ(waits.buckets[11], 1U);
  EXPECT_EQ(waits.buckets[31], 1U);
  EXPECT_EQ(waits.count, 5U);
  EXPECT_EQ(waits.longest, std::chrono::hours{5});
}

}  // namespace
}  // namespace lockkeeper::proxy::pool
