#include "proxy/pools.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::proxy {

using base::Guard;
using pool::Actions;
using pool::PoolId;
using pool::TimePoint;

namespace {

// One set a thread and depth of call: carrying out an action may lead to another call.
class BorrowedActions {
 public:
  BorrowedActions() {
    auto& free = free_ones();
    if (free.empty()) {
      actions_ = std::make_unique<Actions>();
      return;
    }
    actions_ = std::move(free.back());
    free.pop_back();
  }
  BorrowedActions(const BorrowedActions&) = delete;
  BorrowedActions& operator=(const BorrowedActions&) = delete;
  ~BorrowedActions() {
    actions_->clear();
    free_ones().push_back(std::move(actions_));
  }
  Actions& operator*() noexcept { return *actions_; }

 private:
  static std::vector<std::unique_ptr<Actions>>& free_ones() {
    thread_local std::vector<std::unique_ptr<Actions>> free;
    return free;
  }
  std::unique_ptr<Actions> actions_;
};

// For a sign of life, which costs a live server nothing: three lost packets in a row are sent again within it, and a
// client that finds nothing but silent connections in a full pool waits that long.
constexpr std::chrono::milliseconds longest_check{5000};

pool::PoolSettings settings_of(const PoolKey& key, const RouteSettings& route, const ProxyConfig& proxy) {
  pool::PoolSettings settings;
  settings.size = route.pool_size;
  settings.min_size = route.min_pool_size;
  settings.server_lifetime = route.server_lifetime;
  settings.server_idle_timeout = route.server_idle_timeout;
  settings.server_check_after = proxy.server_check_after;
  settings.check_timeout = std::min(longest_check, route.connect_timeout);
  settings.server_login_retry = proxy.server_login_retry;
  // A session of a client is its own: its server connection is not given to anybody else.
  settings.pass_through = key.mode == PoolMode::session;
  return settings;
}

// A server of MySQL's and a database of PostgreSQL's may have the same name.
std::string database_name(const PoolKey& key) { return key.mysql ? "[mysql] " + key.database : key.database; }

}  // namespace

std::optional<RouteSettings> route_of(const Config& config, const PoolKey& key) {
  if (!key.mysql) return route_settings(config, key.database, key.user);
  auto route = mysql_route_settings(config, key.database, {});
  if (route)
    route->max_user_connections = 0;  // The pool is all users': who is over their limit is turned away instead.
  return route;
}

io::Address address_of(const RouteSettings& route) {
  io::Address address{.host = {}, .port = route.port, .path = {}};
  if (route.host.starts_with('/')) {
    address.path = route.host + "/.s.PGSQL." + std::to_string(route.port);
  } else {
    address.host = route.host;
  }
  return address;
}

Pools::Pools(std::uint32_t workers, std::uint64_t seed) : core_(workers, seed) {}

void Pools::attach(std::vector<PoolEvents*> workers, std::function<void(TimePoint)> tick_at) {
  workers_ = std::move(workers);
  tick_at_ = std::move(tick_at);
}

void Pools::forget_workers() {
  workers_.clear();
  tick_at_ = nullptr;
}

template <class What>
auto Pools::with_core(What what) {
  BorrowedActions actions;
  TimePoint next;
  std::optional<pool::Give> none;
  if constexpr (std::is_void_v<decltype(what(core_, *actions))>) {
    {
      const Guard guard(mutex_);
      what(core_, *actions);
      next = core_.next_tick();
    }
    carry_out(*actions, nullptr, none);
    if (tick_at_ && next.time_since_epoch().count() < ticks_at_.load(std::memory_order_relaxed)) tick_at_(next);
  } else {
    auto result = [&] {
      const Guard guard(mutex_);
      auto value = what(core_, *actions);
      next = core_.next_tick();
      return value;
    }();
    carry_out(*actions, nullptr, none);
    if (tick_at_ && next.time_since_epoch().count() < ticks_at_.load(std::memory_order_relaxed)) tick_at_(next);
    return result;
  }
}

