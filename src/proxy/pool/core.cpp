// Clients: who asks, waits, is served, gives back.
#include "proxy/pool/core.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace lockkeeper::proxy::pool {

Core::Core(std::uint32_t worker_count, std::uint64_t seed) : worker_count_(worker_count), random_state_(seed) {
  LK_ASSERT(worker_count > 0);
}

WaiterId Core::acquire(const AcquireRequest& request, TimePoint now, Actions& actions) {
  Pool& pool = pool_at(request.pool);
  LK_ASSERT(pool.live && request.worker.value() < worker_count_);
  ++pool.counters.acquires;
  if (draining_) return refuse(request, FailReason::shutting_down, actions);
  if (const SlotIndex server = take_without_waiting(pool, request.worker, now, actions); server != no_slot) {
    hand_over(pool, server, {.client = request.client, .worker = request.worker}, now, actions);
    return {};
  }
  if (fails_everybody(pool, now)) return refuse(request, FailReason::connect_failed, actions);
  if (pool.queue.size() >= pool.settings.max_waiters) return refuse(request, FailReason::queue_full, actions);
  const WaiterId waiter = waiters_.id(enqueue(request, now));
  check_idle(pool, now, actions);
  serve_oldest(now, actions);
  return waiter;
}

// An idle server or a free place, if nobody has to wait. Whoever waits in another pool for a place has no use for this
// one, or would have it.
SlotIndex Core::take_without_waiting(Pool& pool, WorkerId worker, TimePoint now, Actions& actions) {
  if (pool.paused || !pool.queue.empty()) return no_slot;
  if (!pool.idle.empty()) {
    const SlotIndex server = choose_idle(pool, worker, now);
    if (needs_check(pool, servers_[server], now)) return no_slot;  // The client waits for what comes of that.
    take_idle(pool, server);
    return server;
  }
  if (!pool.settings.pass_through || pool.total() >= pool.settings.size || !can_have_place(pool)) return no_slot;
  make_room(pool, actions);
  return create(pool, worker, now);
}

WaiterId Core::refuse(const AcquireRequest& request, FailReason why, Actions& actions) {
  Pool& pool = pool_at(request.pool);
  ++pool.counters.failed;
  actions.fails.push_back({.client = request.client,
                           .waiter = {},
                           .pool = request.pool,
                           .worker = request.worker,
                           .why = why,
                           .failure = why == FailReason::connect_failed ? pool.last_failure : nullptr});
  return {};
}

bool Core::cancel_wait(WaiterId waiter, TimePoint now) {
  const SlotIndex index = waiters_.find(waiter);
  if (index == no_slot) return false;
  Pool& pool = pool_at(waiters_[index].pool);
  ++pool.counters.cancelled;
  dequeue(pool, index, now);
  return true;
}

bool Core::release(ServerId server, TimePoint now, Actions& actions) {
  const SlotIndex index = servers_.find(server);
  if (index == no_slot || servers_[index].state != ServerState::in_use) return false;
  Pool& pool = pool_at(servers_[index].pool);
  note_use(pool, servers_[index], now);
  if (const auto why = reason_to_close(pool, servers_[index], now)) {
    close(index, *why, actions);
    settle(pool, now, actions);
    return true;
  }
  if (pool.queue.empty()) {
    pool.in_use.remove(servers_, index);
    make_idle(pool, index, now);
    serve_oldest(now, actions);  // Of another pool, which may have it closed.
    return true;
  }
  if (Pool* other = pool_to_yield_to(pool, now)) {
    close(index, CloseReason::evicted, actions);
    take_place(*other, now, actions);
    settle(pool, now, actions);
    return true;
  }
  pool.in_use.remove(servers_, index);
  pool.last_return_used = now;
  pool.window = 1;
  serve_first(pool, index, now, actions);
  return true;
}

void Core::note_use(Pool& pool, const Server& server, TimePoint now) noexcept {
  pool.counters.uses.add(std::max(now - server.since, Duration::zero()));
}

bool Core::close_when_released(ServerId server, TimePoint now, Actions& actions) {
  const SlotIndex index = servers_.find(server);
  if (index == no_slot) return false;
  if (servers_[index].state != ServerState::idle) {
    servers_[index].close_as = CloseReason::told;
    return true;
  }
  Pool& pool = pool_at(servers_[index].pool);
  close(index, CloseReason::told, actions);
  settle(pool, now, actions);
  return true;
}

