// Timers in the order in which they are due. Pure: no clock, no thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

namespace lockkeeper::client {

/// One timer, owned by whoever set it. Stays where it is while it is set.
struct WatchdogTimer {
  static constexpr std::size_t not_set = std::numeric_limits<std::size_t>::max();
  std::chrono::steady_clock::time_point due{};
  std::size_t index = not_set;  ///< WatchdogTimers' own: its place in the heap.
};

/// A binary heap whose timers know their places, so that one that is taken back leaves at once: nearly every timer of a
/// transaction is, and kept until it is due, a minute's worth of them would lie here.
class WatchdogTimers {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `timer` is not set yet.
  void add(WatchdogTimer& timer);
  /// Does nothing where it is not set (any more).
  void remove(WatchdogTimer& timer) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  /// When the first one is due.
  [[nodiscard]] std::optional<Time> next() const noexcept;
  /// Removes and returns the first one that is due at `now`; null if there is none.
  [[nodiscard]] WatchdogTimer* take_due(Time now) noexcept;

 private:
  void place(std::size_t index, WatchdogTimer* timer) noexcept;
  void sift_up(std::size_t index) noexcept;
  void sift_down(std::size_t index) noexcept;

  std::vector<WatchdogTimer*> heap_;
};

}  // namespace lockkeeper::client
