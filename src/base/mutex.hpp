// A mutex that clang's thread-safety analysis understands: -Wthread-safety refuses guarded data used without its lock.
#pragma once

#include <mutex>

#if defined(__clang__)
#define LK_CAPABILITY(name) __attribute__((capability(name)))
#define LK_SCOPED_CAPABILITY __attribute__((scoped_lockable))
#define LK_GUARDED_BY(mutex) __attribute__((guarded_by(mutex)))
#define LK_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define LK_EXCLUDES(...) __attribute__((locks_excluded(__VA_ARGS__)))
#define LK_ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define LK_RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))
#define LK_NO_THREAD_SAFETY_ANALYSIS __attribute__((no_thread_safety_analysis))
#else
#define LK_CAPABILITY(name)
#define LK_SCOPED_CAPABILITY
#define LK_GUARDED_BY(mutex)
#define LK_REQUIRES(...)
#define LK_EXCLUDES(...)
#define LK_ACQUIRE(...)
#define LK_RELEASE(...)
#define LK_NO_THREAD_SAFETY_ANALYSIS
#endif

namespace lockkeeper::base {

class LK_CAPABILITY("mutex") Mutex {
 public:
  void lock() LK_ACQUIRE() { mutex_.lock(); }
  void unlock() LK_RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds the mutex until the end of the scope, but for the times between unlock and lock.
class LK_SCOPED_CAPABILITY Guard {
 public:
  explicit Guard(Mutex& mutex) LK_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() LK_RELEASE() {
    if (locked_) mutex_.unlock();
  }
  void lock() LK_ACQUIRE() {
    mutex_.lock();
    locked_ = true;
  }
  void unlock() LK_RELEASE() {
    locked_ = false;
    mutex_.unlock();
  }

 private:
  Mutex& mutex_;
  bool locked_ = true;
};

}  // namespace lockkeeper::base
