// Places under the limits: which pool gets the next one, and what makes room for it.
#include <algorithm>

#include "proxy/pool/core.hpp"

namespace lockkeeper::proxy::pool {
namespace {

// An attempt to connect, or to get a sign of life, that takes this long may hang: another one may be begun beside it.
constexpr Duration slow_attempt = std::chrono::seconds{1};
// Times of connecting that a place is worth to a pool that has others. In the simulation of four unequal pools under
// one limit (tests/proxy), 1 loses 28 % of the throughput to connecting, 2 loses 11 %, 3 next to nothing; the worst
// pool's mean wait is lowest with 2 and 3 and grows again from 4 on.
constexpr int connects_to_wait = 3;
// Where connecting is that slow nobody shall starve for it.
constexpr Duration longest_patience = std::chrono::seconds{1};
// For min_size at once; the server forks a process for each.
constexpr std::uint32_t connects_for_minimum = 4;

}  // namespace

std::uint32_t Core::key(const Pool& pool, Scope scope) noexcept {
  switch (scope) {
    case Scope::user: return pool.user.value();
    case Scope::database: return pool.database.value();
    case Scope::global: return 0;
  }
  return 0;
}

Limit& Core::limit(Scope scope, std::uint32_t key) {
  if (scope == Scope::global) return global_;
  std::vector<Limit>& limits = scope == Scope::user ? users_ : databases_;
  if (key >= limits.size()) limits.resize(std::size_t{key} + 1);
  return limits[key];
}

const Limit& Core::limit(const Pool& pool, Scope scope) const noexcept {
  switch (scope) {
    case Scope::user: return users_[pool.user.value()];
    case Scope::database: return databases_[pool.database.value()];
    case Scope::global: break;
  }
  return global_;
}

bool Core::any_limit(const Pool& pool, bool (Limit::*is)() const noexcept) const noexcept {
  return (limit(pool, Scope::user).*is)() || (limit(pool, Scope::database).*is)() || (global_.*is)();
}

// --- who may have one ---

bool Core::wants_place(const Pool& pool, TimePoint now) const noexcept {
  if (pool.queue.empty() || pool.paused || draining_ || pool.total() >= pool.settings.size) return false;
  if (pool.settings.pass_through) return true;
  if (now < pool.retry_at) return false;
  // Those who will soon be served by a connection that is there already need no new one.
  const std::uint32_t expected = pool.checking.size() - slow_ones(pool.checking, now);
  if (pool.queue.size() <= expected) return false;
  return pool.connecting.size() < std::min(pool.queue.size() - expected, pool.window + slow_ones(pool.connecting, now));
}

std::uint32_t Core::slow_ones(const ServerList& list, TimePoint now) const noexcept {
  std::uint32_t count = 0;
  for (SlotIndex at = list.front(); at != no_slot; at = servers_[at].in_state.next) {
    if (now - servers_[at].since < slow_attempt) break;
    ++count;
  }
  return count;
}

// no_slot: nothing is idle there.
SlotIndex Core::longest_idle(Scope scope, std::uint32_t shared) const noexcept {
  SlotIndex found = no_slot;
  for (const Pool& pool : pools_) {
    if (pool.idle.empty() || key(pool, scope) != shared) continue;
    const SlotIndex oldest = pool.idle.back();
    if (found == no_slot || servers_[oldest].since < servers_[found].since) found = oldest;
  }
  return found;
}

// Either no limit is full, or each that is has something idle to close.
bool Core::can_have_place(const Pool& pool) const noexcept {
  return std::ranges::all_of(
      std::initializer_list<Scope>{Scope::user, Scope::database, Scope::global}, [&](Scope scope) {
        const Limit& shared = limit(pool, scope);
        return !shared.full() || (!shared.exceeded() && longest_idle(scope, key(pool, scope)) != no_slot);
      });
}

// Narrow limits first: a connection closed for them counts for the wide ones too.
void Core::make_room(const Pool& pool, Actions& actions) {
  for (const Scope scope : {Scope::user, Scope::database, Scope::global}) {
    if (limit(pool, scope).full()) close(longest_idle(scope, key(pool, scope)), CloseReason::evicted, actions);
  }
}

void Core::serve_oldest(TimePoint now, Actions& actions) {
  while (true) {
    Pool* oldest = nullptr;
    for (const PoolId id : waiting_pools_) {
      Pool& pool = pool_at(id);
      if (oldest != nullptr && waiters_[oldest->queue.front()].since <= waiters_[pool.queue.front()].since) continue;
      if (wants_place(pool, now) && can_have_place(pool)) oldest = &pool;
    }
    if (oldest == nullptr) return;
    make_room(*oldest, actions);
    take_place(*oldest, now, actions);
  }
}

// Whether a place of the one lets the other have one: all its full limits are shared, and there is one.
bool Core::would_gain(const Pool& loser, const Pool& winner) const noexcept {
  bool full = false;
  for (const Scope scope : {Scope::user, Scope::database, Scope::global}) {
    const Limit& shared = limit(winner, scope);
    if (!shared.full()) continue;
    if (shared.exceeded() || key(loser, scope) != key(winner, scope)) return false;
    full = true;
  }
  return full;
}

// The pool, if any, that has waited so much longer for a place that a returned connection of this pool, for which
// somebody waits too, is closed for it.
Pool* Core::pool_to_yield_to(const Pool& pool, TimePoint now) noexcept {
  if (waiting_pools_.size() < 2) return nullptr;
  Pool* found = nullptr;
  TimePoint oldest = waiters_[pool.queue.front()].since;
  for (const PoolId id : waiting_pools_) {
    Pool& other = pool_at(id);
    const TimePoint since = waiters_[other.queue.front()].since;
    // One with connections of its own is served by their return too.
    const Duration patience =
        other.total() == 0 ? Duration::zero() : std::min(connects_to_wait * other.connect_time, longest_patience);
    if (since >= oldest || waiters_[pool.queue.front()].since - since <= patience) continue;
    if (!wants_place(other, now) || !would_gain(pool, other)) continue;
    found = &other;
    oldest = since;
  }
  return found;
}

// --- taking one ---

void Core::take_place(Pool& pool, TimePoint now, Actions& actions) {
  if (pool.settings.pass_through) {
    const SlotIndex server = create(pool, waiters_[pool.queue.front()].worker, now);
    return serve_first(pool, server, now, actions);
  }
  // Each attempt where the waiter is that it is likely to serve.
  SlotIndex waiter = pool.queue.front();
  for (std::uint32_t ahead = pool.connecting.size(); ahead > 0; --ahead) waiter = waiters_[waiter].in_queue.next;
  start_connect(pool, waiters_[waiter].worker, now, actions);
}

void Core::start_connect(Pool& pool, WorkerId worker, TimePoint now, Actions& actions) {
  const SlotIndex server = create(pool, worker, now);
  pool.connecting.push_back(servers_, server);
  tick_at(later(now, slow_attempt));
  actions.connects.push_back({servers_.id(server), pool.id, worker});
}

// --- asking idle ones first ---

bool Core::needs_check(const Pool& pool, const Server& server, TimePoint now) noexcept {
  const Duration after = pool.settings.server_check_after;
  return after > Duration::zero() && now - server.since >= after;
}

// Whatever is idle while somebody waits had to be asked; what is returned or new goes to the first waiter straight.
void Core::check_idle(Pool& pool, TimePoint now, Actions& actions) {
  while (!pool.queue.empty() && !pool.idle.empty()) {
    if (pool.checking.size() >= pool.queue.size() && slow_ones(pool.checking, now) == 0) return;
    begin_check(pool, choose_idle(pool, waiters_[pool.queue.front()].worker, now), now, actions);
  }
}

void Core::begin_check(Pool& pool, SlotIndex server, TimePoint now, Actions& actions) {
  take_idle(pool, server);
  Server& asked = servers_[server];
  asked.checking = true;
  asked.since = now;
  pool.checking.push_back(servers_, server);
  ++pool.counters.checks;
  tick_at(later(now, std::min(slow_attempt, pool.settings.check_timeout)));
  actions.checks.push_back({servers_.id(server), pool.id, asked.home});
}

void Core::fill_minimum(Pool& pool, TimePoint now, Actions& actions) {
  const std::uint32_t wanted = std::min(pool.settings.min_size, pool.settings.size);
  if (pool.total() >= wanted || pool.paused || draining_ || pool.settings.pass_through) return;
  if (now < pool.retry_at) return tick_at(pool.retry_at);
  while (pool.total() < wanted && pool.connecting.size() < connects_for_minimum) {
    if (any_limit(pool, &Limit::full)) {
      minimum_blocked_ = true;
      return;
    }
    start_connect(pool, WorkerId(next_worker_), now, actions);
    next_worker_ = (next_worker_ + 1) % worker_count_;
  }
}

// After a limit was lowered.
void Core::close_beyond(Scope scope, std::uint32_t shared, Actions& actions) {
  while (limit(scope, shared).exceeded()) {
    const SlotIndex server = longest_idle(scope, shared);
    if (server == no_slot) return;
    close(server, CloseReason::surplus, actions);
  }
}

// --- time ---

// What is next in this pool; everything due has been done.
void Core::plan(const Pool& pool, TimePoint now) noexcept {
  if (!pool.deadlines.empty()) tick_at(waiters_[pool.deadlines.front()].deadline);
  tick_at(pool.next_expiry);
  if (!pool.idle.empty() && pool.settings.server_idle_timeout > Duration::zero() &&
      pool.total() > pool.settings.min_size)
    tick_at(later(servers_[pool.idle.back()].since, pool.settings.server_idle_timeout));
  const bool wants_more = !pool.queue.empty() || pool.total() < std::min(pool.settings.min_size, pool.settings.size);
  if (wants_more && pool.retry_at > now) tick_at(pool.retry_at);
  plan_slow(pool.connecting, now);
  plan_slow(pool.checking, now);
  if (!pool.checking.empty()) tick_at(later(servers_[pool.checking.front()].since, pool.settings.check_timeout));
}

void Core::plan_slow(const ServerList& list, TimePoint now) noexcept {
  for (SlotIndex at = list.front(); at != no_slot; at = servers_[at].in_state.next) {
    const TimePoint slow = later(servers_[at].since, slow_attempt);
    if (slow > now) return tick_at(slow);
  }
}

}  // namespace lockkeeper::proxy::pool
