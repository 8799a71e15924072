// The pool over time: what a spike costs, who waits how long, and that nobody is forgotten whatever goes wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "proxy/pool_simulation.hpp"

namespace lockkeeper::proxy::pool {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

PoolSettings of_size(std::uint32_t size) {
  PoolSettings settings;
  settings.size = size;
  return settings;
}

Duration mean_wait(const PoolCounters& counters) {
  return counters.waits.sum / static_cast<std::int64_t>(std::max<std::uint64_t>(counters.given, 1));
}

double ratio(Duration over, Duration under) {
  return static_cast<double>(over.count()) / static_cast<double>(std::max<Duration::rep>(under.count(), 1));
}

std::string figures_of(const PoolCounters& all, Duration worst) {
  const auto text = [](Duration time) { return std::to_string(time / microseconds{1}) + " us"; };
  return "mean wait " + text(mean_wait(all)) + ", of the worst pool " + text(worst) + ", longest " +
         text(all.waits.longest) + ", " + std::to_string(all.connects) + " connects for " + std::to_string(all.given);
}

TEST(ProxyPoolSimulation, ASpikeOfShortTransactionsCreatesAHandful) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Simulation run(4, seed, {.connect = milliseconds{150}});
    const PoolId pool = run.core.add_pool(DatabaseId(0), UserId(0), of_size(50), run.now);
    run.add({.pool = pool, .clients = 50, .think = {}, .hold = milliseconds{2}, .rounds = 1});
    run.run(seconds{10});
    EXPECT_EQ(run.given, 50U);
    EXPECT_LE(run.core.counters(pool).connects, 6U) << "seed " << seed;
    EXPECT_LE(run.longest_wait, milliseconds{400}) << "seed " << seed;
  }
}

TEST(ProxyPoolSimulation, ASpikeOfLongTransactionsConnectsInFewRounds) {
  Simulation run(4, 1, {.connect = milliseconds{150}});
  const PoolId pool = run.core.add_pool(DatabaseId(0), UserId(0), of_size(50), run.now);
  run.add({.pool = pool, .clients = 50, .think = {}, .hold = seconds{60}, .rounds = 1});
  run.run(seconds{20});
  EXPECT_EQ(run.core.counters(pool).in_use, 50U);
  EXPECT_LE(run.longest_wait, milliseconds{1800});
}

TEST(ProxyPoolSimulation, InOnePoolNobodyWaitsMuchLongerThanTheOthers) {
  Simulation run(4, 1, {});
  const PoolId pool = run.core.add_pool(DatabaseId(0), UserId(0), of_size(10), run.now);
  run.add({.pool = pool, .clients = 100, .think = microseconds{500}, .hold = milliseconds{2}, .rounds = 200});
  run.run(seconds{600});
  const PoolCounters counters = run.core.counters(pool);
  EXPECT_EQ(counters.given, 20'000U);
  EXPECT_LE(ratio(counters.waits.longest, mean_wait(counters)),
            3.0);  // Those of the start, when there are no connections, included.
  EXPECT_EQ(counters.connects, 10U);
}

// Four pools of very different demand under one limit of eight: nobody's pool waits much longer than all do on average,
// and the places that move between pools are few beside the transactions.
TEST(ProxyPoolSimulation, UnderASharedLimitNoPoolIsTheLoser) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Simulation run(4, seed, {.connect = milliseconds{10}});
    Actions none;
    run.core.set_global_limit(8, run.now, none);
    std::vector<PoolId> pools;
    for (const std::uint32_t clients : {2U, 10U, 20U, 60U}) {
      const auto at = static_cast<std::uint32_t>(pools.size());
      pools.push_back(run.core.add_pool(DatabaseId(at), UserId(at), of_size(8), run.now));
      run.add({.pool = pools.back(),
               .clients = clients,
               .think = microseconds{500},
               .hold = milliseconds{2},
               .rounds = 1'000'000});
    }
    run.run(seconds{20});
    EXPECT_LE(run.at_once, 8U);
    Duration worst{};
    PoolCounters all;
    for (const PoolId pool : pools) {
      const PoolCounters counters = run.core.counters(pool);
      worst = std::max(worst, mean_wait(counters));
      all.waits.sum += counters.waits.sum;
      all.waits.longest = std::max(all.waits.longest, counters.waits.longest);
      all.given += counters.given;
      all.connects += counters.connects;
    }
    const std::string figures = figures_of(all, worst) + ", seed " + std::to_string(seed);
    EXPECT_LE(ratio(worst, mean_wait(all)), 2.0) << figures;
    EXPECT_LE(ratio(all.waits.longest, mean_wait(all)), 5.0) << figures;
    EXPECT_GE(all.given, 76'000U) << figures;  // Eight places that never move: 80,000.
  }
}

