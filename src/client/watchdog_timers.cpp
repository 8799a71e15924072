#include "client/watchdog_timers.hpp"

#include "base/assert.hpp"

namespace lockkeeper::client {

void WatchdogTimers::add(WatchdogTimer& timer) {
  LK_ASSERT(timer.index == WatchdogTimer::not_set);
  heap_.push_back(&timer);
  timer.index = heap_.size() - 1;
  sift_up(timer.index);
}

void WatchdogTimers::remove(WatchdogTimer& timer) noexcept {
  const std::size_t index = timer.index;
  if (index == WatchdogTimer::not_set) return;
  LK_ASSERT(index < heap_.size() && heap_[index] == &timer);
  WatchdogTimer* last = heap_.back();
  heap_.pop_back();
  timer.index = WatchdogTimer::not_set;
  if (last == &timer) return;
  place(index, last);
  sift_up(index);
  sift_down(last->index);
}

std::optional<WatchdogTimers::Time> WatchdogTimers::next() const noexcept {
  if (heap_.empty()) return std::nullopt;
  return heap_.front()->due;
}

WatchdogTimer* WatchdogTimers::take_due(Time now) noexcept {
  if (heap_.empty() || heap_.front()->due > now) return nullptr;
  WatchdogTimer* due = heap_.front();
  remove(*due);
  return due;
}

void WatchdogTimers::place(std::size_t index, WatchdogTimer* timer) noexcept {
  heap_[index] = timer;
  timer->index = index;
}

void WatchdogTimers::sift_up(std::size_t index) noexcept {
  WatchdogTimer* moving = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent]->due <= moving->due) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, moving);
}

void WatchdogTimers::sift_down(std::size_t index) noexcept {
  WatchdogTimer* moving = heap_[index];
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->due < heap_[child]->due) ++child;
    if (moving->due <= heap_[child]->due) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, moving);
}

}  // namespace lockkeeper::client
