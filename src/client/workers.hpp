// A few threads for what may take long: connecting, closing, cleaning up, asking the database who waits.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.hpp"

#include <condition_variable>

namespace lockkeeper::client {

/// Runs jobs in order, up to `most` at once, on threads made when first needed. Jobs must not throw, and each has its
/// own deadline. The queue is bounded by what posts to it: a pool has at most a few jobs a slot.
class Workers {
 public:
  explicit Workers(std::size_t most) : most_(most) {}
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers() { stop(); }

  void post(std::function<void()> job);

  /// Runs what is queued, then ends the threads. Jobs posted later run at once, on the thread that posts. Safe to call
  /// twice.
  void stop();

 private:
  void work();

  const std::size_t most_;
  base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> jobs_ LK_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ LK_GUARDED_BY(mutex_);
  std::size_t unoccupied_ LK_GUARDED_BY(mutex_) = 0;
  bool stopping_ LK_GUARDED_BY(mutex_) = false;
};

}  // namespace lockkeeper::client
