// How an outbox's relays in this process learn that a transaction with messages has been committed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/mutex.hpp"

#include <chrono>
#include <condition_variable>

namespace lockkeeper::client {

/// What the threads of one relay wait for. Thread-safe.
class OutboxBell {
 public:
  OutboxBell() = default;
  OutboxBell(const OutboxBell&) = delete;
  OutboxBell& operator=(const OutboxBell&) = delete;

  void ring() noexcept;
  /// For good: nobody waits any more.
  void stop() noexcept;
  [[nodiscard]] bool stopped() const noexcept;
  [[nodiscard]] std::uint64_t rings() const noexcept;
  /// Until there are other rings than `seen`, it is stopped, or the time has come. True: it rang.
  bool wait(std::uint64_t seen, std::chrono::steady_clock::time_point until);
  /// Until it is stopped or the time has come. True: it is stopped.
  bool wait_for_stop(std::chrono::steady_clock::time_point until);

 private:
  mutable base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t rings_ LK_GUARDED_BY(mutex_) = 0;
  bool stopped_ LK_GUARDED_BY(mutex_) = false;
};

/// Has the bell rung for this table until it is destroyed. By the table's name alone: the relay often has a Database of
/// its own, and one look too many costs little.
void hang_up(const std::string& table, const std::shared_ptr<OutboxBell>& bell);
void ring_bells(const std::string& table) noexcept;

}  // namespace lockkeeper::client
