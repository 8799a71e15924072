// A transaction's timeout: seen by its owner at the next use, told and enforced by the watchdog meanwhile.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include <lockkeeper/connection.hpp>

#include "client/watchdog.hpp"

namespace lockkeeper::client {

/// Never touches the connection: sets a flag, cancels out of band what is running, and tells, once. Belongs to the
/// owner's thread but for what the watchdog does.
class TransactionTimer {
 public:
  /// `tell` is called once when the time has passed, by the watchdog or by whoever asks first, on either's thread.
  TransactionTimer(Watchdog& watchdog, Deadline deadline, std::shared_ptr<Canceller> canceller,
                   std::function<void()> tell);

  [[nodiscard]] Deadline deadline() const noexcept { return deadline_; }
  /// Whether the time has passed; tells if nobody has.
  [[nodiscard]] bool passed() noexcept;
  /// Afterwards neither cancels nor tells any more; waits where the watchdog does so just now.
  void stop() noexcept { ticket_.reset(); }

  /// While one lives a statement is running, and is cancelled at the deadline.
  class Running {
   public:
    /// Null: a transaction without timeout.
    explicit Running(TransactionTimer* timer) noexcept;
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running();

   private:
    TransactionTimer* timer_;
  };

 private:
  void fire() noexcept;
  void expire() noexcept;
  void cancel() noexcept;

  const Deadline deadline_;
  const std::shared_ptr<Canceller> canceller_;
  const std::function<void()> tell_;
  std::atomic<bool> expired_{false};
  std::atomic<int> running_{0};
  std::unique_ptr<Watchdog::Ticket> ticket_;  // Last: its callback uses the others.
};

}  // namespace lockkeeper::client
