#include "rules/pool_simulation.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <queue>
#include <tuple>

namespace lockkeeper::rules {
namespace {

using model::Duration;

class Simulation {
 public:
  Simulation(const std::vector<TracedUnit>& units, std::int64_t size, Duration timeout)
      : timeout_(timeout), free_(size) {
    trial_.size = size;
    states_.reserve(units.size());
    for (const TracedUnit& unit : units) states_.push_back({.unit = &unit});
  }

  model::PoolTrial run(double load) {
    for (std::size_t index = 0; index < states_.size(); ++index) {
      const auto since = states_[index].unit->arrived - states_.front().unit->arrived;
      events_.push({std::chrono::duration_cast<Duration>(since / load), number_++, index, 0});
    }
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.at;
      if (event.ticket == 0) {
        step(event.unit);
      } else if (states_[event.unit].ticket == event.ticket) {
        give_up(event.unit);
      }
    }
    return finish();
  }

 private:
  struct Event {
    Duration at;
    std::uint64_t number;  // of equal times, the earlier made first
    std::size_t unit;
    std::uint64_t ticket;  // 0: its next step. Else the wait with that ticket is over its time.

    bool operator<(const Event& other) const { return std::tie(at, number) > std::tie(other.at, other.number); }
  };
  struct State {
    const TracedUnit* unit = nullptr;
    std::size_t next = 0;
    std::int64_t held = 0;
    std::uint64_t ticket = 0;  // 0: it does not wait.
    Duration asked{};
  };

  void step(std::size_t index) {
    State& state = states_[index];
    if (state.unit->steps[state.next].acquires) return acquire(index);
    --state.held;
    give_back();
    go_on(index);
  }

  void acquire(std::size_t index) {
    State& state = states_[index];
    state.asked = now_;
    if (free_ > 0) {
      --free_;
      return granted(index);
    }
    state.ticket = ++tickets_;
    queue_.push_back(index);
    held_by_waiting_ += state.held;
    events_.push({now_ + timeout_, number_++, index, state.ticket});
    const bool is_stuck = held_by_waiting_ == trial_.size;
    if (is_stuck && !was_stuck_) ++trial_.deadlocks;
    was_stuck_ = is_stuck;
  }

  void granted(std::size_t index) {
    State& state = states_[index];
    ++state.held;
    waits_.push_back(now_ - state.asked);
    go_on(index);
  }

  void go_on(std::size_t index) {
    State& state = states_[index];
    if (++state.next < state.unit->steps.size())
      events_.push({now_ + state.unit->steps[state.next].after, number_++, index, 0});
  }

  void leave_queue(State& state) {
    state.ticket = 0;
    held_by_waiting_ -= state.held;
    was_stuck_ = was_stuck_ && held_by_waiting_ == trial_.size;
  }

  // Whoever gave up is in the queue no more.
  void give_back() {
    if (queue_.empty()) {
      ++free_;
      return;
    }
    const std::size_t first = queue_.front();
    queue_.pop_front();
    leave_queue(states_[first]);
    granted(first);
  }

  void give_up(std::size_t index) {
    State& state = states_[index];
    leave_queue(state);
    queue_.remove(index);
    ++trial_.timeouts;
    for (; state.held > 0; --state.held) give_back();
  }

  model::PoolTrial finish() {
    trial_.acquires = static_cast<std::int64_t>(waits_.size());
    if (waits_.empty()) return trial_;
    std::ranges::sort(waits_);
    const auto at = [this](double share) {
      return waits_[static_cast<std::size_t>(share * static_cast<double>(waits_.size() - 1))];
    };
    trial_.wait_median = at(0.5);
    trial_.wait_p99 = at(0.99);
    trial_.longest_wait = waits_.back();
    return trial_;
  }

  const Duration timeout_;
  std::int64_t free_;
  model::PoolTrial trial_;
  std::vector<State> states_;
  std::priority_queue<Event> events_;
  std::list<std::size_t> queue_;
  std::int64_t held_by_waiting_ = 0;
  bool was_stuck_ = false;
  std::vector<Duration> waits_;
  Duration now_{};
  std::uint64_t number_ = 0;
  std::uint64_t tickets_ = 0;
};

}  // namespace

model::PoolTrial simulate_pool(const std::vector<TracedUnit>& units, std::int64_t size, Duration acquire_timeout,
                               double load) {
  return Simulation(units, size, acquire_timeout).run(load);
}

}  // namespace lockkeeper::rules
