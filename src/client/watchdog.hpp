// Calls back when a time has come, whatever the threads of the application are doing meanwhile.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "client/watchdog_timers.hpp"

namespace lockkeeper::client {

/// One thread, started with the first timer. Thread-safe. Callbacks run one after another on that thread and without
/// its lock; a slow one delays the others, so they bound their waits. An exception that leaves one ends the program.
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

  std::mutex mutex_;
  std::condition_variable changed_;   // A timer earlier than all others, or the end.
  std::condition_variable finished_;  // A callback.
  WatchdogTimers timers_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace lockkeeper::client
