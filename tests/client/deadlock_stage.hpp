// Situations for the deadlock tests, in the words of the story they tell.
#pragma once

#include <cstdint>
#include <vector>

#include "client/deadlock.hpp"

namespace lockkeeper::client {

/// Leases and waits get the ids 1, 2, 3 ... in the order in which they are told.
class Stage {
 public:
  /// Begins a pool; leases and waits that follow are its own.
  Stage& pool(std::uint32_t free = 0) {
    situation_.pools.push_back(
        {.id = PoolId(static_cast<std::uint32_t>(situation_.pools.size())), .free = free, .leases = {}, .waits = {}});
    return *this;
  }

  Stage& holds(std::uint64_t unit, std::int64_t backend = 0) { return lease(unit, backend, false); }
  /// Holds, and one of its threads is inside a statement.
  Stage& runs(std::uint64_t unit, std::int64_t backend = 0) { return lease(unit, backend, true); }

  Stage& waits(std::uint64_t unit) {
    situation_.pools.back().waits.push_back({.id = WaitId(++waits_), .unit = UnitId(unit)});
    return *this;
  }

  Stage& threads(std::uint64_t unit, std::uint32_t count) {
    situation_.units.push_back({.id = UnitId(unit), .threads = count});
    return *this;
  }

  /// Both on server 0, where all leases of a stage are.
  Stage& lock(std::int64_t waiter, std::int64_t blocker) {
    situation_.locks.push_back({.server = 0, .waiter = waiter, .blocker = blocker});
    return *this;
  }

  /// The leases of the last pool are sessions of another server.
  Stage& on_server(std::uint64_t server) {
    for (HeldLease& lease : situation_.pools.back().leases) lease.server = server;
    return *this;
  }

  operator const Situation&() const { return situation_; }  // NOLINT(google-explicit-constructor): reads as one

 private:
  Stage& lease(std::uint64_t unit, std::int64_t backend, bool executing) {
    situation_.pools.back().leases.push_back(
        {.id = LeaseId(++leases_), .unit = UnitId(unit), .server = 0, .backend = backend, .executing = executing});
    return *this;
  }

  Situation situation_;
  std::uint64_t leases_ = 0;
  std::uint64_t waits_ = 0;
};

/// The wait is failed: it leaves its queue, and its thread runs on.
inline void fail(Situation& situation, WaitId victim) {
  constexpr std::uint32_t more_than_ever_wait = 1000;
  for (PoolSituation& pool : situation.pools) {
    for (const QueuedWait& wait : pool.waits) {
      if (wait.id == victim) situation.units.push_back({.id = wait.unit, .threads = more_than_ever_wait});
    }
    std::erase_if(pool.waits, [victim](const QueuedWait& wait) { return wait.id == victim; });
  }
}

}  // namespace lockkeeper::client
