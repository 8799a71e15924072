#include "rules/pool_advice.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "rules/pool_simulation.hpp"
#include "rules/pool_trace.hpp"

namespace lockkeeper::rules {
namespace {

using model::Duration;

constexpr std::size_t parts = 5;  // of a recording, for how much the answer varies within it

Duration quantile(std::vector<Duration> values, double share) {
  if (values.empty()) return {};
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, place);
  return *place;
}

struct Peaks {
  std::int64_t in_unit = 0;
  std::int64_t units = 0;
  std::int64_t connections = 0;
};

// As it was recorded, but for the time between arrivals. What ends when something begins has been given back before.
Peaks peaks_of(const std::vector<TracedUnit>& units, double load) {
  struct Change {
    model::WallTime at;
    int connections;
    int units;
    auto operator<=>(const Change&) const = default;
  };
  std::vector<Change> changes;
  Peaks peaks;
  for (const TracedUnit& unit : units) {
    const auto since = unit.arrived - units.front().arrived;
    model::WallTime at = units.front().arrived + std::chrono::duration_cast<Duration>(since / load);
    std::int64_t held = 0;
    for (const PoolStep& step : unit.steps) {
      at += step.after;
      const std::int64_t before = held;
      held += step.acquires ? 1 : -1;
      changes.push_back({at, step.acquires ? 1 : -1, static_cast<int>(held > 0) - static_cast<int>(before > 0)});
      peaks.in_unit = std::max(peaks.in_unit, held);
    }
  }
  std::ranges::sort(changes);
  std::int64_t connections = 0;
  std::int64_t holding = 0;
  for (const Change& change : changes) {
    connections += change.connections;
    holding += change.units;
    peaks.connections = std::max(peaks.connections, connections);
    peaks.units = std::max(peaks.units, holding);
  }
  return peaks;
}

class Adviser {
 public:
  Adviser(const PoolTrace& trace, const model::AdviceWish& wish) : trace_(trace), wish_(wish) {}

  model::ApplicationAdvice advise(const Program& program) {
    advice_.application = program.application;
    advice_.user = program.user;
    advice_.database = program.database;
    describe();
    if (trace_.units.empty()) return std::move(advice_);
    advice_.advised = smallest_that_suits();
    for (const std::int64_t size : sizes()) advice_.trials.push_back(trial(trace_.units, size));
    vary();
    return std::move(advice_);
  }

 private:
  void describe() {
    const Peaks peaks = peaks_of(trace_.units, wish_.load);
    advice_.transactions = static_cast<std::int64_t>(trace_.holds.size());
    advice_.units = static_cast<std::int64_t>(trace_.units.size());
    advice_.still_open = trace_.still_open;
    advice_.units_are_told = trace_.units_are_told;
    advice_.hold_median = quantile(trace_.holds, 0.5);
    advice_.hold_p99 = quantile(trace_.holds, 0.99);
    Duration held{};
    for (const Duration each : trace_.holds) held += each;
    if (held > Duration::zero()) advice_.idle_share = std::chrono::duration<double>(trace_.idle) / held;
    advice_.most_in_unit = peaks.in_unit;
    advice_.most_units = peaks.units;
    advice_.most_connections = peaks.connections;
    advice_.deadlock_free = peaks.in_unit == 0 ? 0 : peaks.units * (peaks.in_unit - 1) + 1;
    if (trace_.units.size() < 2) return;
    const std::chrono::duration<double> arriving = trace_.units.back().arrived - trace_.units.front().arrived;
    if (arriving.count() > 0)
      advice_.arrivals_per_second = static_cast<double>(trace_.units.size() - 1) / arriving.count();
  }

  [[nodiscard]] model::PoolTrial trial(const std::vector<TracedUnit>& units, std::int64_t size) const {
    return simulate_pool(units, size, wish_.acquire_timeout, wish_.load);
  }

  [[nodiscard]] bool suits(std::int64_t size) const {
    const auto met = trial(trace_.units, size);
    return met.timeouts == 0 && met.deadlocks == 0 && met.wait_p99 <= wish_.target_wait;
  }

  // More connections never make a wait longer in general, and a pool as large as all that was held suits at once; under
  // more load, twice that until it does.
  [[nodiscard]] std::int64_t smallest_that_suits() const {
    std::int64_t low = std::max<std::int64_t>(advice_.deadlock_free, 1);
    std::int64_t high = std::max(low, advice_.most_connections);
    const auto everybody = static_cast<std::int64_t>(trace_.holds.size());
    while (high < everybody && !suits(high)) high = std::min(high * 2, everybody);
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (suits(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  // What one would want to compare with: half of it, one less, all that was held at once.
  [[nodiscard]] std::set<std::int64_t> sizes() const {
    std::set<std::int64_t> all{advice_.advised,       advice_.advised - 1,       (advice_.advised + 1) / 2,
                               advice_.deadlock_free, advice_.deadlock_free - 1, advice_.most_connections,
                               2 * advice_.advised};
    all.insert(wish_.sizes.begin(), wish_.sizes.end());
    all.erase(all.begin(), all.lower_bound(1));
    return all;
  }

  void vary() {
    std::vector<Duration> p99;
    const std::size_t length = trace_.units.size() / parts;
    for (std::size_t part = 0; part < parts && length > 0; ++part) {
      const auto first = trace_.units.begin() + static_cast<std::ptrdiff_t>(part * length);
      p99.push_back(trial({first, first + static_cast<std::ptrdiff_t>(length)}, advice_.advised).wait_p99);
    }
    if (p99.empty()) return;
    advice_.p99_least = *std::ranges::min_element(p99);
    advice_.p99_most = *std::ranges::max_element(p99);
  }

  const PoolTrace& trace_;
  const model::AdviceWish& wish_;
  model::ApplicationAdvice advice_;
};

Duration observed(const model::Recording& recording) {
  std::optional<model::WallTime> first;
  std::optional<model::WallTime> last;
  for (const model::Fact& fact : recording.facts) {
    const auto* over = std::get_if<model::TransactionOver>(&fact.what);
    if (over == nullptr) continue;
    const auto began = over->record->id().started_at;
    first = first ? std::min(*first, began) : began;
    last = last ? std::max(*last, over->ended_at) : over->ended_at;
  }
  return first ? *last - *first : Duration{};
}

}  // namespace

model::PoolAdvice advise_pools(const model::Recording& recording, const std::optional<model::Snapshot>& snapshot,
                               const model::AdviceWish& wish) {
  model::PoolAdvice advice;
  advice.observed = observed(recording);
  advice.facts_lost = recording.facts_lost;
  for (const auto& [program, trace] : pool_traces(recording)) {
    advice.applications.push_back(Adviser(trace, wish).advise(program));
    advice.advised_together += advice.applications.back().advised;
  }
  if (snapshot && snapshot->server.max_connections > 0)
    advice.usable_connections = snapshot->server.usable_connections();
  return advice;
}

}  // namespace lockkeeper::rules
