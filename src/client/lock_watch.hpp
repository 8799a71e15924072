// Finds waits that can never end, over all pools of the process: see deadlock.hpp for what counts as one.
//
// Twice: the moment a unit of work that holds a lease queues for another (pools alone can close a ring), and again when
// such a wait is older than PoolSettings::lock_wait_threshold, with the lock waits that the database reports by then.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/event_listener.hpp>

#include "base/mutex.hpp"
#include "client/deadlock.hpp"
#include "client/slot.hpp"

namespace lockkeeper::client {

class PoolShell;
struct Waiter;

/// Process-wide. Its lock comes before every pool's, pools' locks are taken in the order of their ids.
class LockWatch {
 public:
  [[nodiscard]] static LockWatch& instance();

  void add(PoolShell& pool);
  void remove(PoolShell& pool) noexcept;

  /// Judges with what the pools know, and fails the victim, until nobody is stuck. Call without any lock.
  void judge();

  /// Asks the pool's database who waits for whose lock over `monitor`, then judges. Throws Failure of the database.
  void judge_with_locks(Connection& monitor, std::uint64_t server, Deadline deadline);

 private:
  // A lease before the database was asked. Only what is still the same afterwards was so at the moment it answered.
  struct Seen {
    std::uint64_t word;
    std::uint64_t operations;
    std::int64_t backend;
    [[nodiscard]] bool is_still(const Slot& slot) const noexcept;
  };
  using SeenLeases = std::unordered_map<const Slot*, Seen>;
  [[nodiscard]] SeenLeases leases_on(std::uint64_t server) LK_REQUIRES(mutex_);
  // What the victim's listener is to be told, once no lock is held. The listener outlives the pool and its leases.
  struct Told {
    EventListener* listener;
    Event event;
  };
  [[nodiscard]] std::optional<Told> judge_once(const SeenLeases& seen, const std::vector<LockEdge>& locks)
      LK_REQUIRES(mutex_);
  void judge_until_nobody_is_stuck(const SeenLeases& seen, const std::vector<LockEdge>& locks);
  void lock_pools() LK_REQUIRES(mutex_);
  void unlock_pools() LK_REQUIRES(mutex_);
  [[nodiscard]] Situation look(const SeenLeases& seen, const std::vector<LockEdge>& locks) const LK_REQUIRES(mutex_);
  [[nodiscard]] Told fail(const DeadlockVerdict& verdict) LK_REQUIRES(mutex_);

  base::Mutex mutex_;
  std::vector<PoolShell*> pools_ LK_GUARDED_BY(mutex_);  // By id.
};

}  // namespace lockkeeper::client
