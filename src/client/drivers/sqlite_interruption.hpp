// What ends a statement before its time, and what it waits by: the deadline, and cancellers on other threads.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include <lockkeeper/connection.hpp>

#include "base/coarse_clock.hpp"

namespace lockkeeper::client::sqlite {

enum class StoppedBy { nothing, deadline, cancel, deadlock };

/// A look at the precise clock costs as much as the driver's whole part in a small statement; so it is taken only where
/// the other one is in doubt.
[[nodiscard]] inline bool has_passed(Deadline deadline) noexcept {
  constexpr std::chrono::milliseconds doubt{50};  // More than the coarse clock is ever behind.
  return deadline <= base::coarse_now() + doubt && deadline <= std::chrono::steady_clock::now();
}

/// Shared by a connection and its cancellers. The connection's thread calls everything but `cancel`.
class Interruption {
 public:
  Interruption() = default;
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// Takes over waiting for locks and looking at the clock on this database, until `close`. Called again it takes over
  /// again, from PRAGMA busy_timeout.
  void watch(sqlite3* database) noexcept;

  /// The statement that is stepped from here on, or null. Once it has come to its end nothing stops it any more.
  void set_statement(sqlite3_stmt* statement) noexcept { statement_ = statement; }

  /// From here on a cancel has something to stop.
  void start(Deadline deadline) noexcept {
    deadline_ = deadline;
    stopped_by_ = StoppedBy::nothing;
    is_waiting_.store(false, std::memory_order_relaxed);
    state_.store(State::running, std::memory_order_release);
  }
  /// Another deadline for what runs.
  void renew(Deadline deadline) noexcept { deadline_ = deadline; }
  void finish() noexcept {
    State expected = State::running;
    if (!state_.compare_exchange_strong(expected, State::idle)) finish_cancelled();
  }

  /// Why what runs was stopped, or should be.
  [[nodiscard]] StoppedBy stopped_by() const noexcept;
  /// Looks at clock and cancellers. While nothing runs nothing is stopped.
  [[nodiscard]] bool should_stop() noexcept;

  /// Waits a little before the `round`th next attempt at a lock, at most until the deadline. False: no more attempts.
  [[nodiscard]] bool wait_for_lock(int round) noexcept;
  /// Waits until the connection that holds up this one, in a shared cache, ends its transaction. False: it has not.
  [[nodiscard]] bool wait_for_unlock() noexcept;

  /// Whether the last thing that what runs has done was to wait for a lock. Any thread.
  [[nodiscard]] bool is_waiting() const noexcept { return is_waiting_.load() && state_.load() != State::idle; }

  /// Any thread. False once the connection is closed.
  [[nodiscard]] bool cancel() noexcept;

  /// The database is about to go.
  void close() noexcept;

 private:
  enum class State { idle, running, cancelled };

  void finish_cancelled() noexcept;
  static int on_busy(void* self, int round) noexcept;
  static int on_progress(void* self) noexcept;
  static void on_unlock(void** waiting, int count) noexcept;
  [[nodiscard]] bool is_cancelled() const noexcept { return state_.load() == State::cancelled; }
  /// Until it is time to give up, at the latest at `end`. What wakes it early: a cancel, or an unlock.
  void rest_until(Deadline end) noexcept;

  Deadline deadline_{};
  StoppedBy stopped_by_ = StoppedBy::nothing;
  sqlite3_stmt* statement_ = nullptr;
  std::atomic<State> state_ = State::idle;
  std::atomic<bool> is_waiting_ = false;
  std::mutex mutex_;               // Held by a cancel until it is over, so that it never meets a later statement.
  sqlite3* database_ = nullptr;    // Written under the mutex.
  bool is_unlocked_ = false;       // Under the mutex.
  std::condition_variable awake_;  // For cancels and unlocks.
};

/// What runs between its making and its end can be stopped.
class Running {
 public:
  Running(Interruption& interruption, Deadline deadline) noexcept : interruption_(interruption) {
    interruption_.start(deadline);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { interruption_.finish(); }

 private:
  Interruption& interruption_;
};

class SqliteCanceller : public Canceller {
 public:
  explicit SqliteCanceller(std::shared_ptr<Interruption> interruption) : interruption_(std::move(interruption)) {}

  /// Never waits: there is no server to ask.
  void cancel(Deadline deadline) override;

 private:
  std::shared_ptr<Interruption> interruption_;
};

}  // namespace lockkeeper::client::sqlite
