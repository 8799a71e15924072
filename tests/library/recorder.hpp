// A listener that remembers, for tests.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include <lockkeeper/event_listener.hpp>

namespace lockkeeper::testing {

/// Thread-safe.
class EventRecorder : public EventListener {
 public:
  void on_event(const Event& event) noexcept override {
    const std::lock_guard guard(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }

  [[nodiscard]] std::vector<Event> of(EventKind kind) const {
    const std::lock_guard guard(mutex_);
    std::vector<Event> found;
    std::ranges::copy_if(events_, std::back_inserter(found), [&](const Event& event) { return event.kind == kind; });
    return found;
  }

  /// The first event of the kind, now or within ten seconds.
  [[nodiscard]] std::optional<Event> wait_for(EventKind kind) {
    std::unique_lock guard(mutex_);
    const auto of_kind = [&](const Event& event) { return event.kind == kind; };
    const auto found = [&] { return std::ranges::find_if(events_, of_kind); };
    if (!changed_.wait_for(guard, std::chrono::seconds(10), [&] { return found() != events_.end(); }))
      return std::nullopt;
    return *found();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> events_;
};

}  // namespace lockkeeper::testing
