#include "client/outbox_plan.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace lockkeeper::client {
namespace {

using std::chrono::milliseconds;

// `whole` less up to `parts` of 256, by the random number.
milliseconds shortened(milliseconds whole, std::int64_t parts, std::uint32_t random) noexcept {
  const auto share = static_cast<std::int64_t>(random % 1024);
  return whole - milliseconds(whole.count() * parts * share / (256 * 1024));
}

// Whoever has the message is about to write a claim, or keeps its row locked for longer.
constexpr milliseconds first_miss_pause{4};

// A database that has gone away is asked again after these: soon at first, never more than so rarely.
constexpr milliseconds first_failure_pause{100};
constexpr milliseconds longest_failure_pause{5'000};

}  // namespace

ClaimPlan plan_claim(std::span<const OutboxCandidate> found, unsigned attempts_limit) {
  ClaimPlan plan;
  if (found.empty()) return plan;
  if (found.front().was_claimed) {
    if (found.front().attempts >= attempts_limit) {
      plan.bury = found.front();
    } else {
      plan.claim.push_back(found.front());
    }
    return plan;
  }
  // Up to the first that is to be alone. Not past it: others of its key may stand behind.
  for (const OutboxCandidate& each : found) {
    if (each.was_claimed) break;
    plan.claim.push_back(each);
  }
  return plan;
}

std::vector<std::int64_t> keep_order(std::span<const OutboxCandidate> planned, std::span<const std::int64_t> locked) {
  std::vector<std::int64_t> kept;
  std::set<std::string_view> missed;
  for (const OutboxCandidate& each : planned) {
    if (missed.contains(each.key)) continue;
    if (std::ranges::find(locked, each.id) != locked.end()) {
      kept.push_back(each.id);
    } else if (!each.key.empty()) {
      missed.insert(each.key);
    }
  }
  return kept;
}

NextStep next_step(Delivery outcome, unsigned attempt, unsigned attempts_limit) noexcept {
  switch (outcome) {
    case Delivery::delivered: return NextStep::deliver_no_more;
    case Delivery::give_up: return NextStep::bury;
    case Delivery::retry_later: break;
  }
  return attempt >= attempts_limit ? NextStep::bury : NextStep::retry;
}

milliseconds pause_after(unsigned attempt, milliseconds first, milliseconds longest, std::uint32_t random) noexcept {
  milliseconds pause = std::min(first, longest);
  for (unsigned doubled = 1; doubled < attempt && pause < longest; ++doubled) {
    pause = pause > longest / 2 ? longest : pause * 2;
  }
  return std::max(shortened(pause, 128, random), milliseconds(1));
}

bool has_time(const OutboxRelaySettings& settings, RelayClock::time_point claim_expires,
              RelayClock::time_point now) noexcept {
  return now + settings.delivery_timeout + settings.database_timeout <= claim_expires;
}

void RelayPace::found(Time now) noexcept {
  failures_ = 0;
  misses_ = 0;
  next_ = now;
}

void RelayPace::missed(Time now, std::uint32_t random) noexcept {
  failures_ = 0;
  next_ = now + pause_after(++misses_, first_miss_pause, std::max(poll_interval_, first_miss_pause), random);
}

void RelayPace::found_nothing(Time now, std::uint32_t random) noexcept {
  failures_ = 0;
  misses_ = 0;
  next_ = now + shortened(poll_interval_, 26, random);
  if (!retry_) return;
  // Past: the look that has found nothing was made for it.
  if (*retry_ > now) next_ = std::min(next_, *retry_);
  if (*retry_ <= now) retry_.reset();
}

void RelayPace::due_at(Time time) noexcept {
  if (!retry_ || time < *retry_) retry_ = time;
}

void RelayPace::failed(Time now, std::uint32_t random) noexcept {
  ++failures_;
  next_ = now + pause_after(failures_, first_failure_pause, longest_failure_pause, random);
}

}  // namespace lockkeeper::client