// Ten clients with long breaks; half of the connections that were idle fall silent, a tenth is dead. Nobody gets an
// error, and nobody waits for as long as a silent connection is waited for.
TEST(ProxyPoolSimulation, SilentConnectionsFailNobody) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Simulation run(4, seed, {.silent = 500, .dead = 100});
    const PoolId pool = run.core.add_pool(DatabaseId(0), UserId(0), of_size(10), run.now);
    run.add({.pool = pool, .clients = 10, .think = seconds{600}, .hold = milliseconds{2}, .rounds = 50});
    run.run(std::chrono::hours{100});
    const PoolCounters counters = run.core.counters(pool);
    EXPECT_EQ(run.given, 500U);
    EXPECT_TRUE(run.failed.empty());
    EXPECT_GE(counters.checks, 100U);
    EXPECT_GE(counters.closed[static_cast<std::size_t>(CloseReason::silent)], 50U);
    EXPECT_LE(run.longest_wait, milliseconds{2100}) << "seed " << seed;
  }
}

// Everything that may go wrong, at once: every request is answered by its deadline, and the counts come out even.
class Adversity : public testing::Test {
 protected:
  void play(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    World world;
    world.connect = milliseconds{1 + random() % 200};
    world.connect_failures = static_cast<std::uint32_t>(random() % 400);
    world.deaths = static_cast<std::uint32_t>(random() % 100);
    world.answer = milliseconds{random() % 20};
    world.silent = static_cast<std::uint32_t>(random() % 200);
    world.dead = static_cast<std::uint32_t>(random() % 200);
    world.impatient = static_cast<std::uint32_t>(random() % 300);
    world.queue_timeout = milliseconds{50 + random() % 2000};
    Simulation run(1 + static_cast<std::uint32_t>(random() % 4), seed, world);
    Actions none;
    run.core.set_global_limit(static_cast<std::uint32_t>(random() % 12), run.now, none);
    for (std::uint32_t at = 0; at < 4; ++at) {
      PoolSettings settings = of_size(1 + static_cast<std::uint32_t>(random() % 8));
      settings.min_size = static_cast<std::uint32_t>(random() % 3);
      settings.server_lifetime = milliseconds{200 + random() % 1000};
      settings.server_idle_timeout = milliseconds{50 + random() % 500};
      settings.server_login_retry = milliseconds{random() % 300};
      settings.server_check_after = milliseconds{random() % 30};
      settings.check_timeout = milliseconds{10 + random() % 2000};
      const PoolId pool = run.core.add_pool(DatabaseId(at / 2), UserId(at % 2), settings, run.now);
      run.add({.pool = pool,
               .clients = 1 + static_cast<std::uint32_t>(random() % 20),
               .think = milliseconds{random() % 20},
               .hold = milliseconds{random() % 20},
               .rounds = 20});
    }
    run.run(std::chrono::hours{1});
    finish(run, world);
  }

 private:
  static void finish(Simulation& run, const World& world) {
    std::uint64_t answered = run.given + run.given_up;
    for (const auto& [why, count] : run.failed) answered += count;
    EXPECT_EQ(answered, run.asked);
    EXPECT_EQ(run.core.waiter_count(), 0U);
    EXPECT_LE(run.longest_wait, world.queue_timeout);
    Actions actions;
    run.core.drain(run.now, actions);
    std::vector<ServerView> left;
    for (std::uint32_t at = 0; at < 4; ++at) run.core.list_servers(PoolId(at), left);
    for (const ServerView& server : left) EXPECT_EQ(server.state, ServerState::connecting);
  }
};

TEST_F(Adversity, EverybodyIsAnsweredInTime) {
  for (std::uint64_t seed = 1; seed <= 300 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    play(seed);
  }
}

}  // namespace
}  // namespace lockkeeper::proxy::pool
