// Server connections: how they come, age and go.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "proxy/pool/core.hpp"

namespace lockkeeper::proxy::pool {
namespace {

// Doubling from one, the fourth round of connects is eight: twenty servers are there after five connect times.
constexpr std::uint32_t largest_window = 8;
// Thousandths.
constexpr std::uint32_t largest_jitter = 100;

}  // namespace

SlotIndex Core::create(Pool& pool, WorkerId home, TimePoint now) {
  const SlotIndex index = servers_.insert();
  Server& server = servers_[index];
  server.pool = pool.id;
  server.home = home;
  server.jitter = random_below(largest_jitter + 1);
  server.created_at = server.connected_at = server.since = now;
  for (const Scope scope : {Scope::user, Scope::database, Scope::global}) ++limit(scope, key(pool, scope)).count;
  ++pool.counters.connects;
  return index;
}

bool Core::connected(ServerId server, TimePoint now, Actions& actions) {
  const SlotIndex index = servers_.find(server);
  if (index == no_slot) return false;
  Pool& pool = pool_at(servers_[index].pool);
  if (servers_[index].state != ServerState::connecting) {
    if (pool.settings.pass_through) welcome(pool, servers_[index], now);
    return pool.settings.pass_through;
  }
  welcome(pool, servers_[index], now);
  put_to_use(pool, pool.connecting, index, now, actions);
  return true;
}

bool Core::checked(ServerId server, TimePoint now, Actions& actions) {
  const SlotIndex index = servers_.find(server);
  if (index == no_slot || !servers_[index].checking) return false;
  Pool& pool = pool_at(servers_[index].pool);
  put_to_use(pool, pool.checking, index, now, actions);
  return true;
}

// Of a server that has come or has shown that it lives; `from` is the list that it is in.
void Core::put_to_use(Pool& pool, ServerList& from, SlotIndex server, TimePoint now, Actions& actions) {
  if (const auto why = reason_to_close(pool, servers_[server], now)) {
    close(server, *why, actions);
  } else {
    from.remove(servers_, server);
    servers_[server].checking = false;
    if (pool.queue.empty()) {
      make_idle(pool, server, now);
    } else {
      serve_first(pool, server, now, actions);
    }
  }
  settle(pool, now, actions);
}

void Core::welcome(Pool& pool, Server& server, TimePoint now) {
  if (server.established) return;
  server.established = true;
  ++pool.counters.created;
  pool.last_failure.reset();
  pool.retry_at = TimePoint::min();
  const bool too_few = pool.queue.size() > 1 && pool.last_return_used < server.created_at;
  pool.window = too_few ? std::min(pool.window + 1, largest_window) : 1;
  const Duration took = std::max(now - server.created_at, Duration::zero());
  pool.connect_time = pool.connect_time == Duration::zero() ? took : (3 * pool.connect_time + took) / 4;
  server.connected_at = now;
}

bool Core::connect_failed(ServerId server, std::shared_ptr<const ConnectFailure> failure, TimePoint now,
                          Actions& actions) {
  const SlotIndex index = servers_.find(server);
  if (index == no_slot) return false;
  Pool& pool = pool_at(servers_[index].pool);
  const bool was_connecting = servers_[index].state == ServerState::connecting;
  if (!was_connecting && !pool.settings.pass_through) return false;
  ++pool.counters.connect_failures;
  // What one client of a pass-through pool was told says nothing about the next one.
  if (was_connecting) {
    pool.last_failure = std::move(failure);
    pool.retry_at = later(now, pool.settings.server_login_retry);
    pool.window = 1;
  }
  close(index, CloseReason::gone, actions);
  if (was_connecting && pool.total() == 0 && !pool.paused) fail_all(pool, FailReason::connect_failed, now, actions);
  settle(pool, now, actions);
  return true;
}

bool Core::server_gone(ServerId server, TimePoint now, Actions& actions) {
  const SlotIndex index = servers_.find(server);
  if (index == no_slot) return false;
  Pool& pool = pool_at(servers_[index].pool);
  if (servers_[index].state == ServerState::in_use) note_use(pool, servers_[index], now);
  close(index, CloseReason::gone, actions);
  settle(pool, now, actions);
  return true;
}

void Core::make_idle(Pool& pool, SlotIndex server, TimePoint now) {
  Server& idle = servers_[server];
  idle.state = ServerState::idle;
  idle.client = {};
  idle.since = now;
  pool.idle.push_front(servers_, server);
  pool.idle_at[idle.home.value()].push_front(servers_, server);
  const TimePoint end = expiry(pool, idle);
  pool.next_expiry = std::min(pool.next_expiry, end);
  tick_at(end);
  if (pool.settings.server_idle_timeout > Duration::zero() && pool.total() > pool.settings.min_size)
    tick_at(later(servers_[pool.idle.back()].since, pool.settings.server_idle_timeout));
}

void Core::close(SlotIndex server, CloseReason why, Actions& actions) {
  const Server& closing = servers_[server];
  Pool& pool = pool_at(closing.pool);
  switch (closing.state) {
    case ServerState::connecting: pool.connecting.remove(servers_, server); break;
    case ServerState::idle:
      if (closing.checking) {
        pool.checking.remove(servers_, server);
      } else {
        take_idle(pool, server);
      }
      break;
    case ServerState::in_use: pool.in_use.remove(servers_, server); break;
  }
  for (const Scope scope : {Scope::user, Scope::database, Scope::global}) --limit(scope, key(pool, scope)).count;
  if (closing.established) ++pool.counters.closed[static_cast<std::size_t>(why)];
  if (why != CloseReason::gone) actions.closes.push_back({servers_.id(server), pool.id, closing.home, why});
  servers_.erase(server);
  if (minimum_blocked_ || why == CloseReason::evicted) tick_at(TimePoint::min());
}

void Core::close_all_idle(Pool& pool, CloseReason why, Actions& actions) {
  while (!pool.idle.empty()) close(pool.idle.back(), why, actions);
  while (!pool.checking.empty()) close(pool.checking.back(), why, actions);
}

// Of a server that nobody uses any more.
std::optional<CloseReason> Core::reason_to_close(const Pool& pool, const Server& server, TimePoint now) const noexcept {
  if (server.close_as) return server.close_as;
  if (draining_) return CloseReason::draining;
  if (pool.paused) return CloseReason::paused;
  if (pool.settings.pass_through) return CloseReason::told;
  if (pool.total() > pool.settings.size || any_limit(pool, &Limit::exceeded)) return CloseReason::surplus;
  if (expiry(pool, server) <= now) return CloseReason::lifetime;
  return std::nullopt;
}

TimePoint Core::expiry(const Pool& pool, const Server& server) noexcept {
  const Duration life = pool.settings.server_lifetime;
  if (life <= Duration::zero()) return TimePoint::max();
  return later(server.connected_at, life - life / 1000 * server.jitter);
}

// splitmix64: small, and good enough to spread timers.
std::uint32_t Core::random_below(std::uint32_t bound) noexcept {
  random_state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = random_state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return static_cast<std::uint32_t>((mixed ^ (mixed >> 31U)) % bound);
}

}  // namespace lockkeeper::proxy::pool