// `own`: its answer is returned instead of being told.
void Pools::carry_out(Actions& actions, const pool::AcquireRequest* own, std::optional<pool::Give>& given) {
  if (workers_.empty()) return;
  for (const pool::Close& each : actions.closes) workers_[each.worker.value()]->close(each);
  for (const pool::Connect& each : actions.connects) workers_[each.worker.value()]->connect(each);
  for (const pool::Check& each : actions.checks) workers_[each.worker.value()]->check(each);
  for (const pool::Give& each : actions.gives) {
    if (own != nullptr && each.client == own->client && !each.migrate_from) {
      given = each;
    } else {
      workers_[each.migrate_from.value_or(each.worker).value()]->give(each);
    }
  }
  for (const pool::Fail& each : actions.fails) workers_[each.worker.value()]->fail(each);
}

std::optional<pool::Give> Pools::acquire(const pool::AcquireRequest& request, TimePoint now, pool::WaiterId& waiter) {
  BorrowedActions actions;
  TimePoint next;
  {
    const Guard guard(mutex_);
    waiter = core_.acquire(request, now, *actions);
    next = core_.next_tick();
  }
  std::optional<pool::Give> given;
  carry_out(*actions, &request, given);
  if (tick_at_ && next.time_since_epoch().count() < ticks_at_.load(std::memory_order_relaxed)) tick_at_(next);
  return given;
}

bool Pools::cancel_wait(pool::WaiterId waiter, TimePoint now) {
  return with_core([&](pool::Core& core, Actions&) { return core.cancel_wait(waiter, now); });
}
void Pools::release(pool::ServerId server, TimePoint now) {
  with_core([&](pool::Core& core, Actions& actions) { core.release(server, now, actions); });
}
void Pools::connected(pool::ServerId server, TimePoint now) {
  with_core([&](pool::Core& core, Actions& actions) { core.connected(server, now, actions); });
}
void Pools::checked(pool::ServerId server, TimePoint now) {
  with_core([&](pool::Core& core, Actions& actions) { core.checked(server, now, actions); });
}
void Pools::connect_failed(pool::ServerId server, Refused why, TimePoint now) {
  auto failure = std::make_shared<const Refused>(std::move(why));
  with_core([&](pool::Core& core, Actions& actions) { core.connect_failed(server, std::move(failure), now, actions); });
}
void Pools::gone(pool::ServerId server, TimePoint now) {
  with_core([&](pool::Core& core, Actions& actions) { core.server_gone(server, now, actions); });
}
void Pools::tick(TimePoint now) {
  ticks_at_.store(TimePoint::max().time_since_epoch().count(), std::memory_order_relaxed);
  with_core([&](pool::Core& core, Actions& actions) { core.tick(now, actions); });
}

TimePoint Pools::next_tick() const {
  const Guard guard(mutex_);
  return core_.next_tick();
}

PoolId Pools::open(const PoolKey& key, const RouteSettings& route, const ProxyConfig& proxy, ServerTarget target,
                   TimePoint now) {
  return with_core([&](pool::Core& core, Actions& actions) LK_NO_THREAD_SAFETY_ANALYSIS {
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) {
      Entry& entry = entries_[found->second.value()];
      // Keys that were learned go with the password they were learned from.
      const bool same = entry.target.credentials.password == target.credentials.password &&
                        entry.target.credentials.user == target.credentials.user;
      if (same && !target.credentials.keys) target.credentials.keys = entry.target.credentials.keys;
      entry.target = std::move(target);
      return found->second;
    }
    const auto database =
        databases_.try_emplace(database_name(key), pool::DatabaseId(static_cast<std::uint32_t>(databases_.size())))
            .first->second;
    const auto user =
        users_.try_emplace(key.user, pool::UserId(static_cast<std::uint32_t>(users_.size()))).first->second;
    const PoolId made = core.add_pool(database, user, settings_of(key, route, proxy), now);
    core.set_database_limit(database, route.max_database_connections, now, actions);
    core.set_user_limit(user, route.max_user_connections, now, actions);
    if (entries_.size() <= made.value()) entries_.resize(made.value() + 1);
    entries_[made.value()] = {key, std::move(target), route.queue_timeout, std::nullopt};
    by_key_.emplace(key, made);
    return made;
  });
}

ServerTarget Pools::target(PoolId pool) const {
  const Guard guard(mutex_);
  return entries_.at(pool.value()).target;
}