// At the end of the queue, or at its head. The list by deadline is mostly appended to: waits of a pool last equally
// long.
SlotIndex Core::enqueue(const AcquireRequest& request, TimePoint now) {
  Pool& pool = pool_at(request.pool);
  const SlotIndex index = waiters_.insert();
  Waiter& waiter = waiters_[index];
  waiter.pool = request.pool;
  waiter.client = request.client;
  waiter.worker = request.worker;
  waiter.since = now;
  waiter.deadline = request.deadline;
  if (pool.queue.empty()) {
    pool.waiting_at = static_cast<std::uint32_t>(waiting_pools_.size());
    waiting_pools_.push_back(pool.id);
  }
  if (request.again) {
    pool.queue.push_front(waiters_, index);
  } else {
    pool.queue.push_back(waiters_, index);
  }
  SlotIndex earlier = pool.deadlines.back();
  while (earlier != no_slot && waiters_[earlier].deadline > waiter.deadline)
    earlier = waiters_[earlier].by_deadline.previous;
  pool.deadlines.insert_after(waiters_, earlier, index);
  ++waiter_count_;
  tick_at(waiter.deadline);
  return index;
}

void Core::dequeue(Pool& pool, SlotIndex waiter, TimePoint now) {
  pool.counters.waits.add(std::max(now - waiters_[waiter].since, Duration::zero()));
  pool.queue.remove(waiters_, waiter);
  pool.deadlines.remove(waiters_, waiter);
  waiters_.erase(waiter);
  --waiter_count_;
  if (!pool.queue.empty()) return;
  waiting_pools_[pool.waiting_at] = waiting_pools_.back();
  pool_at(waiting_pools_[pool.waiting_at]).waiting_at = pool.waiting_at;
  waiting_pools_.pop_back();
}

void Core::fail(SlotIndex waiter, FailReason why, TimePoint now, Actions& actions) {
  const Waiter& who = waiters_[waiter];
  Pool& pool = pool_at(who.pool);
  const bool late = why == FailReason::queue_timeout || why == FailReason::paused;
  ++(late ? pool.counters.timeouts : pool.counters.failed);
  actions.fails.push_back({.client = who.client,
                           .waiter = waiters_.id(waiter),
                           .pool = who.pool,
                           .worker = who.worker,
                           .why = why,
                           .waited = std::max(now - who.since, Duration::zero()),
                           .failure = why == FailReason::connect_failed ? pool.last_failure : nullptr});
  dequeue(pool, waiter, now);
}

void Core::fail_all(Pool& pool, FailReason why, TimePoint now, Actions& actions) {
  while (!pool.queue.empty()) fail(pool.queue.front(), why, now, actions);
}

// One that is at home with the client's worker costs no hand-over between threads, and of these the last used has the
// warmest caches. A hand-over costs less than a check.
SlotIndex Core::choose_idle(const Pool& pool, WorkerId worker, TimePoint now) const noexcept {
  const SlotIndex at_home = pool.idle_at[worker.value()].front();
  const SlotIndex last_used = pool.idle.front();
  if (at_home == no_slot) return last_used;
  if (at_home == last_used || !needs_check(pool, servers_[at_home], now)) return at_home;
  return needs_check(pool, servers_[last_used], now) ? at_home : last_used;
}

void Core::take_idle(Pool& pool, SlotIndex server) noexcept {
  pool.idle.remove(servers_, server);
  pool.idle_at[servers_[server].home.value()].remove(servers_, server);
}

// `give` says who and for how long it waited; the server is in no list.
void Core::hand_over(Pool& pool, SlotIndex server, Give give, TimePoint now, Actions& actions) {
  Server& given = servers_[server];
  give.server = servers_.id(server);
  give.pool = pool.id;
  give.fresh = pool.settings.pass_through;
  if (given.home != give.worker) {
    give.migrate_from = given.home;
    given.home = give.worker;
    ++pool.counters.migrations;
  }
  given.state = ServerState::in_use;
  given.client = give.client;
  given.since = now;
  pool.in_use.push_back(servers_, server);
  ++pool.counters.given;
  actions.gives.push_back(give);
}

void Core::serve_first(Pool& pool, SlotIndex server, TimePoint now, Actions& actions) {
  const SlotIndex first = pool.queue.front();
  const Waiter& waiter = waiters_[first];
  Give give{.client = waiter.client, .waiter = waiters_.id(first), .worker = waiter.worker};
  give.waited = std::max(now - waiter.since, Duration::zero());
  dequeue(pool, first, now);
  hand_over(pool, server, give, now, actions);
}

}  // namespace lockkeeper::proxy::pool
