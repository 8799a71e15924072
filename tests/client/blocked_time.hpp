// How long a thread has waited for something, however busy the machine is.
#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>

namespace lockkeeper::testing {

/// Of the calling thread since construction: the time in which it neither ran nor was ready to (proc(5), schedstat of a
/// task: nanoseconds on a processor, and ready without one). All of the time where the kernel does not tell.
class BlockedTime {
 public:
  [[nodiscard]] std::chrono::nanoseconds so_far() const {
    return std::chrono::steady_clock::now() - began_ - (ready() - ready_before_);
  }

 private:
  static std::chrono::nanoseconds ready() {
    std::ifstream file("/proc/thread-self/schedstat");
    std::int64_t on_processor = 0, without_one = 0;
    file >> on_processor >> without_one;
    return std::chrono::nanoseconds(on_processor + without_one);
  }

  std::chrono::nanoseconds ready_before_ = ready();
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace lockkeeper::testing
