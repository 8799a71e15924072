// One thread's place to sleep until another wakes it or a deadline passes. Cheaper than a condition variable: waking
// somebody who has not gone to sleep yet costs no system call.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace lockkeeper::base {

/// Wake-ups are kept: an unpark before the park ends it at once. One thread parks, any number unpark.
class Parker {
 public:
  /// Returns whether it was woken; false when the deadline has passed. Never wakes for nothing.
  bool park_until(std::chrono::steady_clock::time_point deadline) noexcept;

  /// What the waker wrote before is seen by the woken. Touches nothing of the parker after the woken may have left, but
  /// its address.
  void unpark() noexcept;

 private:
  static constexpr std::uint32_t empty = 0;
  static constexpr std::uint32_t woken = 1;
  static constexpr std::uint32_t asleep = 2;
  std::atomic<std::uint32_t> state_{empty};
};

}  // namespace lockkeeper::base
