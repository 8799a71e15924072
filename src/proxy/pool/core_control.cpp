// Pools, their settings, and what an administrator tells them.
#include <algorithm>

#include "base/assert.hpp"
#include "proxy/pool/core.hpp"

namespace lockkeeper::proxy::pool {

// --- pools ---

PoolId Core::add_pool(DatabaseId database, UserId user, const PoolSettings& settings, TimePoint now) {
  LK_ASSERT(settings.size > 0);
  if (free_pools_.empty()) {
    free_pools_.emplace_back(static_cast<std::uint32_t>(pools_.size()));
    pools_.emplace_back();
  }
  const PoolId id = free_pools_.back();
  free_pools_.pop_back();
  Pool& pool = pool_at(id);
  pool = Pool{};
  pool.live = true;
  pool.id = id;
  pool.database = database;
  pool.user = user;
  pool.settings = settings;
  pool.idle_at.resize(worker_count_);
  pool.paused = all_paused_;
  limit(Scope::database, database.value());  // Both exist from now on.
  limit(Scope::user, user.value());
  if (settings.min_size > 0) tick_at(now);
  return id;
}

bool Core::remove_pool(PoolId id) {
  Pool& pool = pool_at(id);
  if (!pool.live || pool.total() > 0 || !pool.queue.empty()) return false;
  pool = Pool{};
  free_pools_.push_back(id);
  return true;
}

void Core::set_settings(PoolId id, const PoolSettings& settings, TimePoint now, Actions& actions) {
  LK_ASSERT(settings.size > 0);
  Pool& pool = pool_at(id);
  pool.settings = settings;
  if (settings.pass_through) close_all_idle(pool, CloseReason::surplus, actions);
  while (pool.total() > settings.size && !pool.idle.empty()) close(pool.idle.back(), CloseReason::surplus, actions);
  pool.next_expiry = TimePoint::min();  // Looked at anew.
  expire_servers(pool, now, actions);
  settle(pool, now, actions);
  plan(pool, now);
}

void Core::set_database_limit(DatabaseId database, std::uint32_t most, TimePoint now, Actions& actions) {
  limit(Scope::database, database.value()).most = most;
  close_beyond(Scope::database, database.value(), actions);
  settle_all(now, actions);
}

void Core::set_user_limit(UserId user, std::uint32_t most, TimePoint now, Actions& actions) {
  limit(Scope::user, user.value()).most = most;
  close_beyond(Scope::user, user.value(), actions);
  settle_all(now, actions);
}

void Core::set_global_limit(std::uint32_t most, TimePoint now, Actions& actions) {
  global_.most = most;
  close_beyond(Scope::global, 0, actions);
  settle_all(now, actions);
}

// --- control ---

void Core::begin_pause(Pool& pool, Actions& actions) {
  pool.paused = true;
  pool.pause_unanswered = true;
  close_all_idle(pool, CloseReason::paused, actions);
}

void Core::pause(PoolId id, TimePoint now, Actions& actions) {
  Pool& pool = pool_at(id);
  begin_pause(pool, actions);
  settle(pool, now, actions);
}

void Core::begin_again(Pool& pool) noexcept {
  pool.paused = pool.pause_unanswered = false;
  pool.retry_at = TimePoint::min();  // Somebody who asks for it does not mean "in a quarter of a minute".
}

void Core::resume(PoolId id, TimePoint now, Actions& actions) {
  Pool& pool = pool_at(id);
  begin_again(pool);
  settle(pool, now, actions);
}

void Core::mark_reconnect(Pool& pool, Actions& actions) {
  close_all_idle(pool, CloseReason::reconnect, actions);
  const auto mark = [&](const ServerList& list) {
    for (SlotIndex at = list.front(); at != no_slot; at = servers_[at].in_state.next) {
      if (!servers_[at].close_as) servers_[at].close_as = CloseReason::reconnect;
    }
  };
  pool.retry_at = TimePoint::min();
  mark(pool.in_use);
  mark(pool.connecting);
}

void Core::reconnect(PoolId id, TimePoint now, Actions& actions) {
  Pool& pool = pool_at(id);
  mark_reconnect(pool, actions);
  settle(pool, now, actions);
}

void Core::pause_all(TimePoint now, Actions& actions) {
  all_paused_ = true;
  for (Pool& pool : pools_) {
    if (pool.live) begin_pause(pool, actions);
  }
  settle_all(now, actions);
}

void Core::resume_all(TimePoint now, Actions& actions) {
  all_paused_ = false;
  for (Pool& pool : pools_) begin_again(pool);
  settle_all(now, actions);
}

void Core::reconnect_all(TimePoint now, Actions& actions) {
  for (Pool& pool : pools_) mark_reconnect(pool, actions);
  settle_all(now, actions);
}

void Core::drain(TimePoint now, Actions& actions) {
  draining_ = true;
  for (Pool& pool : pools_) {
    fail_all(pool, FailReason::shutting_down, now, actions);
    close_all_idle(pool, CloseReason::draining, actions);
    if (pool.live) answer_pause(pool, actions);
  }
}

}  // namespace lockkeeper::proxy::pool
