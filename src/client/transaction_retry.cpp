#include "client/transaction_retry.hpp"

#include <algorithm>

namespace lockkeeper::client {
namespace {

std::chrono::nanoseconds whole_pause(const RetryPolicy& policy, unsigned attempts) noexcept {
  const std::chrono::nanoseconds longest = bounded(policy.longest_pause);
  std::chrono::nanoseconds pause = std::min<std::chrono::nanoseconds>(bounded(policy.first_pause), longest);
  for (unsigned doubled = 1; doubled < attempts && pause.count() > 0 && pause < longest; ++doubled) pause *= 2;
  return std::min(pause, longest);
}

}  // namespace

bool asks_for_retry(const Error& error) noexcept {
  if (error.blast == Blast::commit_unknown) return false;
  return error.code == ErrorCode::serialization || error.code == ErrorCode::deadlock;
}

std::optional<std::chrono::nanoseconds> pause_before_retry(const RetryPolicy& policy, unsigned attempts,
                                                           std::chrono::nanoseconds since_first,
                                                           std::uint32_t random) noexcept {
  if (attempts >= policy.attempts) return std::nullopt;
  const std::chrono::nanoseconds whole = whole_pause(policy, attempts);
  // In double: a long pause times a 32-bit number would overflow. 2^33 makes the greatest number take off half.
  const auto less =
      std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(whole.count()) * random / 8589934592.0));
  const std::chrono::nanoseconds pause = whole - less;
  if (since_first + pause > bounded(policy.budget)) return std::nullopt;
  return pause;
}

}  // namespace lockkeeper::client