void Pools::learned(PoolId pool, const ScramKeys& keys) {
  const Guard guard(mutex_);
  entries_.at(pool.value()).target.credentials.keys = keys;
}

std::optional<Welcome> Pools::welcome(PoolId pool) const {
  const Guard guard(mutex_);
  return entries_.at(pool.value()).welcome;
}

void Pools::set_welcome(PoolId pool, const Welcome& welcome) {
  const Guard guard(mutex_);
  auto& kept = entries_.at(pool.value()).welcome;
  kept = welcome;
  kept->share();
}

void Pools::on_pools_of(const std::optional<std::string>& database, const std::function<void(PoolId, Actions&)>& what) {
  with_core([&](pool::Core&, Actions& actions) LK_NO_THREAD_SAFETY_ANALYSIS {
    for (const auto& [key, id] : by_key_) {
      if (!database || key.database == *database) what(id, actions);
    }
  });
}

void Pools::pause(const std::optional<std::string>& database, TimePoint now) {
  if (!database) return with_core([&](pool::Core& core, Actions& actions) { core.pause_all(now, actions); });
  on_pools_of(database,
              [&](PoolId id, Actions& actions) LK_NO_THREAD_SAFETY_ANALYSIS { core_.pause(id, now, actions); });
}

void Pools::resume(const std::optional<std::string>& database, TimePoint now) {
  if (!database) return with_core([&](pool::Core& core, Actions& actions) { core.resume_all(now, actions); });
  on_pools_of(database,
              [&](PoolId id, Actions& actions) LK_NO_THREAD_SAFETY_ANALYSIS { core_.resume(id, now, actions); });
}

void Pools::reconnect(const std::optional<std::string>& database, TimePoint now) {
  on_pools_of(database,
              [&](PoolId id, Actions& actions) LK_NO_THREAD_SAFETY_ANALYSIS { core_.reconnect(id, now, actions); });
}

void Pools::drain(TimePoint now) {
  with_core([&](pool::Core& core, Actions& actions) { core.drain(now, actions); });
}

bool Pools::is_paused(const std::optional<std::string>& database) const {
  const Guard guard(mutex_);
  return std::ranges::all_of(by_key_, [&](const auto& each) LK_NO_THREAD_SAFETY_ANALYSIS {
    if (database && each.first.database != *database) return true;
    const pool::PoolCounters counters = core_.counters(each.second);
    return counters.paused && counters.in_use + counters.idle + counters.connecting == 0;
  });
}

void Pools::apply(const Config& config, TimePoint now) {
  with_core([&](pool::Core& core, Actions& actions) LK_NO_THREAD_SAFETY_ANALYSIS {
    for (const auto& [key, id] : by_key_) {
      const auto route = route_of(config, key);
      if (!route) continue;
      core.set_settings(id, settings_of(key, *route, config.proxy), now, actions);
      core.set_database_limit(databases_.at(database_name(key)), route->max_database_connections, now, actions);
      core.set_user_limit(users_.at(key.user), route->max_user_connections, now, actions);
      Entry& entry = entries_[id.value()];
      entry.target.address = address_of(*route);
      entry.target.timeout = route->connect_timeout;
      entry.queue_timeout = route->queue_timeout;
    }
  });
}

std::vector<PoolInfo> Pools::list() const {
  const Guard guard(mutex_);
  std::vector<PoolInfo> pools;
  for (const auto& [key, id] : by_key_) {
    pools.push_back({id, key, core_.settings(id), core_.counters(id), entries_[id.value()].queue_timeout});
  }
  return pools;
}

std::vector<pool::ServerView> Pools::servers(PoolId pool) const {
  const Guard guard(mutex_);
  std::vector<pool::ServerView> views;
  core_.list_servers(pool, views);
  return views;
}

std::vector<pool::WaiterView> Pools::waiters(PoolId pool) const {
  const Guard guard(mutex_);
  std::vector<pool::WaiterView> views;
  core_.list_waiters(pool, views);
  return views;
}

std::uint32_t Pools::server_count() const {
  const Guard guard(mutex_);
  return core_.server_count();
}

}  // namespace lockkeeper::proxy
