#include "client/drivers/sqlite_interruption.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace lockkeeper::client::sqlite {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A thousand steps of SQLite's machine take some 20 microseconds, a look at the clock a thousandth of that.
constexpr int steps_between_looks = 1000;

}  // namespace

void Interruption::watch(sqlite3* database) noexcept {
  {
    const std::lock_guard lock(mutex_);
    database_ = database;
  }
  sqlite3_busy_handler(database, &Interruption::on_busy, this);
  sqlite3_progress_handler(database, steps_between_looks, &Interruption::on_progress, this);
}

// A cancel that is half done is waited for: the interrupt it is about to send must not meet the next statement.
void Interruption::finish_cancelled() noexcept {
  const std::lock_guard lock(mutex_);
  state_.store(State::idle);
}

StoppedBy Interruption::stopped_by() const noexcept {
  if (stopped_by_ != StoppedBy::nothing) return stopped_by_;
  return is_cancelled() ? StoppedBy::cancel : StoppedBy::nothing;
}

bool Interruption::should_stop() noexcept {
  const State state = state_.load(std::memory_order_relaxed);
  if (state == State::idle) return false;
  if (state == State::cancelled) {
    stopped_by_ = StoppedBy::cancel;
  } else if (has_passed(deadline_)) {
    stopped_by_ = StoppedBy::deadline;
  } else {
    return false;
  }
  return true;
}

void Interruption::rest_until(Deadline end) noexcept {
  std::unique_lock lock(mutex_);
  awake_.wait_until(lock, end, [this] { return is_unlocked_ || is_cancelled(); });
}

bool Interruption::wait_for_lock(int round) noexcept {
  // SQLite cannot say when a lock of another connection comes free. Short first, for transactions are short; then
  // seldom enough that a hundred who wait cost nothing.
  constexpr std::array<int, 7> naps{1, 1, 2, 3, 5, 10, 20};
  if (state_.load() == State::idle || should_stop()) return false;
  is_waiting_.store(true);
  const milliseconds nap(naps.at(std::min(static_cast<std::size_t>(round), naps.size() - 1)));
  {
    const std::lock_guard lock(mutex_);
    is_unlocked_ = false;
  }
  rest_until(std::min(Clock::now() + nap, deadline_));
  return !should_stop();
}

bool Interruption::wait_for_unlock() noexcept {
  {
    const std::lock_guard lock(mutex_);
    is_unlocked_ = false;
  }
  // It may call back before it returns, so the mutex must be free here.
  if (sqlite3_unlock_notify(database_, &Interruption::on_unlock, this) != SQLITE_OK) {
    stopped_by_ = StoppedBy::deadlock;
    return false;
  }
  rest_until(deadline_);
  sqlite3_unlock_notify(database_, nullptr, nullptr);
  return !should_stop();
}

bool Interruption::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  if (database_ == nullptr) return false;
  State expected = State::running;
  if (!state_.compare_exchange_strong(expected, State::cancelled)) return true;
  sqlite3_interrupt(database_);
  awake_.notify_all();
  return true;
}

void Interruption::close() noexcept {
  const std::lock_guard lock(mutex_);
  database_ = nullptr;
}

int Interruption::on_busy(void* self, int round) noexcept {
  return static_cast<Interruption*>(self)->wait_for_lock(round) ? 1 : 0;
}

// SQLite asks once more when a statement has done its last step: to stop then would call failed what is committed.
int Interruption::on_progress(void* self) noexcept {
  auto& interruption = *static_cast<Interruption*>(self);
  const bool has_ended = interruption.statement_ != nullptr && sqlite3_stmt_busy(interruption.statement_) == 0;
  return !has_ended && interruption.should_stop() ? 1 : 0;
}

void Interruption::on_unlock(void** waiting, int count) noexcept {
  for (int index = 0; index < count; ++index) {
    auto& self = *static_cast<Interruption*>(waiting[index]);
    const std::lock_guard lock(self.mutex_);
    self.is_unlocked_ = true;
    self.awake_.notify_all();
  }
}

void SqliteCanceller::cancel(Deadline) {
  if (interruption_->cancel()) return;
  throw Failure({ErrorCode::connection_lost, "", "nothing to cancel: the connection is closed", Blast::connection});
}

}  // namespace lockkeeper::client::sqlite
