// The pools as anybody would write them down: maps and lists, told of every event and every action. What the core does
// is checked against it: each answer when it comes, and all that must hold between events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "proxy/pool/core.hpp"

namespace lockkeeper::proxy::pool {

class PoolModel {
 public:
  struct Held {
    PoolId pool;
    ServerState state = ServerState::connecting;
    ClientId client;
    bool checking = false;  // Asked for a sign of life; idle to everybody else.
  };
  struct Queued {
    WaiterId waiter;
    ClientId client;
    TimePoint deadline{};
  };
  struct Shape {
    DatabaseId database;
    UserId user;
    bool paused = false;
    TimePoint retry_at = TimePoint::min();
    std::deque<Queued> queue;
  };

  explicit PoolModel(const Core& core) : core_(core) {}

  void add(PoolId pool, DatabaseId database, UserId user) {
    Shape& shape = pools[pool];
    shape.database = database;
    shape.user = user;
  }
  /// Call before the event's actions are applied; `waiter` may be answered by them.
  void queue(const AcquireRequest& request, WaiterId waiter);
  void cancel(WaiterId waiter);
  /// It was released or connected, or has shown that it lives: the next client's, or idle, or closed, as the actions
  /// say.
  void freed(ServerId server);
  void gone(ServerId server) { servers.erase(server); }
  void apply(const Actions& actions, TimePoint now);
  /// What holds between events.
  void check(TimePoint now);

  [[nodiscard]] std::size_t count(PoolId pool, ServerState state) const;
  [[nodiscard]] std::size_t count(PoolId pool) const;
  [[nodiscard]] std::size_t checking(PoolId pool) const;
  [[nodiscard]] bool room(const Shape& pool) const;
  [[nodiscard]] bool can_evict(const Shape& pool) const;

  std::map<ServerId, Held> servers;
  std::map<PoolId, Shape> pools;
  std::map<DatabaseId, std::uint32_t> database_limits;
  std::map<UserId, std::uint32_t> user_limits;
  std::uint32_t global_limit = 0;
  std::uint64_t answers = 0;
  bool draining = false;
  std::vector<std::string> faults;  ///< Empty, or the core is wrong.

 private:
  void expect(bool holds, const char* what) {
    if (!holds) faults.emplace_back(what);
  }
  void apply_give(const Give& give);
  void apply_check(const Check& check);
  void apply_fail(const Fail& fail, TimePoint now);
  void added(PoolId pool);
  void check_lists(PoolId id, const Shape& pool);
  void check_counters(PoolId id, const Shape& pool);
  void check_liveness(PoolId id, const Shape& pool, TimePoint now);
  template <class Covers>
  [[nodiscard]] std::size_t count_if(Covers covers) const;

  const Core& core_;
};

}  // namespace lockkeeper::proxy::pool
