#include "log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <mutex>

namespace lockkeeper {

void log_line(LogLevel level, std::string_view text) {
  static std::mutex mutex;
  static constexpr std::string_view names[] = {"error", "warning", "info", "debug"};
  if (level == LogLevel::debug) return;
  const std::lock_guard guard(mutex);
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  fmt::print(stderr, "{:%Y-%m-%dT%H:%M:%S}Z {}: {}\n", now, names[static_cast<std::size_t>(level)], text);
  std::fflush(stderr);
}

}  // namespace lockkeeper
