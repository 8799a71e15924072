// Whether and when a transaction is run again. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <lockkeeper/error.hpp>
#include <lockkeeper/transaction.hpp>

namespace lockkeeper::client {

/// At most a year: sums with it cannot overflow, and nobody lives to see the difference.
[[nodiscard]] constexpr std::chrono::milliseconds bounded(std::chrono::milliseconds time) noexcept {
  constexpr std::chrono::milliseconds year = std::chrono::hours(24 * 365);
  return time < year ? time : year;
}

/// The database asks for another run, and the first one has certainly left nothing behind.
[[nodiscard]] bool asks_for_retry(const Error& error) noexcept;

/// The pause before the next attempt, or nothing where the policy allows none: after `attempts` (>= 1) of them, the
/// first begun `since_first` ago. `random` picks within the pause's upper half: 0 the whole pause, the greatest value
/// half.
[[nodiscard]] std::optional<std::chrono::nanoseconds> pause_before_retry(const RetryPolicy& policy, unsigned attempts,
                                                                         std::chrono::nanoseconds since_first,
                                                                         std::uint32_t random) noexcept;

}  // namespace lockkeeper::client
