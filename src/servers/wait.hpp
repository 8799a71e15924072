// Waiting for a condition, never for a time.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

namespace lockkeeper::servers {

/// On a loaded machine; where all is well nobody gets near it.
inline constexpr std::chrono::seconds default_patience{30};

/// Asks `condition` every few milliseconds until it holds. Throws std::runtime_error naming `what` at the timeout.
void wait_until(const std::function<bool()>& condition, std::chrono::milliseconds timeout, std::string_view what);

/// The same, but says whether the condition came true instead of throwing.
[[nodiscard]] bool becomes_true(const std::function<bool()>& condition, std::chrono::milliseconds timeout);

}  // namespace lockkeeper::servers
