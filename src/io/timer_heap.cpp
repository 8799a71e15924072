#include "io/timer_heap.hpp"

namespace lockkeeper::io {

void TimerHeap::set(Timer& timer) {
  timer.queued_for_ = timer.when_;
  if (timer.place_ == Timer::not_queued) {
    entries_.push_back({});
    up(entries_.size() - 1, {timer.when_, &timer});
  } else {
    up(timer.place_, {timer.when_, &timer});
  }
}

void TimerHeap::remove(Timer& timer) noexcept {
  if (timer.place_ != Timer::not_queued) remove_at(timer.place_);
}

void TimerHeap::fire(TimePoint now) noexcept {
  while (!entries_.empty() && entries_.front().at <= now) {
    Timer& timer = *entries_.front().timer;
    if (timer.when_ <= now || timer.when_ == TimePoint::max()) {
      const bool due = timer.when_ <= now;
      remove_at(0);
      if (due) timer.wakeup_->signal();
    } else {
      timer.queued_for_ = timer.when_;
      down(0, {timer.when_, &timer});
    }
  }
}

void TimerHeap::put(std::size_t place, Entry entry) noexcept {
  entries_[place] = entry;
  entry.timer->place_ = static_cast<std::uint32_t>(place);
}

void TimerHeap::up(std::size_t place, Entry entry) noexcept {
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (entries_[parent].at <= entry.at) break;
    put(place, entries_[parent]);
    place = parent;
  }
  put(place, entry);
}

void TimerHeap::down(std::size_t place, Entry entry) noexcept {
  for (std::size_t child = 2 * place + 1; child < entries_.size(); child = 2 * place + 1) {
    if (child + 1 < entries_.size() && entries_[child + 1].at < entries_[child].at) ++child;
    if (entry.at <= entries_[child].at) break;
    put(place, entries_[child]);
    place = child;
  }
  put(place, entry);
}

void TimerHeap::remove_at(std::size_t place) noexcept {
  Timer& timer = *entries_[place].timer;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (last.timer != &timer) {
    // The last one may belong above this place or below it.
    if (last.at < timer.queued_for_) {
      up(place, last);
    } else {
      down(place, last);
    }
  }
  timer.place_ = Timer::not_queued;
  timer.queued_for_ = TimePoint::max();
}

}  // namespace lockkeeper::io
