#include "rules/pool_simulation.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using model::Duration;

constexpr model::WallTime start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29);

// Holds one connection for so long.
TracedUnit simple(Duration arrives, Duration holds) { return {start + arrives, {{0s, true}, {holds, false}}}; }

// Asks for a second one while it holds the first, as REQUIRES_NEW does.
TracedUnit nested(Duration arrives, Duration before, Duration inner, Duration after) {
  return {start + arrives, {{0s, true}, {before, true}, {inner, false}, {after, false}}};
}

TEST(PoolSimulation, WhoFindsAFreeConnectionDoesNotWait) {
  const auto trial = simulate_pool({simple(0s, 1s), simple(0s, 1s), simple(1s, 1s)}, 2, 30s);
  EXPECT_EQ(trial.acquires, 3);
  EXPECT_EQ(trial.longest_wait, 0s);
}

TEST(PoolSimulation, OthersWaitInOrder) {
  const auto trial = simulate_pool({simple(0s, 4s), simple(1s, 2s), simple(2s, 1s)}, 1, 30s);
  EXPECT_EQ(trial.longest_wait, 4s) << "the third: until 4 s + 2 s";
  EXPECT_EQ(trial.wait_median, 3s) << "the second: from 1 s to 4 s";
  EXPECT_EQ(trial.timeouts, 0);
}

TEST(PoolSimulation, WhoWaitsTooLongGivesUpAndGivesBackWhatItHolds) {
  const auto trial = simulate_pool({simple(0s, 60s), simple(1s, 1s)}, 1, 10s);
  EXPECT_EQ(trial.timeouts, 1);
  EXPECT_EQ(trial.acquires, 1);
  const auto inner = simulate_pool({nested(0s, 1s, 1s, 1s), simple(2s, 1s)}, 1, 10s);
  EXPECT_EQ(inner.timeouts, 1);
  EXPECT_EQ(inner.acquires, 2) << "the other one goes on";
  EXPECT_EQ(inner.longest_wait, 9s);
}

TEST(PoolSimulation, Incident3) {
  // So many threads as connections, each of which asks for a second one.
  const std::vector<TracedUnit> units{nested(0s, 10ms, 5ms, 1ms), nested(1ms, 10ms, 5ms, 1ms)};
  const auto dry = simulate_pool(units, 2, 30s);
  EXPECT_EQ(dry.deadlocks, 1);
  EXPECT_EQ(dry.timeouts, 1) << "the second goes on when the first has given up";
  EXPECT_EQ(dry.longest_wait, 30s - 1ms);
  EXPECT_EQ(simulate_pool(units, 3, 30s).deadlocks, 0) << "2 * (2 - 1) + 1";
}

TEST(PoolSimulation, AWaitPutsOffWhatComesAfterIt) {
  // The second unit gets its connection at 4 s and holds it for 2 s: so the third waits until 6 s.
  const auto trial = simulate_pool({simple(0s, 4s), simple(1s, 2s), simple(5s, 1s)}, 1, 30s);
  EXPECT_EQ(trial.longest_wait, 3s);
}

TEST(PoolSimulation, MoreLoadIsLessTimeBetweenArrivals) {
  const std::vector<TracedUnit> units{simple(0s, 1s), simple(2s, 1s)};
  EXPECT_EQ(simulate_pool(units, 1, 30s, 1).longest_wait, 0s);
  EXPECT_EQ(simulate_pool(units, 1, 30s, 4).longest_wait, 500ms);
}

TEST(PoolSimulation, NobodyIsNothing) { EXPECT_EQ(simulate_pool({}, 3, 30s), model::PoolTrial{.size = 3}); }

std::vector<TracedUnit> any_units() {
  std::vector<TracedUnit> units;
  const auto count = *rc::gen::inRange(1, 40);
  for (int number = 0; number < count; ++number) {
    const auto some = [] { return std::chrono::milliseconds(*rc::gen::inRange(0, 50)); };
    units.push_back(*rc::gen::arbitrary<bool>() ? simple(some(), some()) : nested(some(), some(), some(), some()));
  }
  std::ranges::sort(units, {}, &TracedUnit::arrived);
  return units;
}

RC_GTEST_PROP(PoolSimulation, EverybodyIsServedOrGivesUp, ()) {
  const auto units = any_units();
  const auto size = *rc::gen::inRange(1, 12);
  const auto trial = simulate_pool(units, size, 100ms);
  std::int64_t wanted = 0;
  for (const TracedUnit& unit : units) wanted += std::ranges::count(unit.steps, true, &PoolStep::acquires);
  RC_ASSERT(trial.acquires + trial.timeouts <= wanted);
  RC_ASSERT(trial.acquires + 2 * trial.timeouts >= wanted);
  RC_ASSERT(trial.wait_median <= trial.wait_p99);
  RC_ASSERT(trial.wait_p99 <= trial.longest_wait);
  RC_ASSERT(trial.longest_wait <= 100ms);
}

RC_GTEST_PROP(PoolSimulation, TheDeadlockFreeSizeIs, ()) {
  const auto units = any_units();
  const auto safe = static_cast<std::int64_t>(units.size()) + 1;  // units * (2 - 1) + 1
  RC_ASSERT(simulate_pool(units, safe, 1h).deadlocks == 0);
  RC_ASSERT(simulate_pool(units, 2 * safe, 1h).longest_wait == 0s);
}

}  // namespace
}  // namespace lockkeeper::rules
