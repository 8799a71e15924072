#include "client/watchdog.hpp"

#include <chrono>
#include <system_error>
#include <utility>

#include "base/assert.hpp"

namespace lockkeeper::client {
namespace {

// So many servers may hang at once, or so many transactions on one, before a timeout is told late.
constexpr std::size_t most_threads = 8;

}  // namespace

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
  changed_.notify_all();
  relieved_.notify_all();
  for (std::thread& thread : threads_) thread.join();
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
    if (threads_.empty()) start_thread();
    timers_.add(ticket->timer_);
    first = *timers_.next() == due;
  }
  if (first) changed_.notify_one();
  return ticket;
}

void Watchdog::start_thread() {
  threads_.emplace_back([this] { run(); });
}

// Where no further thread can be had, whoever has called back looks out again afterwards.
void Watchdog::run() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++resting_;
    relieved_.wait(lock, [this] { return ending_ || !has_lookout_; });
    --resting_;
    has_lookout_ = true;
    Ticket::Timer* const due = look_out(lock);
    has_lookout_ = false;
    if (due == nullptr) return;
    due->running = true;
    if (resting_ > 0) {
      relieved_.notify_one();
    } else if (threads_.size() < most_threads) {
      try {
        start_thread();
      } catch (const std::system_error&) {
      }
    }
    lock.unlock();
    due->callback();
    lock.lock();
    due->running = false;
    finished_.notify_all();
  }
}

// What is due, once something is; null at the end.
Watchdog::Ticket::Timer* Watchdog::look_out(std::unique_lock<std::mutex>& lock) {
  while (!ending_) {
    if (auto* due = timers_.take_due(std::chrono::steady_clock::now())) return static_cast<Ticket::Timer*>(due);
    if (const auto next = timers_.next()) {
      changed_.wait_until(lock, *next);
    } else {
      changed_.wait(lock);
    }
  }
  return nullptr;
}

}  // namespace lockkeeper::client
