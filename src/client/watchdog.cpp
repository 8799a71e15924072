#include "client/watchdog.hpp"

#include <chrono>
#include <utility>

#include "base/assert.hpp"

namespace lockkeeper::client {

std::shared_ptr<Watchdog> Watchdog::of_process() {
  static std::mutex mutex;
  static std::weak_ptr<Watchdog> shared;
  const std::lock_guard guard(mutex);
  std::shared_ptr<Watchdog> watchdog = shared.lock();
  if (!watchdog) shared = watchdog = make();
  return watchdog;
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard guard(mutex_);
    LK_ASSERT(timers_.size() == 0);
    ending_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Watchdog::Ticket::Ticket(std::shared_ptr<Watchdog> watchdog, WatchdogTimers::Time due, std::function<void()> callback)
    : watchdog_(std::move(watchdog)) {
  timer_.due = due;
  timer_.callback = std::move(callback);
}

Watchdog::Ticket::~Ticket() {
  std::unique_lock lock(watchdog_->mutex_);
  watchdog_->timers_.remove(timer_);
  watchdog_->finished_.wait(lock, [this] { return !timer_.running; });
}

std::unique_ptr<Watchdog::Ticket> Watchdog::watch(WatchdogTimers::Time due, std::function<void()> callback) {
  std::unique_ptr<Ticket> ticket(new Ticket(shared_from_this(), due, std::move(callback)));
  bool first = false;
  {
    const std::lock_guard guard(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    timers_.add(ticket->timer_);
    first = *timers_.next() == due;
  }
  if (first) changed_.notify_one();
  return ticket;
}

void Watchdog::run() noexcept {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (auto* due = static_cast<Ticket::Timer*>(timers_.take_due(std::chrono::steady_clock::now()))) {
      due->running = true;
      lock.unlock();
      due->callback();
      lock.lock();
      due->running = false;
      finished_.notify_all();
    } else if (const auto next = timers_.next()) {
      changed_.wait_until(lock, *next);
    } else {
      changed_.wait(lock);
    }
  }
}

}  // namespace lockkeeper::client
