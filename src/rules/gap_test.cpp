#include "rules/gap_test.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <utility>

namespace lockkeeper::rules {
namespace {

using model::Duration;
using model::GapSample;
using model::GapShapeState;
using model::GapVerdict;

constexpr double least_expected = 8 * immortal_index * std::numbers::ln2;  // eight doublings of test B
constexpr double most_expected = 16'384;
constexpr double most_expected_immortal = 1024;
constexpr double calm = 3;              // a likelihood ratio below this is nothing to remember
constexpr double most_index = 4;        // a program that always pauses for just as long has an infinite one
constexpr double most_baseline = 8192;  // gaps; halved then, so that the baseline follows the program's years
constexpr std::size_t mixed_levels = 12;
constexpr std::array<double, 5> alternatives{0, 0.125, 0.25, 0.5, 0.75};

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
Duration of_seconds(double value) {
  return std::chrono::round<Duration>(std::chrono::duration<double>(std::clamp(value, 0.0, 6e9)));
}

void add(GapSample& sample, Duration gap, double weight) {
  auto& bucket = sample.buckets[model::bucket_of(gap)];
  bucket.count += weight;
  bucket.log_sum += weight * std::log(std::max(seconds(gap), 1e-3));
  ++sample.completed;
  auto& largest = sample.largest;
  if (largest.size() == GapSample::most_largest) {
    if (gap <= largest.back()) return;
    largest.pop_back();
  }
  largest.insert(std::ranges::upper_bound(largest, gap, std::ranges::greater()), gap);
}

void merge(GapSample& into, const GapSample& from) {
  for (std::size_t index = 0; index < GapSample::bucket_count; ++index) {
    into.buckets[index].count += from.buckets[index].count;
    into.buckets[index].log_sum += from.buckets[index].log_sum;
  }
  into.completed += from.completed;
  into.largest.insert(into.largest.end(), from.largest.begin(), from.largest.end());
  std::ranges::sort(into.largest, std::ranges::greater());
  if (into.largest.size() > GapSample::most_largest) into.largest.resize(GapSample::most_largest);
}

void halve(GapSample& sample) {
  for (auto& bucket : sample.buckets) {
    bucket.count /= 2;
    bucket.log_sum /= 2;
  }
  sample.completed /= 2;
  std::size_t position = 0;
  std::erase_if(sample.largest, [&](Duration) { return position++ % 2 == 0; });
}

double total(const GapSample& sample) {
  double sum = 0;
  for (const auto& bucket : sample.buckets) sum += bucket.count;
  return sum;
}

double bucket_begins(std::size_t bucket) { return seconds(model::bucket_end(bucket)) / 2; }

// Where the buckets have `above` beyond it, each bucket's gaps spread evenly over its logarithms.
double upper_quantile(const GapSample& sample, double above) {
  for (std::size_t bucket = GapSample::bucket_count; bucket-- > 0;) {
    const double count = sample.buckets[bucket].count;
    if (count > 0 && above <= count) return bucket_begins(bucket) * std::exp2(1 - above / count);
    above -= count;
  }
  return bucket_begins(0);
}

// Hill's estimate from what the buckets have beyond a threshold.
double hill_of_buckets(const GapSample& sample, double threshold, double above) {
  double logs = 0;
  double left = above;
  for (std::size_t bucket = GapSample::bucket_count; bucket-- > 0 && left > 0;) {
    const auto& each = sample.buckets[bucket];
    if (each.count <= left) {
      logs += each.log_sum - each.count * std::log(threshold);
    } else {
      logs += left * std::log(2 * bucket_begins(bucket) / threshold) / 2;
    }
    left -= each.count;
  }
  return above / std::max(logs, 1e-9);
}

// Only whole samples of ones are exact in their longest.
bool exact(const GapSample& sample, std::size_t tail) {
  return tail < sample.largest.size() && total(sample) < static_cast<double>(sample.completed) + 0.5;
}

double hill_of_largest(const GapSample& sample, std::size_t tail) {
  const double threshold = std::max(seconds(sample.largest[tail]), 1e-3);
  double logs = 0;
  for (std::size_t index = 0; index < tail; ++index) logs += std::log(seconds(sample.largest[index]) / threshold);
  return static_cast<double>(tail) / std::max(logs, 1e-9);
}

// Two standard errors less.
double at_least(double index, double events) { return std::max(index * (1 - 2 / std::sqrt(events)), 0.2 * index); }

double count_above(const GapSample& sample, double threshold) {
  double count = 0;
  for (std::size_t bucket = GapSample::bucket_count; bucket-- > 0;) {
    const double begin = bucket_begins(bucket);
    if (2 * begin <= threshold) break;
    count += sample.buckets[bucket].count * std::min(std::log2(2 * begin / threshold), 1.0);
  }
  return count;
}

// How fast the sample's gaps completed in the doubling of age that begins here; 0 where hardly any did.
double body_index(const GapSample& sample, double begin) {
  const double reached = count_above(sample, begin);
  const double ended = reached - count_above(sample, 2 * begin);
  const double events = ended * static_cast<double>(sample.completed) / std::max(total(sample), 1e-9);
  if (events < 5 || ended >= reached) return 0;
  return at_least(std::min(-std::log1p(-ended / reached) / std::numbers::ln2, most_index), events);
}

double log_ratio(double r, double seen, double expected) {
  if (r == 0) return seen > 0 ? -HUGE_VAL : expected;
  return seen * std::log(r) + (1 - r) * expected;
}

std::uint64_t marked(std::uint64_t session) { return std::max<std::uint64_t>(session, 1); }

void note_session(GapShapeState& state, std::uint64_t session) {
  if (state.first_session == 0) {
    state.first_session = marked(session);
  } else if (state.first_session != marked(session)) {
    state.several_sessions = true;
  }
}

void open_window(GapShapeState& state, const GapLimits& limits, model::WallTime now) {
  state.window = {};
  state.levels = {};
  state.first_session = 0;
  state.several_sessions = false;
  state.window_started = now;
  state.next_look = now;
  state.p_slow = state.p_immortal = state.e_slow = state.e_immortal = state.shift = 1;
  state.level = 0;
  if (static_cast<double>(state.baseline.completed) > most_baseline) halve(state.baseline);
  const auto tail = tail_of(state.baseline, limits);
  if (!tail) return;
  state.tau = tail->tau;
  state.tail_index = tail->index;
  state.body_index = tail->body;
}

void set(GapShapeState& state, GapVerdict verdict, model::WallTime now) {
  if (state.verdict == verdict) return;
  state.verdict = verdict;
  state.verdict_since = now;
}

double index_of(const GapShapeState& state, std::size_t level) {
  return level < GapShapeState::levels_below_tau ? state.body_index[level] : state.tail_index;
}

void forget_half(GapShapeState& state) {
  double as_before = 0;
  double immortal = 0;
  for (std::size_t level = 0; level < GapShapeState::level_count; ++level) {
    as_before += index_of(state, level) * state.levels[level].exposure;
    if (level >= immortal_from) immortal += immortal_index * state.levels[level].exposure;
  }
  if (as_before <= most_expected && immortal <= most_expected_immortal) return;
  for (auto& level : state.levels) {
    level.exposure /= 2;
    level.completed /= 2;
  }
}

double shift_of(const GapShapeState& state, std::span<const Duration> open) {
  GapSample now = state.window;
  for (const Duration age : open) add(now, age, 1);
  const double usual = seconds(quantile(state.baseline, 0.5));
  return now.completed == 0 || usual <= 0 ? 1 : seconds(quantile(now, 0.5)) / usual;
}

std::int64_t beyond(std::span<const Duration> open, Duration age) {
  return std::ranges::count_if(open, [&](Duration each) { return each >= age; });
}

// Both tests: whether fewer gaps completed than at these rates would have, from any level on.
template <class Index>
TestResult test(const GapShapeState& state, std::size_t first_level, Index index) {
  TestResult result;
  result.level = first_level;
  double asked = 0;
  double expected = 0;
  double seen = 0;
  double ratios = 0;
  for (std::size_t level = GapShapeState::level_count; level-- > first_level;) {
    // What the baseline did not have says nothing about what is to be expected.
    if (index(level) <= 0) continue;
    expected += index(level) * state.levels[level].exposure;
    seen += state.levels[level].completed;
    for (const double r : alternatives) {
      const double ratio = std::exp(std::min(log_ratio(r, seen, expected), 600.0));
      result.highest = std::max(result.highest, ratio);
      if (level < first_level + mixed_levels) ratios += ratio;
    }
    if (expected < least_expected) continue;
    ++asked;
    const double p = poisson_at_most(seen, expected);
    if (p > result.p) continue;
    result.p = p;
    result.level = level;
  }
  result.p = std::min(result.p * std::max(asked, 1.0), 1.0);
  result.e = ratios / static_cast<double>(mixed_levels * alternatives.size());
  return result;
}

// Enough has been seen for the window to say something about what is normal.
bool mature(const GapShapeState& state, const GapLimits& limits) {
  return state.window.completed >= std::clamp<std::int64_t>(state.baseline.completed, limits.needed, 1000);
}

}  // namespace

Duration quantile(const GapSample& sample, double share) {
  const double all = total(sample);
  if (all <= 0) return Duration::zero();
  const double above = all * (1 - share);
  if (const auto tail = static_cast<std::size_t>(above + 1e-6); exact(sample, tail)) return sample.largest[tail];
  const Duration from_buckets = of_seconds(upper_quantile(sample, above));
  return sample.largest.empty() ? from_buckets : std::min(from_buckets, sample.largest.front());
}

std::optional<Tail> tail_of(const GapSample& sample, const GapLimits& limits) {
  if (sample.completed < limits.needed || total(sample) <= 0) return std::nullopt;
  const auto tail = static_cast<std::size_t>(std::max<std::int64_t>(5, sample.completed / 10));
  double index = 0;
  if (exact(sample, tail)) {
    index = hill_of_largest(sample, tail);
  } else {
    const double above = total(sample) * static_cast<double>(tail) / static_cast<double>(sample.completed);
    index = hill_of_buckets(sample, upper_quantile(sample, above), above);
  }
  Tail result{std::max({quantile(sample, 0.9), limits.floor, Duration(1)}),
              at_least(std::clamp(index, 1e-6, most_index), static_cast<double>(tail)),
              {}};
  for (std::size_t level = 0; level < result.body.size(); ++level) {
    const double begin =
        std::ldexp(seconds(result.tau), static_cast<int>(level) - static_cast<int>(result.body.size()));
    result.body[level] = body_index(sample, begin);
  }
  return result;
}

// The regularized upper incomplete gamma function Q(seen + 1, expected): by its series, or Lentz's continued fraction.
double poisson_at_most(double seen, double expected) {
  constexpr int most_steps = 10'000;
  constexpr double precision = 1e-12;
  const double a = std::max(seen, 0.0) + 1;
  const double x = expected;
  if (!(x > 0)) return 1;
  const double front = std::exp(a * std::log(x) - x - std::lgamma(a));
  if (x < a + 1) {
    double term = 1 / a;
    double sum = term;
    for (int step = 1; step < most_steps && term > sum * precision; ++step) {
      term *= x / (a + step);
      sum += term;
    }
    return std::clamp(1 - sum * front, 0.0, 1.0);
  }
  constexpr double tiny = 1e-300;
  double b = x + 1 - a;
  double c = 1 / tiny;
  double d = 1 / b;
  double fraction = d;
  for (int step = 1; step < most_steps; ++step) {
    const double numerator = -step * (step - a);
    b += 2;
    d = numerator * d + b;
    d = 1 / (std::abs(d) < tiny ? tiny : d);
    c = b + numerator / c;
    if (std::abs(c) < tiny) c = tiny;
    fraction *= d * c;
    if (std::abs(d * c - 1) < precision) break;
  }
  return std::clamp(front * fraction, 0.0, 1.0);
}

TestResult test_as_before(const GapShapeState& state) {
  return test(state, 0, [&](std::size_t level) { return index_of(state, level); });
}

TestResult test_immortal(const GapShapeState& state) {
  return test(state, immortal_from, [](std::size_t) { return immortal_index; });
}

Duration level_begins(const GapShapeState& state, std::size_t level) {
  return of_seconds(
      std::ldexp(seconds(state.tau), static_cast<int>(level) - static_cast<int>(GapShapeState::levels_below_tau)));
}

void add_exposure(GapShapeState& state, Duration from, Duration to, std::uint64_t session) {
  const double first = seconds(level_begins(state, 0));
  if (state.verdict == GapVerdict::learning || seconds(to) <= first || to <= from) return;
  if (to > state.tau) note_session(state, session);
  const double begin = std::log2(std::max(seconds(from) / first, 1.0));
  const double end = std::log2(seconds(to) / first);
  for (auto level = static_cast<std::size_t>(begin); level < GapShapeState::level_count; ++level) {
    const auto here = static_cast<double>(level);
    if (here >= end) break;
    state.levels[level].exposure += (std::min(end, here + 1) - std::max(begin, here)) * std::numbers::ln2;
  }
}

void add_completed(GapShapeState& state, Duration gap, double weight, const GapLimits& limits, model::WallTime now) {
  if (state.verdict == GapVerdict::learning) {
    add(state.baseline, gap, weight);
    if (state.baseline.completed < limits.needed) return;
    open_window(state, limits, now);
    return set(state, GapVerdict::normal, now);
  }
  add(state.window, gap, weight);
  const double begin = seconds(level_begins(state, 0));
  if (seconds(gap) <= begin) return;
  const auto level = static_cast<std::size_t>(std::log2(seconds(gap) / begin));
  if (level < GapShapeState::level_count) ++state.levels[level].completed;
}

bool look_is_due(const GapShapeState& state, model::WallTime now) {
  // A clock that was set back does not put looks off.
  return state.verdict != GapVerdict::learning && (now >= state.next_look || now < state.window_started);
}

void weigh(GapShapeState& state) {
  forget_half(state);
  const auto slow = test_as_before(state);
  const auto immortal = test_immortal(state);
  state.p_slow = slow.p;
  state.e_slow = slow.e;
  state.p_immortal = immortal.p;
  state.e_immortal = immortal.e;
  state.level = immortal.level;
}

double bar(std::vector<double> e_values, const GapLimits& limits) {
  std::ranges::sort(e_values, std::ranges::greater());
  const auto all = static_cast<double>(std::max<std::size_t>(e_values.size(), 1));
  double result = all / limits.false_share;
  for (std::size_t index = 0; index < e_values.size(); ++index) {
    const double needed = all / (limits.false_share * static_cast<double>(index + 1));
    if (e_values[index] >= needed) result = needed;
  }
  return result;
}

void decide(GapShapeState& state, const Bars& bars, std::span<const Duration> open, const GapLimits& limits,
            model::WallTime now) {
  if (state.verdict == GapVerdict::learning) return;
  if (now < state.window_started) state.window_started = now;
  const Duration age = now - state.window_started;
  state.next_look = now + std::clamp(of_seconds(seconds(age) * (limits.look_growth - 1)), Duration(1),
                                     std::max(limits.longest_pause, Duration(1)));
  state.shift = shift_of(state, open);
  const bool abnormal = state.p_slow <= limits.alpha;
  const bool immortal = state.p_immortal <= limits.alpha && state.e_immortal >= bars.immortal;
  const bool still = state.verdict == GapVerdict::leaked && beyond(open, level_begins(state, state.level)) >= 1;
  const auto old_enough = std::max(level_begins(state, state.level), level_begins(state, surely_immortal_from));
  if (abnormal && immortal && (still || beyond(open, old_enough) >= 2)) return set(state, GapVerdict::leaked, now);
  // Those that do not come back were named, and are gone. Who stays away now is looked at anew.
  if (abnormal && !immortal && state.e_slow >= bars.slow && state.several_sessions) {
    if (state.verdict == GapVerdict::slow && now - state.verdict_since >= limits.memory && mature(state, limits)) {
      state.baseline = state.window;
      open_window(state, limits, now);
      return set(state, GapVerdict::normal, now);
    }
    return set(state, GapVerdict::slow, now);
  }
  set(state, GapVerdict::normal, now);
  const bool nothing = test_as_before(state).highest < calm && test_immortal(state).highest < calm;
  if (nothing && mature(state, limits)) {
    merge(state.baseline, state.window);
    open_window(state, limits, now);
  } else if (age >= limits.memory) {
    open_window(state, limits, now);
  }
}

}  // namespace lockkeeper::rules
