// How long a statement may go on that was asked to stop.
#pragma once

#include <algorithm>
#include <chrono>

#include <lockkeeper/connection.hpp>

namespace lockkeeper::client {

/// Short where nothing is heard from the server. What was on its way when it stopped is read to its end, or the session
/// and its transaction would be lost for rows that nobody wants; within a bound of its own.
class Grace {
 public:
  void begin(Deadline now) noexcept {
    end_ = now + most_reading;
    heard(now);
  }
  /// Something has come.
  void heard(Deadline now) noexcept { last_moment_ = std::min(now + silence, end_); }

  [[nodiscard]] Deadline last_moment() const noexcept { return last_moment_; }

 private:
  // A round trip, perhaps with a second connection, and the end of an uninterruptible step.
  static constexpr std::chrono::seconds silence{1};
  // What fits into the buffers of two sockets, some megabytes in rows of a few bytes, on a slow machine.
  static constexpr std::chrono::seconds most_reading{3};

  Deadline last_moment_{};
  Deadline end_{};
};

}  // namespace lockkeeper::client
