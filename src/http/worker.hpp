// One thread for what would hold up the loop: questions to the history, actions.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <thread>

#include "base/mutex.hpp"

namespace lockkeeper::http {

/// Thread-safe. Jobs run one after the other, in order, and must not throw.
class Worker {
 public:
  explicit Worker(std::size_t most_waiting);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// False: too many wait already, or it was stopped.
  [[nodiscard]] bool submit(std::function<void()> job);

  /// Drops what waits, and returns once the job that runs has ended.
  void stop();

 private:
  void run();

  std::size_t most_waiting_;
  base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> jobs_ LK_GUARDED_BY(mutex_);
  bool stopped_ LK_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace lockkeeper::http
