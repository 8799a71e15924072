// The numbers of the statistic, and what it says of simulated programs. bench/statistic runs thousands more of them.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "rules/gap_simulation.hpp"
#include "rules/gap_test.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using model::Duration;
using model::GapSample;
using model::GapShapeState;
using model::GapVerdict;
using test::Law;
using test::Program;
using test::Simulation;

const model::WallTime noon = *model::parse_time("2026-11-22T12:00:00Z");

GapShapeState learnt(const std::vector<Duration>& gaps, const GapLimits& limits = {}) {
  GapShapeState state;
  for (const Duration gap : gaps) add_completed(state, gap, 1, limits, noon);
  return state;
}

// One of each: 1, 2 ... seconds.
std::vector<Duration> ramp(int count) {
  std::vector<Duration> gaps;
  for (int second = 1; second <= count; ++second) gaps.emplace_back(std::chrono::seconds(second));
  return gaps;
}

GapLimits learning_for(std::int64_t needed) {
  GapLimits limits;
  limits.needed = needed;
  return limits;
}

TEST(Poisson, AgreesWithItsSum) {
  EXPECT_DOUBLE_EQ(poisson_at_most(0, 0), 1);
  EXPECT_NEAR(poisson_at_most(0, 9.2), std::exp(-9.2), 1e-15);
  for (const double expected : {0.1, 1.0, 3.7, 20.0, 90.0}) {
    double term = std::exp(-expected);
    double sum = term;
    for (int seen = 0; seen < 150; ++seen) {
      EXPECT_NEAR(poisson_at_most(seen, expected), std::min(sum, 1.0), 1e-9) << seen << " of " << expected;
      term *= expected / (seen + 1);
      sum += term;
    }
  }
}

