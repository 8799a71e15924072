// Words from other threads: work to do and the word to stop, with the eventfd that wakes the loop.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "base/mutex.hpp"

namespace lockkeeper::io {

class PostBox {
 public:
  PostBox();  ///< `descriptor()` is -1 where the system has none left; errno says why.
  PostBox(const PostBox&) = delete;
  PostBox& operator=(const PostBox&) = delete;
  ~PostBox();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  void post(std::function<void()> work) LK_EXCLUDES(mutex_);
  void stop() noexcept;  ///< Nothing in it that a signal handler may not do.
  [[nodiscard]] bool take_stop() noexcept { return stopping_.exchange(false, std::memory_order_acq_rel); }

  /// Does the work that is there, in order; what it posts is left for the next call.
  void work() LK_EXCLUDES(mutex_);
  [[nodiscard]] bool empty() const noexcept { return !filled_.load(std::memory_order_acquire); }
  [[nodiscard]] bool stop_wanted() const noexcept { return stopping_.load(std::memory_order_acquire); }
  void discard() LK_EXCLUDES(mutex_);

 private:
  void ring() noexcept;

  int descriptor_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> filled_ = false;
  base::Mutex mutex_;
  std::vector<std::function<void()>> work_ LK_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> at_work_;  // The loop's thread alone; kept for its memory.
};

}  // namespace lockkeeper::io
