#include "servers/wait.hpp"

#include <stdexcept>
#include <string>
#include <thread>

namespace lockkeeper::servers {
namespace {

constexpr std::chrono::milliseconds between{3};

}  // namespace

bool becomes_true(const std::function<bool()>& condition, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(between);  // tidy: waits between polls of a condition that has a deadline
  }
  return true;
}

void wait_until(const std::function<bool()>& condition, std::chrono::milliseconds timeout, std::string_view what) {
  if (becomes_true(condition, timeout)) return;
  throw std::runtime_error("waited " + std::to_string(timeout.count()) + " ms in vain for " + std::string(what));
}

}  // namespace lockkeeper::servers