RC_GTEST_PROP(Poisson, IsAProbabilityThatFallsWithWhatIsExpected, ()) {
  const double seen = static_cast<double>(*rc::gen::inRange(0, 100'000)) / 2;
  const double expected = static_cast<double>(*rc::gen::inRange(1, 100'000)) / 3;
  const double p = poisson_at_most(seen, expected);
  RC_ASSERT(p >= 0 && p <= 1);
  RC_ASSERT(poisson_at_most(seen, expected + 1) <= p + 1e-9);
  RC_ASSERT(poisson_at_most(seen + 1, expected) >= p - 1e-9);
}

TEST(Quantile, IsExactWhileTheLongestAreKept) {
  const auto state = learnt(ramp(300), learning_for(1000));
  EXPECT_EQ(quantile(state.baseline, 0.9), 270s);
  EXPECT_EQ(quantile({}, 0.5), 0s);
  EXPECT_NEAR(std::chrono::duration<double>(quantile(state.baseline, 0.5)).count(), 150, 20) << "of the buckets";
}

RC_GTEST_PROP(Quantile, OfBucketsIsWithinAFactorOfTwo, ()) {
  const int count = *rc::gen::inRange(700, 3000);
  const auto state = learnt(ramp(count), learning_for(10'000));
  for (const double share : {0.1, 0.5, 0.9, 0.95}) {
    const double ratio = std::chrono::duration<double>(quantile(state.baseline, share)).count() / (count * share);
    RC_ASSERT(ratio > 0.5 && ratio < 2);
  }
}

TEST(Tail, OfParetoIsItsIndexLessTwoStandardErrors) {
  GapShapeState few;
  GapShapeState many;
  for (int rank = 1; rank <= 4000; ++rank) {
    const auto gap =
        std::chrono::round<Duration>(std::chrono::duration<double>(10 * std::pow(rank / 4001.0, -1 / 1.1)));
    add_completed(many, gap, 1, learning_for(10'000), noon);
    if (rank % 10 == 5) add_completed(few, gap, 1, learning_for(10'000), noon);
  }
  const auto of_few = tail_of(few.baseline, {});
  const auto of_many = tail_of(many.baseline, {});
  ASSERT_TRUE(of_few && of_many);
  EXPECT_NEAR(of_few->index, 1.1 * (1 - 2 / std::sqrt(40)), 0.08);
  EXPECT_NEAR(of_many->index, 1.1 * (1 - 2 / std::sqrt(400)), 0.08) << "of the buckets";
  EXPECT_NEAR(std::chrono::duration<double>(of_many->tau).count(), 81, 8);
  for (const double index : of_many->body) EXPECT_NEAR(index, 1, 0.3) << "a lower bound";
}

TEST(Tail, NeedsThirtyGapsAndHasAFloor) {
  EXPECT_FALSE(tail_of(learnt(ramp(29)).baseline, {}).has_value());
  const auto state = learnt(std::vector<Duration>(30, 20ms));
  const auto tail = tail_of(state.baseline, {});
  ASSERT_TRUE(tail.has_value());
  EXPECT_EQ(tail->tau, 5s);
  EXPECT_GT(tail->index, 0) << "gaps that are all alike have no slope";
  EXPECT_LE(tail->index, 4);
  EXPECT_EQ(state.verdict, GapVerdict::normal);
}

RC_GTEST_PROP(Exposure, IsTheSameInOnePieceAndInMany, ()) {
  const auto limits = GapLimits{};
  GapShapeState whole = learnt(ramp(40), limits);
  GapShapeState pieces = whole;
  const auto end = Duration(*rc::gen::inRange<std::int64_t>(1, 100'000'000'000));
  add_exposure(whole, 0s, end, 7);
  Duration age{};
  while (age < end) {
    const auto next = std::min(end, age + Duration(*rc::gen::inRange<std::int64_t>(1, 40'000'000'000)));
    add_exposure(pieces, age, next, 7);
    age = next;
  }
  double total = 0;
  for (std::size_t level = 0; level < GapShapeState::level_count; ++level) {
    RC_ASSERT(std::abs(whole.levels[level].exposure - pieces.levels[level].exposure) < 1e-6);
    total += whole.levels[level].exposure;
  }
  const double begin = std::chrono::duration<double>(level_begins(whole, 0)).count();
  const double expected = std::max(0.0, std::log(std::chrono::duration<double>(end).count() / begin));
  RC_ASSERT(std::abs(total - expected) < 1e-6);
}

TEST(Bar, IsTheStepUpOfEBh) {
  EXPECT_DOUBLE_EQ(bar({}, {}), 100);
  EXPECT_DOUBLE_EQ(bar({1}, {}), 100);
  EXPECT_DOUBLE_EQ(bar({1, 1, 1, 250}, {}), 400) << "alone among four it has to reach four times as much";
  EXPECT_DOUBLE_EQ(bar({1, 1, 250, 250}, {}), 200) << "two of four are less of a chance";
  EXPECT_DOUBLE_EQ(bar({101, 101, 101, 101}, {}), 100);
}

// E of an e-value is 1 at most: checked where nothing is wrong, at a time fixed beforehand.
TEST(EValue, HasAMeanOfOneAtMostWhereNothingIsWrong) {
  double sum = 0;
  constexpr int runs = 2000;
  std::mt19937_64 random(7);
  for (int run = 0; run < runs; ++run) {
    GapShapeState state = learnt(std::vector<Duration>(40, 1s));
    std::uniform_real_distribution<double> uniform;
    for (int gap = 0; gap < 10; ++gap) {
      // A tail of index 1/2 from 4 tau on: the heaviest that test B takes for mortal. Looked at until 1000 tau.
      const double length = 4 * std::pow(1 - uniform(random), -2.0);
      const auto until = std::chrono::round<Duration>(std::chrono::duration<double>(5 * std::min(length, 1000.0)));
      add_exposure(state, 20s, until, 1);
      if (length < 1000) add_completed(state, until, 1, {}, noon);
    }
    sum += test_immortal(state).e;
  }
  EXPECT_LT(sum / runs, 1.3);
}

// A few dozen programs of each kind: what bench/statistic does with thousands.
TEST(Simulated, NoProgramWithoutALeakIsSaidToLeak) {
  for (const Law law : {Law::exponential, Law::lognormal, Law::pareto}) {
    for (const double slower : {1.0, 5.0, 30.0}) {
      for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const auto outcome = Simulation({law, slower, 0, 300, 4000, seed}, {}).run();
        EXPECT_FALSE(outcome.leaked) << name_of(law) << " " << slower << " " << seed;
        EXPECT_TRUE(slower > 1 || !outcome.slow) << name_of(law) << " " << seed;
        EXPECT_TRUE(slower < 30 || outcome.slow) << name_of(law) << " " << seed;
      }
    }
  }
}

double median_detection(Law law, double slower, double leak, std::size_t at_least) {
  std::vector<double> times;
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    GapLimits limits;
    limits.floor = 0s;
    const auto outcome = Simulation({law, slower, leak, 300, 4000, seed}, limits).run();
    if (outcome.leaked) times.push_back(outcome.leaked->at);
  }
  EXPECT_GE(times.size(), at_least) << name_of(law);
  if (times.empty()) return HUGE_VAL;
  std::ranges::sort(times);
  return times[times.size() / 2];
}

TEST(Simulated, LeaksAreFoundNoLaterThanInTheDerivation) {
  EXPECT_LE(median_detection(Law::exponential, 1, 0.05, 15), 252);
  EXPECT_LE(median_detection(Law::lognormal, 1, 0.05, 15), 540);
  EXPECT_LE(median_detection(Law::pareto, 1, 0.05, 15), 626);
  EXPECT_LE(median_detection(Law::exponential, 1, 0.005, 15), 1493);
  EXPECT_LE(median_detection(Law::exponential, 5, 0.02, 15), 839);
  EXPECT_LE(median_detection(Law::lognormal, 5, 0.02, 14), 2636);
}

// Every transaction waits for a time limit of a minute, where it took a second: between 4 tau and there nothing ends.
TEST(Simulated, ATimeLimitIsNoLeak) {
  GapShapeState state = learnt(std::vector<Duration>(300, 1s));
  for (int now = 1; now <= 1200; ++now) {
    std::vector<Duration> open;
    for (int begin = std::max(0, now - 60); begin < now; ++begin) {
      add_exposure(state, std::chrono::seconds(now - begin - 1), std::chrono::seconds(now - begin),
                   static_cast<std::uint64_t>(begin));
      open.emplace_back(std::chrono::seconds(now - begin));
    }
    if (now >= 60) add_completed(state, 60s, 1, {}, noon + std::chrono::seconds(now));
    if (!look_is_due(state, noon + std::chrono::seconds(now))) continue;
    weigh(state);
    decide(state, {100, 100}, open, {}, noon + std::chrono::seconds(now));
    ASSERT_NE(state.verdict, GapVerdict::leaked) << now;
  }
  EXPECT_EQ(state.verdict, GapVerdict::slow);
  EXPECT_GT(state.shift, 10);
}

TEST(Decide, ABaselineIsFrozenWhileItsFindingIsOpenAndFollowsAfterADay) {
  GapShapeState state = learnt(std::vector<Duration>(100, 1s), learning_for(100));
  const auto before = state.baseline;
  auto now = noon;
  std::uint64_t session = 0;
  const auto slow_hour = [&] {
    for (int minute = 0; minute < 60; ++minute) {
      now += 1min;
      add_exposure(state, 0s, 50s, ++session);
      add_completed(state, 50s, 1, {}, now);
      if (!look_is_due(state, now)) continue;
      weigh(state);
      decide(state, {100, 100}, std::vector<Duration>{20s, 30s}, {}, now);
    }
  };
  for (int hour = 0; hour < 20; ++hour) slow_hour();
  EXPECT_EQ(state.verdict, GapVerdict::slow);
  EXPECT_TRUE(state.frozen());
  EXPECT_EQ(state.baseline, before);
  for (int hour = 0; hour < 6; ++hour) slow_hour();
  EXPECT_EQ(state.verdict, GapVerdict::normal) << "it is how the program is now";
  EXPECT_GT(quantile(state.baseline, 0.5), 40s);
}

TEST(Decide, ALeakIsTwoSessionsAtLeastAndGoesWithThem) {
  GapShapeState state = learnt(std::vector<Duration>(300, 1s), learning_for(300));
  auto now = noon;
  const auto look = [&](const std::vector<Duration>& open) {
    now += 2min;
    weigh(state);
    decide(state, {100, 100}, open, {}, now);
    return state.verdict;
  };
  add_exposure(state, 0s, 100h, 1);
  add_exposure(state, 0s, 100h, 1);
  EXPECT_NE(look({100h}), GapVerdict::leaked) << "one is a matter of its impact";
  add_exposure(state, 0s, 100h, 2);
  add_exposure(state, 0s, 100h, 3);
  EXPECT_EQ(look({100h, 100h, 100h}), GapVerdict::leaked);
  EXPECT_EQ(look({100h}), GapVerdict::leaked) << "the others were ended";
  EXPECT_EQ(look({}), GapVerdict::normal);
  EXPECT_EQ(state.baseline.completed, 300);
  EXPECT_EQ(look({2h, 2h}), GapVerdict::leaked) << "what was learnt of it is kept for a day";
}

TEST(Decide, OneSessionAloneIsNotSlow) {
  GapShapeState state = learnt(std::vector<Duration>(300, 1s));
  for (int count = 0; count < 40; ++count) {
    add_exposure(state, 0s, 100s, 1);
    add_completed(state, 100s, 1, {}, noon);
  }
  weigh(state);
  decide(state, {100, 100}, std::vector<Duration>{90s}, {}, noon + 1min);
  EXPECT_LE(state.p_slow, 1e-4);
  EXPECT_EQ(state.verdict, GapVerdict::normal);
}

TEST(Decide, AClockThatIsSetBackIsSurvived) {
  GapShapeState state = learnt(ramp(60));
  decide(state, {100, 100}, {}, {}, noon + 10h);
  EXPECT_TRUE(look_is_due(state, noon - 1h));
  decide(state, {100, 100}, {}, {}, noon - 1h);
  EXPECT_FALSE(look_is_due(state, noon - 1h));
  EXPECT_TRUE(look_is_due(state, noon - 58min));
}

}  // namespace
}  // namespace lockkeeper::rules
