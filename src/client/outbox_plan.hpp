// What an outbox relay decides: pure, with the time and the random numbers as arguments.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <lockkeeper/outbox.hpp>

namespace lockkeeper::client {

using RelayClock = std::chrono::steady_clock;

/// A message that is due and not behind an earlier one of its key, as a look has found it.
struct OutboxCandidate {
  std::int64_t id = 0;
  std::string key;
  unsigned attempts = 0;
  bool was_claimed = false;  ///< Its claim has expired without an outcome.
};

/// What to do with what a look has found. In order of id.
struct ClaimPlan {
  std::vector<OutboxCandidate> claim;
  std::optional<OutboxCandidate> bury;  ///< Its attempts are used up, the last one without a word.
};

/// `found` in order of id. What was claimed before is taken by itself: see OutboxRelay.
[[nodiscard]] ClaimPlan plan_claim(std::span<const OutboxCandidate> found, unsigned attempts_limit);

/// Of what was planned, what could be locked and may be delivered: where a message was missed, because somebody else
/// has it, those of its key behind it are left out. `locked`: ids, in any order.
[[nodiscard]] std::vector<std::int64_t> keep_order(std::span<const OutboxCandidate> planned,
                                                   std::span<const std::int64_t> locked);

enum class NextStep { deliver_no_more, retry, bury };

/// After an attempt, the nth.
[[nodiscard]] NextStep next_step(Delivery outcome, unsigned attempt, unsigned attempts_limit) noexcept;

/// Before the attempt after the nth: first, doubled n - 1 times, at most longest; less up to half of it, by `random`.
[[nodiscard]] std::chrono::milliseconds pause_after(unsigned attempt, std::chrono::milliseconds first,
                                                    std::chrono::milliseconds longest, std::uint32_t random) noexcept;

/// Whether a delivery begun now would be over, and recorded, before the claim expires.
[[nodiscard]] bool has_time(const OutboxRelaySettings& settings, RelayClock::time_point claim_expires,
                            RelayClock::time_point now) noexcept;

/// When a thread of a relay looks again.
class RelayPace {
 public:
  using Time = RelayClock::time_point;

  RelayPace(std::chrono::milliseconds poll_interval, Time now) : poll_interval_(poll_interval), next_(now) {}

  /// Something was claimed: there may be more.
  void found(Time now) noexcept;
  /// There was something, and others had it.
  void missed(Time now, std::uint32_t random) noexcept;
  void found_nothing(Time now, std::uint32_t random) noexcept;
  /// A message of ours is due again then.
  void due_at(Time time) noexcept;
  void failed(Time now, std::uint32_t random) noexcept;
  /// Somebody has added something. A transaction has been committed for it, so that the database is there.
  void rung(Time now) noexcept { next_ = now; }

  [[nodiscard]] Time next_look() const noexcept { return next_; }
  /// Failures since it last worked.
  [[nodiscard]] unsigned failures() const noexcept { return failures_; }

 private:
  std::chrono::milliseconds poll_interval_;
  Time next_;
  std::optional<Time> retry_;
  unsigned failures_ = 0;
  unsigned misses_ = 0;  // In a row.
};

}  // namespace lockkeeper::client
