#include "model/gap_shape.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

namespace lockkeeper::model {
namespace {

using namespace std::chrono_literals;

double any_positive() { return static_cast<double>(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000)) / 1024; }
std::int64_t any_count() { return *rc::gen::inRange<std::int64_t>(0, 1'000'000'000); }

GapSample any_sample() {
  GapSample sample;
  sample.completed = any_count();
  for (auto& bucket : sample.buckets) bucket = {any_positive(), any_positive() - any_positive()};
  const auto kept = *rc::gen::inRange<std::size_t>(0, GapSample::most_largest + 1);
  for (std::size_t index = 0; index < kept; ++index) sample.largest.emplace_back(any_count());
  std::ranges::sort(sample.largest, std::ranges::greater());
  return sample;
}

GapShapeState any_state() {
  GapShapeState state;
  for (auto* text : {&state.key.application, &state.key.user, &state.key.database, &state.text})
    *text = *rc::gen::arbitrary<std::string>();
  state.key.statement = *rc::gen::arbitrary<std::uint64_t>();
  state.key.sequence = *rc::gen::arbitrary<std::uint64_t>();
  state.baseline = any_sample();
  state.window = any_sample();
  state.tau = Duration(any_count() + 1);
  state.tail_index = 0.1 + static_cast<double>(any_count() % 100) / 7;
  for (double& index : state.body_index) index = static_cast<double>(any_count() % 100) / 3;
  for (auto& level : state.levels) level = {any_positive(), any_positive()};
  state.first_session = *rc::gen::arbitrary<std::uint64_t>();
  state.several_sessions = *rc::gen::arbitrary<bool>();
  state.censored = any_count();
  state.window_started = WallTime(Duration(any_count() - any_count()));
  state.next_look = WallTime(Duration(any_count()));
  state.verdict = static_cast<GapVerdict>(*rc::gen::inRange(0, 4));
  state.verdict_since = WallTime(Duration(any_count()));
  state.p_slow = 1 / (1 + any_positive());
  state.p_immortal = 1e-200;
  state.e_slow = 1e300;
  state.e_immortal = any_positive();
  state.level = *rc::gen::inRange<std::size_t>(0, GapShapeState::level_count);
  state.shift = any_positive();
  return state;
}

RC_GTEST_PROP(GapShape, ComesBackFromItsTextAsItWas, ()) {
  const GapShapeState state = any_state();
  const std::string text = to_text(state);
  RC_ASSERT(std::ranges::all_of(text, [](char each) { return each >= ' ' && each <= '~'; }));
  const auto back = parse_gap_shape(text);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == state);
}

RC_GTEST_PROP(GapShape, WhatItDidNotWriteIsRefusedOrHarmless, ()) {
  std::string text = to_text(any_state());
  const auto place = *rc::gen::inRange<std::size_t>(0, text.size());
  RC_ASSERT(!parse_gap_shape(std::string_view(text).substr(0, place)).has_value() || text[place] != ' ');
  text[place] = static_cast<char>(*rc::gen::inRange(0, 256));
  // Another number may be as good as the one before; whatever is accepted is written back as it was read.
  if (const auto back = parse_gap_shape(text)) {
    RC_ASSERT(parse_gap_shape(to_text(*back)) == back);
  }
}

TEST(GapShape, RefusesWhatIsNoneOfIts) {
  const std::string good = to_text({});
  ASSERT_TRUE(parse_gap_shape(good).has_value());
  for (const std::string& bad : {std::string(), std::string("gaps1"), "gaps2" + good.substr(5), good + " 1", good + " ",
                                 " " + good, good + "\n", std::string(1000, ' ')})
    EXPECT_FALSE(parse_gap_shape(bad).has_value()) << bad;
  GapShapeState state;
  state.verdict = GapVerdict::normal;
  EXPECT_FALSE(parse_gap_shape(to_text(state)).has_value()) << "a verdict without a tail";
  state.tau = 5s;
  state.tail_index = 1;
  EXPECT_TRUE(parse_gap_shape(to_text(state)).has_value());
  state.e_slow = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(parse_gap_shape(to_text(state)).has_value());
  state.e_slow = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(parse_gap_shape(to_text(state)).has_value());
  state.e_slow = 1;
  state.baseline.largest = {1s, 2s};
  EXPECT_FALSE(parse_gap_shape(to_text(state)).has_value()) << "longest first";
}

TEST(GapShape, BucketsDoubleFromAMillisecond) {
  EXPECT_EQ(bucket_of(-1s), 0U);
  EXPECT_EQ(bucket_of(0s), 0U);
  EXPECT_EQ(bucket_of(1ms), 0U);
  EXPECT_EQ(bucket_of(2ms), 1U);
  EXPECT_EQ(bucket_of(1023ms), 9U);
  EXPECT_EQ(bucket_of(1024ms), 10U);
  EXPECT_EQ(bucket_of(std::chrono::hours(24 * 365 * 100)), GapSample::bucket_count - 1);
  EXPECT_EQ(bucket_end(0), 2ms);
  EXPECT_EQ(bucket_end(9), 1024ms);
}

}  // namespace
}  // namespace lockkeeper::model
