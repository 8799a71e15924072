#include "base/parker.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace lockkeeper::base {
namespace {

// std::chrono::steady_clock is CLOCK_MONOTONIC, which FUTEX_WAIT_BITSET takes as an absolute time.
timespec absolute(std::chrono::steady_clock::time_point time) {
  const auto since_boot = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
  timespec converted{};
  converted.tv_sec = static_cast<std::time_t>(seconds.count());
  converted.tv_nsec = static_cast<long>(std::chrono::nanoseconds(since_boot - seconds).count());
  return converted;
}

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* timeout) noexcept {
  return syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, timeout, nullptr, FUTEX_BITSET_MATCH_ANY);
}

}  // namespace

bool Parker::park_until(std::chrono::steady_clock::time_point deadline) noexcept {
  std::uint32_t expected = empty;
  if (state_.compare_exchange_strong(expected, asleep, std::memory_order_acq_rel)) {
    const timespec until = absolute(deadline);
    while (state_.load(std::memory_order_acquire) == asleep) {
      if (futex(state_, FUTEX_WAIT_BITSET, asleep, &until) == -1 && errno == ETIMEDOUT) break;
    }
  }
  return state_.exchange(empty, std::memory_order_acq_rel) == woken;
}

void Parker::unpark() noexcept {
  if (state_.exchange(woken, std::memory_order_acq_rel) == asleep) futex(state_, FUTEX_WAKE, 1, nullptr);
}

}  // namespace lockkeeper::base
