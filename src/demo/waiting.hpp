// Waiting for a condition, until a deadline, and no longer than the viewer wants.
#pragma once

#include <chrono>
#include <exception>
#include <functional>

#include <lockkeeper/connection.hpp>

namespace lockkeeper::demo {

/// The viewer pressed Ctrl-C.
struct Interrupted : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "interrupted"; }
};

/// The viewer does not want to see more.
struct Left : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "left"; }
};

/// So far from now.
[[nodiscard]] inline Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

/// Asks again and again, `interval` apart, until it holds; false: it did not by the deadline. Throws Interrupted.
[[nodiscard]] bool comes_true(const std::function<bool()>& condition, Deadline deadline,
                              const std::function<bool()>& interrupted,
                              std::chrono::milliseconds interval = std::chrono::milliseconds(20));

}  // namespace lockkeeper::demo
