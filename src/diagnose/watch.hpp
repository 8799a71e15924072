// Looks at one server again and again, on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/mutex.hpp"
#include "diagnose/board.hpp"
#include "diagnose/conductor.hpp"

namespace lockkeeper::diagnose {

struct WatchSettings {
  std::chrono::milliseconds interval{1'000};  ///< From the beginning of a look to that of the next.
  Duration timeout = std::chrono::seconds(3);
};

/// Looks until it is destroyed, after looks that saw nothing with pauses of 1, 2, 4, 8 and 15 seconds, and puts what it
/// sees on the board.
class Watch {
 public:
  /// Called on the watch's thread: must not take long. Each may be empty.
  struct Hooks {
    std::function<void(Conductor&)> before_look;
    std::function<void(const View&, Conductor&)> after_look;  ///< Once it is on the board.
    std::function<void(Conductor&)> at_end;                   ///< After the last.
  };

  /// The first look begins at once. The board must outlive the watch.
  Watch(std::string name, std::unique_ptr<Conductor> conductor, Board& board, WatchSettings settings, Hooks hooks);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  /// Waits for the look under way: no longer than its timeout.
  ~Watch();

  /// Looks at once, and from then on at this interval.
  void hurry(std::chrono::milliseconds interval);

  /// Tells it to end without waiting, so that many end together.
  void stop() noexcept;

 private:
  void run();
  void look();
  [[nodiscard]] bool wait_until(std::chrono::steady_clock::time_point time);
  [[nodiscard]] std::chrono::milliseconds interval();

  const std::string name_;
  const std::unique_ptr<Conductor> conductor_;
  Board& board_;
  const Duration timeout_;
  const Hooks hooks_;
  std::optional<model::WallTime> unreachable_since_;  // Of the thread alone, as
  int failures_ = 0;                                  // the looks in a row that saw nothing at all.

  base::Mutex mutex_;
  std::condition_variable_any stopping_;
  bool stopped_ LK_GUARDED_BY(mutex_) = false;
  bool hurried_ LK_GUARDED_BY(mutex_) = false;
  std::chrono::milliseconds interval_ LK_GUARDED_BY(mutex_);
  std::thread thread_;
};

/// What a server that cannot be looked at is told as. The id is the same while it cannot, and the next time.
[[nodiscard]] model::Finding server_unreachable(const std::string& server, const model::LookFailure& failure,
                                                model::WallTime since, model::WallTime now);

}  // namespace lockkeeper::diagnose
