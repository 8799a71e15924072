#include "proxy/pool_model.hpp"

#include <algorithm>

namespace lockkeeper::proxy::pool {

template <class Covers>
std::size_t PoolModel::count_if(Covers covers) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(servers, [&](const auto& entry) { return covers(entry.second); }));
}

std::size_t PoolModel::count(PoolId pool, ServerState state) const {
  return count_if([&](const Held& held) { return held.pool == pool && held.state == state; });
}

std::size_t PoolModel::count(PoolId pool) const {
  return count_if([&](const Held& held) { return held.pool == pool; });
}

std::size_t PoolModel::checking(PoolId pool) const {
  return count_if([&](const Held& held) { return held.pool == pool && held.checking; });
}

namespace {

template <class Key>
std::uint32_t limit_of(const std::map<Key, std::uint32_t>& limits, Key key) {
  const auto found = limits.find(key);
  return found == limits.end() ? 0 : found->second;
}

bool is_full(std::uint32_t limit, std::size_t count) { return limit != 0 && count >= limit; }

}  // namespace

bool PoolModel::room(const Shape& pool) const {
  const auto of_database = count_if([&](const Held& held) { return pools.at(held.pool).database == pool.database; });
  const auto of_user = count_if([&](const Held& held) { return pools.at(held.pool).user == pool.user; });
  return !is_full(limit_of(database_limits, pool.database), of_database) &&
         !is_full(limit_of(user_limits, pool.user), of_user) && !is_full(global_limit, servers.size());
}

bool PoolModel::can_evict(const Shape& pool) const {
  const auto relieved = [&](std::uint32_t limit, auto shares) {
    const std::size_t all = count_if([&](const Held& held) { return shares(pools.at(held.pool)); });
    const std::size_t idle = count_if([&](const Held& held) {
      return shares(pools.at(held.pool)) && held.state == ServerState::idle && !held.checking;
    });
    return !is_full(limit, all) || (all == limit && idle > 0);
  };
  return relieved(limit_of(database_limits, pool.database),
                  [&](const Shape& other) { return other.database == pool.database; }) &&
         relieved(limit_of(user_limits, pool.user), [&](const Shape& other) { return other.user == pool.user; }) &&
         relieved(global_limit, [](const Shape&) { return true; });
}

void PoolModel::queue(const AcquireRequest& request, WaiterId waiter) {
  if (waiter == WaiterId{}) return;
  auto& queue = pools.at(request.pool).queue;
  const Queued queued{waiter, request.client, request.deadline};
  if (request.again) {
    queue.push_front(queued);
  } else {
    queue.push_back(queued);
  }
}

void PoolModel::cancel(WaiterId waiter) {
  for (auto& [id, pool] : pools) {
    std::erase_if(pool.queue, [&](const Queued& queued) { return queued.waiter == waiter; });
  }
}

void PoolModel::freed(ServerId server) {
  servers.at(server).state = ServerState::idle;
  servers.at(server).client = {};
  servers.at(server).checking = false;
}

void PoolModel::added(PoolId id) {
  const Shape& pool = pools.at(id);
  expect(!pool.paused && !draining, "a paused or draining pool connects");
  expect(room(pool), "connects beyond a shared limit");
  expect(count(id) < core_.settings(id).size, "connects beyond the pool's size");
}

void PoolModel::apply(const Actions& actions, TimePoint now) {
  for (const Close& close : actions.closes) {
    const auto found = servers.find(close.server);
    expect(found != servers.end(), "closes what is not there");
    if (found == servers.end()) continue;
    expect(found->second.state == ServerState::idle, "closes what is in use");
    expect(found->second.pool == close.pool, "closes with the wrong pool");
    servers.erase(found);
  }
  for (const Give& give : actions.gives) apply_give(give);
  for (const Connect& connect : actions.connects) {
    added(connect.pool);
    expect(!servers.contains(connect.server), "uses an id twice");
    servers[connect.server] = {.pool = connect.pool, .state = ServerState::connecting, .client = {}};
  }
  for (const Check& check : actions.checks) apply_check(check);
  for (const Fail& fail : actions.fails) apply_fail(fail, now);
  for (const PoolId pool : actions.paused) expect(pools.at(pool).paused && count(pool) == 0, "paused too early");
}

void PoolModel::apply_give(const Give& give) {
  ++answers;
  Shape& pool = pools.at(give.pool);
  expect(!pool.paused && !draining, "gives though paused or draining");
  if (give.waiter == WaiterId{}) {
    expect(pool.queue.empty(), "somebody was overtaken");
  } else {
    const bool first = !pool.queue.empty() && pool.queue.front().waiter == give.waiter;
    expect(first && pool.queue.front().client == give.client, "not the first waiter");
    if (first) pool.queue.pop_front();
  }
  if (give.fresh) {
    added(give.pool);
    servers[give.server] = {.pool = give.pool, .state = ServerState::idle, .client = {}};
  }
  const auto found = servers.find(give.server);
  expect(found != servers.end() && found->second.state == ServerState::idle && !found->second.checking,
         "gives what is not free");
  if (found == servers.end()) return;
  expect(found->second.pool == give.pool, "gives another pool's server");
  found->second.state = ServerState::in_use;
  found->second.client = give.client;
}

