// Calls back when a time has come, whatever the threads of the application are doing meanwhile.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "client/watchdog_timers.hpp"

namespace lockkeeper::client {

/// Thread-safe. One thread looks out for what is due; whoever finds something is relieved by another one before it
/// calls back, without the lock, so that a callback that waits for a server that hangs delays nobody. Threads are
/// started as they are needed, a few at most; beyond that callbacks bound their waits. An exception that leaves one
/// ends the program.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
 public:
  /// The process's own; it lives as long as somebody holds it.
  [[nodiscard]] static std::shared_ptr<Watchdog> of_process();
  /// One apart, for tests.
  [[nodiscard]] static std::shared_ptr<Watchdog> make() { return std::shared_ptr<Watchdog>(new Watchdog); }

  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

  /// A timer. Its destruction takes the timer back, and waits for its callback where that is running just now:
  /// afterwards nothing of the callback is used any more. Must not be destroyed by its own callback.
  class Ticket {
   public:
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket();

   private:
    friend class Watchdog;
    struct Timer : WatchdogTimer {
      std::function<void()> callback;
      bool running = false;
    };
    Ticket(std::shared_ptr<Watchdog> watchdog, WatchdogTimers::Time due, std::function<void()> callback);
    std::shared_ptr<Watchdog> watchdog_;
    Timer timer_;
  };

  /// Calls `callback` once, at `due` or a little later.
  [[nodiscard]] std::unique_ptr<Ticket> watch(WatchdogTimers::Time due, std::function<void()> callback);

 private:
  Watchdog() = default;
  void run() noexcept;
  [[nodiscard]] Ticket::Timer* look_out(std::unique_lock<std::mutex>& lock);
  void start_thread();

  std::mutex mutex_;
  std::condition_variable changed_;   // A timer earlier than all others, or the end: for whoever looks out.
  std::condition_variable relieved_;  // Nobody looks out any more.
  std::condition_variable finished_;  // A callback.
  WatchdogTimers timers_;
  bool ending_ = false;
  bool has_lookout_ = false;
  std::size_t resting_ = 0;  // Threads that do nothing else.
  std::vector<std::thread> threads_;
};

}  // namespace lockkeeper::client
