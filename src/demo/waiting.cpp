#include "demo/waiting.hpp"

#include <thread>

namespace lockkeeper::demo {

bool comes_true(const std::function<bool()>& condition, Deadline deadline, const std::function<bool()>& interrupted,
                std::chrono::milliseconds interval) {
  for (;;) {
    if (interrupted()) throw Interrupted();
    if (condition()) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(interval);  // tidy: waits between two looks at the condition
  }
}

}  // namespace lockkeeper::demo
