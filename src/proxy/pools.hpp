// The pool core among threads: one lock around it, and its decisions carried to the workers they concern.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/mutex.hpp"
#include "proxy/config_route.hpp"
#include "proxy/pool/core.hpp"
#include "proxy/postgres/server_connection.hpp"

namespace lockkeeper::proxy {

/// Whose server connections may be shared: same database, user, and start-up parameters that do not follow a client.
struct PoolKey {
  std::string database;
  std::string user;
  std::string startup;  ///< "name=value" lines of those parameters, sorted. Empty in most programs.
  PoolMode mode = PoolMode::transaction;
  bool mysql = false;  ///< Of [mysql.NAME], whose name stands for the database; all its users together.

  [[nodiscard]] static PoolKey of_mysql(std::string server) {
    return {std::move(server), {}, {}, PoolMode::session, true};
  }
  friend auto operator<=>(const PoolKey&, const PoolKey&) = default;
};

/// What holds for all clients of a pool. nullopt: the configuration has no such database or server any more.
[[nodiscard]] std::optional<RouteSettings> route_of(const Config& config, const PoolKey& key);

[[nodiscard]] io::Address address_of(const RouteSettings& route);

/// What a pool is, for those who show it.
struct PoolInfo {
  pool::PoolId id;
  PoolKey key;
  pool::PoolSettings settings;
  pool::PoolCounters counters;
  std::chrono::milliseconds queue_timeout{0};
};

/// What a client of a pool is told at login: parameters as servers of it have them. Set by the first that logs in.
using Welcome = track::postgres::Parameters;

/// A worker's side. Called on the thread that made the call to Pools; a worker that is another's posts it to its own.
class PoolEvents {
 public:
  virtual ~PoolEvents() = default;
  virtual void give(const pool::Give& give) = 0;
  virtual void fail(const pool::Fail& fail) = 0;
  virtual void connect(const pool::Connect& connect) = 0;
  virtual void check(const pool::Check& check) = 0;
  virtual void close(const pool::Close& close) = 0;
};

/// Thread-safe.
class Pools {
 public:
  Pools(std::uint32_t workers, std::uint64_t seed);

  /// Before anything else: where decisions go, by worker; `tick_at`: called whenever the next tick moved to an earlier
  /// time.
  void attach(std::vector<PoolEvents*> workers, std::function<void(pool::TimePoint)> tick_at);
  void forget_workers();
  [[nodiscard]] PoolEvents& worker(pool::WorkerId worker) const { return *workers_.at(worker.value()); }

  /// The pool of that key, made if need be. The target is what its connections are made of; a later call with other
  /// credentials replaces them.
  [[nodiscard]] pool::PoolId open(const PoolKey& key, const RouteSettings& route, const ProxyConfig& proxy,
                                  ServerTarget target, pool::TimePoint now);
  [[nodiscard]] ServerTarget target(pool::PoolId pool) const;
  void learned(pool::PoolId pool, const ScramKeys& keys);
  [[nodiscard]] std::optional<Welcome> welcome(pool::PoolId pool) const;
  void set_welcome(pool::PoolId pool, const Welcome& welcome);

  /// Given at once, or told later by PoolEvents under the id that is left in `waiter`.
  [[nodiscard]] std::optional<pool::Give> acquire(const pool::AcquireRequest& request, pool::TimePoint now,
                                                  pool::WaiterId& waiter);
  bool cancel_wait(pool::WaiterId waiter, pool::TimePoint now);
  void release(pool::ServerId server, pool::TimePoint now);
  void connected(pool::ServerId server, pool::TimePoint now);
  void checked(pool::ServerId server, pool::TimePoint now);
  void connect_failed(pool::ServerId server, Refused why, pool::TimePoint now);
  void gone(pool::ServerId server, pool::TimePoint now);
  void tick(pool::TimePoint now);
  [[nodiscard]] pool::TimePoint next_tick() const;

  // Control, for the console, a reload and the end.
  void pause(const std::optional<std::string>& database, pool::TimePoint now);
  void resume(const std::optional<std::string>& database, pool::TimePoint now);
  void reconnect(const std::optional<std::string>& database, pool::TimePoint now);
  void drain(pool::TimePoint now);
  /// Pauses that are complete: no server connection is left.
  [[nodiscard]] bool is_paused(const std::optional<std::string>& database) const;
  void apply(const Config& config, pool::TimePoint now);

  [[nodiscard]] std::vector<PoolInfo> list() const;
  [[nodiscard]] std::vector<pool::ServerView> servers(pool::PoolId pool) const;
  [[nodiscard]] std::vector<pool::WaiterView> waiters(pool::PoolId pool) const;
  [[nodiscard]] std::uint32_t server_count() const;

 private:
  struct Entry {
    PoolKey key;
    ServerTarget target;
    std::chrono::milliseconds queue_timeout{0};
    std::optional<Welcome> welcome;
  };
  using Call = std::function<void(pool::Core&, pool::Actions&)>;

  /// Runs on the core, then carries out what it decided, without the lock.
  template <class What>
  auto with_core(What what);
  void carry_out(pool::Actions& actions, const pool::AcquireRequest* own, std::optional<pool::Give>& given);
  void on_pools_of(const std::optional<std::string>& database,
                   const std::function<void(pool::PoolId, pool::Actions&)>& what);

  mutable base::Mutex mutex_;
  pool::Core core_ LK_GUARDED_BY(mutex_);
  std::map<PoolKey, pool::PoolId> by_key_ LK_GUARDED_BY(mutex_);
  std::vector<Entry> entries_ LK_GUARDED_BY(mutex_);  // By PoolId.
  std::map<std::string, pool::DatabaseId> databases_ LK_GUARDED_BY(mutex_);
  std::map<std::string, pool::UserId> users_ LK_GUARDED_BY(mutex_);
  std::vector<PoolEvents*> workers_;
  std::function<void(pool::TimePoint)> tick_at_;
  std::atomic<pool::TimePoint::rep> ticks_at_{pool::TimePoint::max().time_since_epoch().count()};
};

}  // namespace lockkeeper::proxy
