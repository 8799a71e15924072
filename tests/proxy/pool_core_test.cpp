// The proxy's pool, one behaviour a case.
#include "proxy/pool/core.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "proxy/pool_bench.hpp"

namespace lockkeeper::proxy::pool {
namespace {

TEST(ProxyPool, ConnectsGivesAndTakesBack) {
  Bench bench;
  const PoolId pool = bench.add(2);
  const WaiterId waiter = bench.acquire(pool, 7);
  EXPECT_NE(waiter, WaiterId{});
  EXPECT_EQ(bench.happened(), "connect 0 on 0");
  const ServerId server = bench.actions.connects[0].server;

  bench.now += milliseconds{20};
  EXPECT_TRUE(bench.connected(server));
  EXPECT_EQ(bench.happened(), "give to 7");
  EXPECT_EQ(bench.actions.gives[0].waiter, waiter);
  EXPECT_EQ(bench.actions.gives[0].waited, milliseconds{20});
  EXPECT_EQ(bench.core.server(server)->client, ClientId(7));

  EXPECT_TRUE(bench.release(server));
  EXPECT_EQ(bench.happened(), "");
  EXPECT_FALSE(bench.release(server)) << "it is not in use any more";
  EXPECT_EQ(bench.acquire(pool, 8), WaiterId{});
  EXPECT_EQ(bench.actions.gives[0].server, server);
}

TEST(ProxyPool, PrefersTheLastUsedAtHomeThenTheLastUsedElsewhere) {
  Bench bench(3);
  const PoolId pool = bench.add(4);
  const ServerId first = bench.take(pool, 1, 0);
  const ServerId second = bench.take(pool, 2, 0);
  const ServerId third = bench.take(pool, 3, 1);
  for (const ServerId server : {second, first, third}) bench.release(server);

  bench.acquire(pool, 4, 0);
  EXPECT_EQ(bench.actions.gives[0].server, first) << "at home, and more recently used than the second";
  EXPECT_EQ(bench.happened(), "give to 4");
  bench.acquire(pool, 5, 2);
  EXPECT_EQ(bench.actions.gives[0].server, third);
  EXPECT_EQ(bench.happened(), "give to 5 from 1");
  bench.release(third);
  bench.acquire(pool, 6, 2);
  EXPECT_EQ(bench.happened(), "give to 6") << "its home has moved";
  EXPECT_EQ(bench.core.counters(pool).migrations, 1U);
}

TEST(ProxyPool, ServesWaitersInOrderAndWhoeverComesFreeFirst) {
  Bench bench;
  const PoolId pool = bench.add(2);
  const ServerId server = bench.take(pool, 1);
  bench.acquire(pool, 2);
  const ServerId under_way = bench.actions.connects.at(0).server;
  bench.acquire(pool, 3);
  EXPECT_EQ(bench.happened(), "") << "one connect at a time";
  bench.release(server);
  EXPECT_EQ(bench.happened(), "give to 2") << "though a connection is being made since it asked";
  bench.connected(under_way);
  EXPECT_EQ(bench.happened(), "give to 3");
}

TEST(ProxyPool, ANewConnectionNobodyWaitsForIsIdle) {
  Bench bench;
  const PoolId pool = bench.add(2);
  const WaiterId waiter = bench.acquire(pool, 1);
  const ServerId server = bench.actions.connects[0].server;
  EXPECT_TRUE(bench.core.cancel_wait(waiter, bench.now));
  EXPECT_FALSE(bench.core.cancel_wait(waiter, bench.now));
  bench.connected(server);
  EXPECT_EQ(bench.happened(), "");
  EXPECT_EQ(bench.core.counters(pool).idle, 1U);
  EXPECT_EQ(bench.core.counters(pool).cancelled, 1U);
}

TEST(ProxyPool, AServedWaiterCannotBeCancelled) {
  Bench bench;
  const PoolId pool = bench.add(1);
  const WaiterId waiter = bench.acquire(pool, 1);
  bench.connected(bench.actions.connects[0].server);
  EXPECT_FALSE(bench.core.cancel_wait(waiter, bench.now));
}

TEST(ProxyPool, WhoWasGivenADeadServerGoesFirst) {
  Bench bench;
  const PoolId pool = bench.add(1);
  const ServerId server = bench.take(pool, 1);
  bench.acquire(pool, 2);
  bench.gone(server);
  EXPECT_EQ(bench.happened(), "connect 0 on 0");
  const ServerId next = bench.actions.connects[0].server;
  const WaiterId again =
      bench.core.acquire({.pool = pool, .client = ClientId(1), .again = true}, bench.now, bench.actions);
  bench.connected(next);
  ASSERT_EQ(bench.actions.gives.size(), 1U);
  EXPECT_EQ(bench.actions.gives[0].waiter, again);
}

TEST(ProxyPool, DeadlinesAreAbsolute) {
  Bench bench;
  const PoolId pool = bench.add(1);
  bench.take(pool, 1);
  bench.acquire(pool, 2, 0, milliseconds{300});
  bench.acquire(pool, 3, 0, milliseconds{100});  // Behind in the queue, ahead in time.
  EXPECT_EQ(bench.core.next_tick(), bench.now + milliseconds{100});
  bench.pass(milliseconds{100});
  EXPECT_EQ(bench.happened(), "fail 3: queue timeout");
  EXPECT_EQ(bench.actions.fails[0].waited, milliseconds{100});
  EXPECT_EQ(bench.core.next_tick(), bench.now + milliseconds{200});
  bench.pass(milliseconds{200});
  EXPECT_EQ(bench.happened(), "fail 2: queue timeout");
  EXPECT_EQ(bench.core.counters(pool).timeouts, 2U);
}

TEST(ProxyPool, TheQueueIsBounded) {
  Bench bench;
  PoolSettings settings;
  settings.size = 1;
  settings.max_waiters = 1;
  const PoolId pool = bench.add(settings);
  bench.acquire(pool, 1);
  EXPECT_EQ(bench.acquire(pool, 2), WaiterId{});
  EXPECT_EQ(bench.happened(), "fail 2: queue full");
}

// --- connecting ---

TEST(ProxyPool, WaitersFailAtOnceWhenThereIsNoServerAtAll) {
  Bench bench;
  const PoolId pool = bench.add(2);
  bench.acquire(pool, 1);
  const ServerId server = bench.actions.connects[0].server;
  bench.acquire(pool, 2);
  EXPECT_TRUE(bench.connect_failed(server));
  EXPECT_EQ(bench.happened(), "fail 1: connect failed; fail 2: connect failed");
  EXPECT_EQ(bench.actions.fails[0].failure->message, "too many clients");

  bench.acquire(pool, 3);
  EXPECT_EQ(bench.happened(), "fail 3: connect failed") << "within the pause";
  EXPECT_EQ(bench.actions.fails[0].failure->sqlstate, "53300");
  bench.pass(seconds{15});
  EXPECT_EQ(bench.happened(), "") << "nobody asks";
  bench.acquire(pool, 4);
  EXPECT_EQ(bench.happened(), "connect 0 on 0");
}

TEST(ProxyPool, WaitersStayWhileThereIsAServer) {
  Bench bench;
  const PoolId pool = bench.add(2);
  const ServerId server = bench.take(pool, 1);
  bench.acquire(pool, 2);
  const ServerId failing = bench.actions.connects.at(0).server;
  bench.connect_failed(failing);
  EXPECT_EQ(bench.happened(), "");
  bench.tick();  // An event may leave an earlier time than is needed, a tick does not.
  EXPECT_EQ(bench.core.next_tick(), bench.now + seconds{15});
  bench.pass(seconds{14});
  EXPECT_EQ(bench.happened(), "");
  bench.pass(seconds{1});
  EXPECT_EQ(bench.happened(), "connect 0 on 0") << "tried again after the pause";
  bench.connect_failed(bench.actions.connects[0].server);
  bench.gone(server);
  EXPECT_EQ(bench.happened(), "fail 2: connect failed") << "the last server is gone, and no connecting for a while";
}

TEST(ProxyPool, WithoutAPauseAFailureStillFailsItsWaiters) {
  Bench bench;
  PoolSettings settings;
  settings.server_login_retry = Duration::zero();
  const PoolId pool = bench.add(settings);
  bench.acquire(pool, 1);
  bench.connect_failed(bench.actions.connects.at(0).server);
  EXPECT_EQ(bench.happened(), "fail 1: connect failed") << "and not another attempt, and another";
  bench.acquire(pool, 2);
  EXPECT_EQ(bench.happened(), "connect 0 on 0");
}

TEST(ProxyPool, ASlowConnectGetsCompany) {
  Bench bench;
  const PoolId pool = bench.add(5);
  bench.acquire(pool, 1, 0);
  bench.acquire(pool, 2, 1);
  bench.pass(milliseconds{999});
  EXPECT_EQ(bench.happened(), "");
  bench.pass(milliseconds{1});
  EXPECT_EQ(bench.happened(), "connect 0 on 1") << "where the second waiter is";
}

TEST(ProxyPool, ConnectsInProgressGrowWhileNothingIsReturned) {
  Bench bench;
  const PoolId pool = bench.add(20);
  for (std::uint64_t client = 0; client < 20; ++client) bench.acquire(pool, client);
  std::vector<ServerId> under_way{ServerId{}};
  std::vector<std::size_t> rounds;
  std::vector<ServerView> servers;
  while (bench.core.waiter_count() > 0) {
    bench.now += milliseconds{100};
    servers.clear();
    bench.core.list_servers(pool, servers);
    std::erase_if(servers, [](const ServerView& server) { return server.state != ServerState::connecting; });
    rounds.push_back(servers.size());
    for (const ServerView& server : servers) bench.connected(server.server);
  }
  EXPECT_EQ(rounds, (std::vector<std::size_t>{1, 2, 4, 8, 5}));
}

TEST(ProxyPool, KeepsTheMinimum) {
  Bench bench;
  PoolSettings settings;
  settings.size = 10;
  settings.min_size = 5;
  const PoolId pool = bench.add(settings);
  EXPECT_LE(bench.core.next_tick(), bench.now);
  bench.tick();
  EXPECT_EQ(bench.happened(), "connect 0 on 0; connect 0 on 1; connect 0 on 0; connect 0 on 1");
  const std::vector<Connect> connects = bench.actions.connects;
  bench.connected(connects[0].server);
  EXPECT_EQ(bench.happened(), "connect 0 on 0");
  bench.connect_failed(connects[1].server);
  bench.gone(connects[0].server);
  EXPECT_EQ(bench.happened(), "") << "it pauses";
  EXPECT_LE(bench.core.next_tick(), bench.now + seconds{15});
  bench.now += seconds{15};
  bench.tick();
  EXPECT_EQ(bench.happened(), "connect 0 on 1") << "four at once, three are under way";
  EXPECT_EQ(bench.core.counters(pool).connecting, 4U);
}

// --- ageing ---

TEST(ProxyPool, ClosesTheIdleDownToTheMinimum) {
  Bench bench;
  PoolSettings settings;
  settings.min_size = 1;
  settings.server_idle_timeout = seconds{10};
  const PoolId pool = bench.add(settings);
  const ServerId first = bench.take(pool, 1);
  const ServerId second = bench.take(pool, 2);
  bench.release(first);
  bench.now += seconds{1};
  bench.release(second);
  bench.tick();
  EXPECT_EQ(bench.core.next_tick(), bench.now + seconds{9});
  bench.pass(seconds{9});
  EXPECT_EQ(bench.happened(), "close: server idle timeout");
  EXPECT_EQ(bench.actions.closes[0].server, first);
  bench.pass(seconds{100});
  EXPECT_EQ(bench.happened(), "");
}

TEST(ProxyPool, ClosesTheOldWhenNobodyUsesThem) {
  Bench bench;
  PoolSettings settings;
  settings.server_lifetime = seconds{100};
  settings.server_idle_timeout = Duration::zero();
  const PoolId pool = bench.add(settings);
  const ServerId idle = bench.take(pool, 1);
  const ServerId used = bench.take(pool, 2);
  bench.release(idle);
  bench.tick();
  EXPECT_GE(bench.core.next_tick(), bench.now + seconds{90});
  EXPECT_LE(bench.core.next_tick(), bench.now + seconds{100});
  bench.pass(seconds{100});
  EXPECT_EQ(bench.happened(), "close: server lifetime over");
  EXPECT_EQ(bench.actions.closes[0].server, idle);
  bench.release(used);
  EXPECT_EQ(bench.happened(), "close: server lifetime over");
  EXPECT_EQ(bench.core.server_count(), 0U);
}

TEST(ProxyPool, LivesDoNotEndTogether) {
  Bench bench;
  PoolSettings settings;
  settings.size = 20;
  settings.server_lifetime = seconds{1000};
  settings.server_idle_timeout = Duration::zero();
  const PoolId pool = bench.add(settings);
  std::vector<ServerId> servers;
  for (std::uint64_t client = 0; client < 20; ++client) servers.push_back(bench.take(pool, client));
  for (const ServerId server : servers) bench.release(server);
  bench.tick();
  std::size_t rounds = 0;
  const TimePoint start = bench.now;
  while (bench.core.server_count() > 0) {
    bench.now = bench.core.next_tick();
    EXPECT_GE(bench.now, start + seconds{900});
    ASSERT_LE(bench.now, start + seconds{1000});
    bench.tick();
    ++rounds;
  }
  EXPECT_GT(rounds, 15U);
}

TEST(ProxyPool, ClosesOnReleaseWhatItWasTold) {
  Bench bench;
  const PoolId pool = bench.add(2);
  const ServerId server = bench.take(pool, 1);
  bench.actions.clear();
  EXPECT_TRUE(bench.core.close_when_released(server, bench.now, bench.actions));
  EXPECT_EQ(bench.happened(), "");
  EXPECT_TRUE(bench.core.server(server)->closes_on_release);
  bench.acquire(pool, 2);
  const ServerId next = bench.actions.connects.at(0).server;
  bench.release(server);
  EXPECT_EQ(bench.happened(), "close: not to be used again");
  bench.connected(next);
  bench.release(next);
  bench.core.close_when_released(next, bench.now, bench.actions);
  EXPECT_EQ(bench.happened(), "close: not to be used again") << "idle: at once";
  EXPECT_FALSE(bench.core.close_when_released(next, bench.now, bench.actions));
}

}  // namespace
}  // namespace lockkeeper::proxy::pool