void PoolModel::apply_check(const Check& check) {
  const Shape& pool = pools.at(check.pool);
  expect(!pool.queue.empty() && !pool.paused, "checks though nobody waits");
  const auto found = servers.find(check.server);
  const bool idle = found != servers.end() && found->second.state == ServerState::idle && !found->second.checking;
  expect(idle && found->second.pool == check.pool, "checks what is not idle");
  if (idle) found->second.checking = true;
}

void PoolModel::apply_fail(const Fail& fail, TimePoint now) {
  ++answers;
  Shape& pool = pools.at(fail.pool);
  const auto found =
      std::ranges::find_if(pool.queue, [&](const Queued& queued) { return queued.waiter == fail.waiter; });
  const bool queued = found != pool.queue.end();
  expect(queued == (fail.waiter != WaiterId{}), "fails who does not wait");
  switch (fail.why) {
    case FailReason::queue_timeout:
    case FailReason::paused:
      expect(queued && found->deadline <= now, "fails before the deadline");
      expect(pool.paused == (fail.why == FailReason::paused), "the wrong reason");
      break;
    case FailReason::connect_failed:
      expect(count(fail.pool) == 0 && fail.failure != nullptr, "fails though there are servers");
      break;
    case FailReason::shutting_down: expect(draining, "not shutting down"); break;
    case FailReason::queue_full:
      expect(!queued && pool.queue.size() >= core_.settings(fail.pool).max_waiters, "the queue is not full");
      break;
  }
  if (queued) pool.queue.erase(found);
}

// --- between events ---

void PoolModel::check(TimePoint now) {
  std::size_t waiting = 0;
  for (const auto& [id, pool] : pools) {
    check_lists(id, pool);
    check_counters(id, pool);
    check_liveness(id, pool, now);
    waiting += pool.queue.size();
  }
  expect(core_.server_count() == servers.size(), "servers of all pools do not add up");
  expect(core_.waiter_count() == waiting, "waiters of all pools do not add up");
}

void PoolModel::check_lists(PoolId id, const Shape& pool) {
  std::vector<ServerView> listed;
  core_.list_servers(id, listed);
  expect(listed.size() == count(id), "the list of servers is of the wrong length");
  for (const ServerView& view : listed) {
    const auto found = servers.find(view.server);
    const bool same =
        found != servers.end() && found->second.state == view.state && found->second.client == view.client;
    expect(same, "a server is listed in the wrong state");
  }
  std::vector<WaiterView> waiters;
  core_.list_waiters(id, waiters);
  const auto same = [](const WaiterView& view, const Queued& queued) { return view.waiter == queued.waiter; };
  expect(std::ranges::equal(waiters, pool.queue, same), "the waiters are listed in another order");
}

void PoolModel::check_counters(PoolId id, const Shape& pool) {
  const PoolCounters counters = core_.counters(id);
  expect(counters.idle == count(id, ServerState::idle), "idle");
  expect(counters.checking == checking(id), "checking");
  expect(counters.in_use == count(id, ServerState::in_use), "in use");
  expect(counters.connecting == count(id, ServerState::connecting), "connecting");
  expect(counters.waiting == pool.queue.size(), "waiting");
  expect(
      counters.acquires == counters.given + counters.cancelled + counters.timeouts + counters.failed + counters.waiting,
      "requests do not add up");
  std::uint64_t closed = 0;
  for (const std::uint64_t reason : counters.closed) closed += reason;
  if (!core_.settings(id).pass_through)
    expect(counters.created == closed + counters.idle + counters.in_use, "connections do not add up");
  std::uint64_t waits = 0;
  for (const std::uint64_t bucket : counters.waits.buckets) waits += bucket;
  expect(waits == counters.waits.count, "waits do not add up");
}

void PoolModel::check_liveness(PoolId id, const Shape& pool, TimePoint now) {
  const std::size_t idle = count(id, ServerState::idle);
  expect(!pool.paused || idle == 0, "idle though paused");
  expect(!draining || (idle == 0 && pool.queue.empty()), "idle or waiting while draining");
  if (pool.queue.empty() || pool.paused) return;
  // Each that is idle beside waiters had to be asked first, and as many are asked as wait.
  const std::size_t asked = checking(id);
  expect(idle == asked || asked >= pool.queue.size(), "waits beside an idle connection");
  if (asked >= pool.queue.size()) return;
  const PoolSettings& settings = core_.settings(id);
  if (count(id) >= settings.size || !can_evict(pool)) return;
  if (settings.pass_through) return expect(false, "waits beside a free place");
  // In the pause after a failure somebody may wait, but only for a connection that is there.
  if (now < pool.retry_at) return expect(count(id) > 0, "waits without a server in the pause after a failure");
  expect(count(id, ServerState::connecting) > 0, "waits and nothing is done about it");
}

}  // namespace lockkeeper::proxy::pool
