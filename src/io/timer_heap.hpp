// The timers of a loop, by the time that the heap knows of each: setting one later costs nothing until the old time has
// come.
#pragma once

#include <vector>

#include "io/loop.hpp"

namespace lockkeeper::io {

class TimerHeap {
 public:
  /// Tells the heap that the timer is to fire earlier than it knew.
  void set(Timer& timer);
  void remove(Timer& timer) noexcept;
  /// Signals the wakeups of those that are due.
  void fire(TimePoint now) noexcept;
  /// When to call `fire` again; a timer may have been moved meanwhile. max(): nothing to wait for.
  [[nodiscard]] TimePoint next() const noexcept { return entries_.empty() ? TimePoint::max() : entries_.front().at; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    TimePoint at;
    Timer* timer;
  };
  void put(std::size_t place, Entry entry) noexcept;
  void up(std::size_t place, Entry entry) noexcept;
  void down(std::size_t place, Entry entry) noexcept;
  void remove_at(std::size_t place) noexcept;

  std::vector<Entry> entries_;
};

}  // namespace lockkeeper::io
