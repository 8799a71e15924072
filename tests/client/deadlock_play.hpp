// What would happen, played out: whoever can go on does, again and again, until nothing moves. Written without the wait
// graph, on purpose.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "client/deadlock.hpp"

namespace lockkeeper::client {

// Every lease of a situation in one list, and who waits for whose lock: pairs of places in that list; a blocker that
// is nobody's lease is left out. A waiter without any blocker left is in `inside` all the same.
struct Locks {
  explicit Locks(const Situation& situation) {
    for (const PoolSituation& pool : situation.pools) {
      leases.insert(leases.end(), pool.leases.begin(), pool.leases.end());
    }
    for (const LockEdge& edge : situation.locks) {
      const auto waiter = find(edge.server, edge.waiter);
      const auto blocker = find(edge.server, edge.blocker);
      if (!waiter || !leases[*waiter].executing) continue;
      inside.insert(*waiter);
      if (blocker) pairs.emplace(*waiter, *blocker);
    }
  }

  [[nodiscard]] std::optional<std::size_t> find(std::uint64_t server, std::int64_t backend) const {
    std::optional<std::size_t> found;
    for (std::size_t index = 0; index < leases.size(); ++index) {
      if (backend == 0 || leases[index].server != server || leases[index].backend != backend) continue;
      if (found) return std::nullopt;
      found = index;
    }
    return found;
  }

  std::vector<HeldLease> leases;
  std::set<std::size_t> inside;
  std::set<std::pair<std::size_t, std::size_t>> pairs;
};

// reach[a][b]: from a, one comes to b in one or more steps. Floyd and Warshall's algorithm.
using Reach = std::vector<std::vector<bool>>;
inline void close_over_paths(Reach& reach) {
  for (std::size_t via = 0; via < reach.size(); ++via) {
    for (auto& row : reach) {
      for (std::size_t to = 0; to < reach.size(); ++to) row[to] = row[to] || (row[via] && reach[via][to]);
    }
  }
}

// Slots go to the first in the queue, locks to whoever is blocked by nobody any more; a unit with a thread that runs
// gives back all it has.
class Play {
 public:
  explicit Play(const Situation& situation) : locks_(situation), held_(locks_.leases.size(), true) {
    for (const UnitSituation& unit : situation.units) threads_[unit.id] = std::max(threads_[unit.id], unit.threads);
    for (const PoolSituation& pool : situation.pools) {
      pools_.push_back({.free = pool.free, .queue = {pool.waits.begin(), pool.waits.end()}, .late_holders = {}});
      for (const HeldLease& lease : pool.leases) {
        threads_[lease.unit] = std::max(threads_[lease.unit], 1U);
        pool_of_.push_back(pools_.size() - 1);
      }
      for (const QueuedWait& wait : pool.waits) {
        threads_[wait.unit] = std::max(threads_[wait.unit], 1U);
        ++waiting_[wait.unit];
      }
    }
    for (const std::size_t waiter : locks_.inside) ++waiting_[locks_.leases[waiter].unit];
    database_breaks_its_rings();
    bool moved = true;
    while (moved) {
      moved = serve();
      moved = grant() || moved;
      moved = finish() || moved;
    }
  }

  [[nodiscard]] std::vector<UnitId> stuck() const {
    std::vector<UnitId> result;
    for (const auto& [unit, threads] : threads_) {
      if (!finished_.contains(unit)) result.push_back(unit);
    }
    return result;
  }

  /// How many waits, for slots and for locks, of others than `unit` have ended.
  [[nodiscard]] std::size_t waits_ended_of_others_than(UnitId unit) const {
    return static_cast<std::size_t>(std::ranges::count_if(ended_, [&](UnitId other) { return other != unit; }));
  }

 private:
  struct PlayedPool {
    std::uint32_t free = 0;
    std::deque<QueuedWait> queue;
    std::vector<UnitId> late_holders;  // of slots that were handed out in the play
  };

  // A statement that is in or behind a ring of nothing but locks ends one day.
  void database_breaks_its_rings() {
    Reach reach(locks_.leases.size(), std::vector<bool>(locks_.leases.size()));
    for (const auto& [waiter, blocker] : locks_.pairs) reach[waiter][blocker] = true;
    close_over_paths(reach);
    for (std::size_t waiter = 0; waiter < reach.size(); ++waiter) {
      for (std::size_t other = 0; other < reach.size(); ++other) {
        if (reach[waiter][other] && reach[other][other] && locks_.inside.contains(waiter)) end_lock_wait(waiter);
      }
    }
  }

  void end_wait(UnitId unit) {
    --waiting_[unit];
    ended_.push_back(unit);
  }

  void end_lock_wait(std::size_t waiter) {
    if (locks_.inside.erase(waiter) != 0) end_wait(locks_.leases[waiter].unit);
  }

  bool serve() {
    bool moved = false;
    for (PlayedPool& pool : pools_) {
      while (pool.free > 0 && !pool.queue.empty()) {
        const UnitId unit = pool.queue.front().unit;
        pool.queue.pop_front();
        --pool.free;
        pool.late_holders.push_back(unit);
        end_wait(unit);
        moved = true;
      }
    }
    return moved;
  }

  bool grant() {
    bool moved = false;
    for (const std::size_t waiter : std::set(locks_.inside)) {
      const bool blocked = std::ranges::any_of(
          locks_.pairs, [&](const auto& pair) { return pair.first == waiter && held_[pair.second]; });
      if (blocked) continue;
      end_lock_wait(waiter);
      moved = true;
    }
    return moved;
  }

  // A unit with a thread that runs gives back all it has, at once and for ever after.
  bool finish() {
    bool moved = false;
    for (const auto& [unit, threads] : threads_) {
      if (waiting_[unit] < threads) moved = finished_.insert(unit).second || moved;
    }
    for (std::size_t lease = 0; lease < held_.size(); ++lease) {
      if (!held_[lease] || !finished_.contains(locks_.leases[lease].unit)) continue;
      held_[lease] = false;
      ++pools_[pool_of_[lease]].free;
      moved = true;
    }
    for (PlayedPool& pool : pools_) {
      const auto returned = std::erase_if(pool.late_holders, [&](UnitId unit) { return finished_.contains(unit); });
      pool.free += static_cast<std::uint32_t>(returned);
      moved = moved || returned > 0;
    }
    return moved;
  }

  Locks locks_;
  std::vector<bool> held_;            // per lease of locks_
  std::vector<std::size_t> pool_of_;  // likewise
  std::vector<PlayedPool> pools_;
  std::map<UnitId, std::uint32_t> threads_;
  std::map<UnitId, std::uint32_t> waiting_;
  std::set<UnitId> finished_;
  std::vector<UnitId> ended_;  // whose wait, one entry each
};

}  // namespace lockkeeper::client
