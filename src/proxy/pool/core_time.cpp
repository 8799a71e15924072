// Time, and what follows from events.
#include <algorithm>

#include "proxy/pool/core.hpp"

namespace lockkeeper::proxy::pool {

void Core::tick_at(TimePoint time) noexcept { next_tick_ = std::min(next_tick_, time); }

void Core::tick(TimePoint now, Actions& actions) {
  minimum_blocked_ = false;
  for (Pool& pool : pools_) {
    if (!pool.live) continue;
    expire_waiters(pool, now, actions);
    expire_servers(pool, now, actions);
  }
  settle_all(now, actions);
  next_tick_ = TimePoint::max();  // Whatever the above asked for is planned here again.
  for (const Pool& pool : pools_) {
    if (pool.live) plan(pool, now);
  }
}

void Core::expire_waiters(Pool& pool, TimePoint now, Actions& actions) {
  const FailReason why = pool.paused ? FailReason::paused : FailReason::queue_timeout;
  while (!pool.deadlines.empty() && waiters_[pool.deadlines.front()].deadline <= now)
    fail(pool.deadlines.front(), why, now, actions);
}

void Core::expire_servers(Pool& pool, TimePoint now, Actions& actions) {
  if (pool.next_expiry <= now) {
    pool.next_expiry = TimePoint::max();
    for (SlotIndex at = pool.idle.front(); at != no_slot;) {
      const SlotIndex next = servers_[at].in_state.next;
      const TimePoint end = expiry(pool, servers_[at]);
      if (end <= now) {
        close(at, CloseReason::lifetime, actions);
      } else {
        pool.next_expiry = std::min(pool.next_expiry, end);
      }
      at = next;
    }
  }
  while (!pool.checking.empty() && later(servers_[pool.checking.front()].since, pool.settings.check_timeout) <= now)
    close(pool.checking.front(), CloseReason::silent, actions);
  const Duration timeout = pool.settings.server_idle_timeout;
  while (timeout > Duration::zero() && !pool.idle.empty() && pool.total() > pool.settings.min_size &&
         later(servers_[pool.idle.back()].since, timeout) <= now)
    close(pool.idle.back(), CloseReason::idle_timeout, actions);
}

bool Core::fails_everybody(const Pool& pool, TimePoint now) const noexcept {
  return pool.last_failure && now < pool.retry_at && pool.total() == 0 && !pool.paused;
}

void Core::settle(Pool& pool, TimePoint now, Actions& actions) {
  if (fails_everybody(pool, now)) fail_all(pool, FailReason::connect_failed, now, actions);
  answer_pause(pool, actions);
  check_idle(pool, now, actions);
  serve_oldest(now, actions);
  fill_minimum(pool, now, actions);
  if (!pool.queue.empty() && pool.retry_at > now) tick_at(pool.retry_at);
}

void Core::settle_all(TimePoint now, Actions& actions) {
  for (Pool& pool : pools_) {
    if (!pool.live) continue;
    if (fails_everybody(pool, now)) fail_all(pool, FailReason::connect_failed, now, actions);
    answer_pause(pool, actions);
    check_idle(pool, now, actions);
  }
  serve_oldest(now, actions);
  for (Pool& pool : pools_) {
    if (pool.live) fill_minimum(pool, now, actions);
  }
}

void Core::answer_pause(Pool& pool, Actions& actions) {
  if (!pool.pause_unanswered || pool.total() != 0) return;
  pool.pause_unanswered = false;
  actions.paused.push_back(pool.id);
}

}  // namespace lockkeeper::proxy::pool
