#include "client/lock_watch.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "client/pool_shell.hpp"
#include "client/texts.hpp"

namespace lockkeeper::client {

LockWatch& LockWatch::instance() {
  static auto* watch = new LockWatch;  // Outlives every pool, static ones too.
  return *watch;
}

void LockWatch::add(PoolShell& pool) {
  const base::Guard guard(mutex_);
  pools_.push_back(&pool);
  std::ranges::sort(pools_, {}, &PoolShell::id);
}

void LockWatch::remove(PoolShell& pool) noexcept {
  const base::Guard guard(mutex_);
  std::erase(pools_, &pool);
}

void LockWatch::judge() { judge_until_nobody_is_stuck({}, {}); }

void LockWatch::judge_until_nobody_is_stuck(const SeenLeases& seen, const std::vector<LockEdge>& locks) {
  for (;;) {
    std::optional<Told> told;
    {
      const base::Guard guard(mutex_);
      told = judge_once(seen, locks);
    }
    if (!told) return;
    told->listener->on_event(told->event);
  }
}

void LockWatch::judge_with_locks(Connection& monitor, std::uint64_t server, Deadline deadline) {
  SeenLeases seen;
  {
    const base::Guard guard(mutex_);
    seen = leases_on(server);
  }
  std::vector<std::int64_t> backends;
  for (const auto& [slot, lease] : seen) {
    if (SlotWord::unpack(lease.word).state == SlotState::executing) backends.push_back(lease.backend);
  }
  std::vector<LockEdge> edges;
  if (!backends.empty()) {
    for (const LockWait& wait : monitor.lock_waits(backends, deadline))
      edges.push_back({server, wait.waiter, wait.blocker});
  }
  judge_until_nobody_is_stuck(seen, edges);
}

bool LockWatch::Seen::is_still(const Slot& slot) const noexcept {
  return slot.load().pack() == word && slot.operations.load(std::memory_order_acquire) == operations;
}

LockWatch::SeenLeases LockWatch::leases_on(std::uint64_t server) {
  SeenLeases seen;
  for (PoolShell* pool : pools_) {
    const base::Guard guard(pool->mutex_);
    for (const Slot& slot : pool->core_.slots()) {
      const SlotWord word = slot.load();
      if (!is_leased(word.state) || slot.server.load(std::memory_order_relaxed) != server) continue;
      seen[&slot] = {word.pack(), slot.operations.load(std::memory_order_acquire),
                     slot.backend.load(std::memory_order_relaxed)};
    }
  }
  return seen;
}

// With every pool locked, nobody queues, is served or leaves: what is seen is one moment. Leases that come and go
// without the lock belong to running threads, which are no part of what is stuck.
std::optional<LockWatch::Told> LockWatch::judge_once(const SeenLeases& seen,
                                                     const std::vector<LockEdge>& locks) LK_NO_THREAD_SAFETY_ANALYSIS {
  lock_pools();
  std::optional<DeadlockVerdict> verdict;
  Situation situation;
  try {
    situation = look(seen, locks);
    verdict = find_deadlock(situation);
  } catch (...) {
    unlock_pools();
    throw;
  }
  if (!verdict) {
    unlock_pools();
    return std::nullopt;
  }
  return fail(*verdict);  // Unlocks.
}

void LockWatch::lock_pools() LK_NO_THREAD_SAFETY_ANALYSIS {
  for (PoolShell* pool : pools_) pool->mutex_.lock();
}

void LockWatch::unlock_pools() LK_NO_THREAD_SAFETY_ANALYSIS {
  for (PoolShell* pool : pools_) pool->mutex_.unlock();
}

namespace {

// A lease's id here: unique while all pools are locked.
LeaseId lease_id(std::size_t pool, const Slot& slot) {
  return LeaseId((static_cast<std::uint64_t>(pool) << 32U) | slot.index);
}

using Threads = std::map<std::uint64_t, std::uint32_t>;

// A unit that has ended releases nothing any more as far as we know; taken for running, it makes nobody stuck.
UnitId note_unit(const Unit& unit, std::uint64_t id, Threads& threads) {
  if (unit.id() != id) {
    threads[id] = 1;
    return UnitId(id);
  }
  const Unit& root = unit.root();
  threads[root.id()] = std::max(1U, root.threads.load(std::memory_order_acquire));
  return UnitId(root.id());
}

// Being taken right now, by a thread that runs, its record is still the last holder's: 0 is nobody's number.
UnitId note_holder(const Slot& slot, std::uint64_t sequence, Threads& threads) {
  if (slot.record.sequence.load(std::memory_order_acquire) != sequence) return UnitId(0);
  const Unit& unit = *slot.record.unit.load(std::memory_order_relaxed);
  return note_unit(unit, slot.record.unit_id.load(std::memory_order_relaxed), threads);
}

}  // namespace

Situation LockWatch::look(const SeenLeases& seen,
                          const std::vector<LockEdge>& locks) const LK_NO_THREAD_SAFETY_ANALYSIS {
  Situation situation;
  std::map<std::uint64_t, std::uint32_t> threads;
  std::set<std::int64_t> changed;  // Sessions of ours that have done something since the database was asked.
  for (std::size_t number = 0; number < pools_.size(); ++number) {
    PoolShell& pool = *pools_[number];
    PoolSituation& one = situation.pools.emplace_back();
    one.id = PoolId(static_cast<std::uint32_t>(number));
    std::size_t taken = 0;
    for (const Slot& slot : pool.core_.slots()) {
      const SlotWord word = slot.load();
      const auto before = seen.find(&slot);
      const bool same = before != seen.end() && before->second.is_still(slot);
      const std::int64_t backend = slot.backend.load(std::memory_order_relaxed);
      if (before != seen.end() && !same) changed.insert(before->second.backend);
      if (!is_leased(word.state)) continue;
      ++taken;
      one.leases.push_back({lease_id(number, slot), note_holder(slot, word.sequence, threads),
                            slot.server.load(std::memory_order_relaxed), backend,
                            same && word.state == SlotState::executing});
    }
    const std::size_t most = pool.core_.settings().maximum_size;
    one.free = static_cast<std::uint32_t>(most > taken ? most - taken : 0);
    for (const Waiter* waiter = pool.core_.first_waiter(); waiter != nullptr; waiter = waiter->next) {
      one.waits.push_back({WaitId(waiter->id), note_unit(*waiter->unit, waiter->unit_id, threads)});
    }
  }
  for (const auto& [id, count] : threads) situation.units.push_back({UnitId(id), count});
  std::ranges::copy_if(locks, std::back_inserter(situation.locks),
                       [&](const LockEdge& edge) { return !changed.contains(edge.blocker); });
  return situation;
}

LockWatch::Told LockWatch::fail(const DeadlockVerdict& verdict) LK_NO_THREAD_SAFETY_ANALYSIS {
  PoolShell* victims_pool = nullptr;
  Waiter* victim = nullptr;
  std::vector<LeaseRecord> holders;
  std::vector<WaitRecord> waits;
  for (PoolShell* pool : pools_) {
    for (Waiter* waiter = pool->core_.first_waiter(); waiter != nullptr; waiter = waiter->next) {
      if (std::ranges::find(verdict.waits, WaitId(waiter->id)) != verdict.waits.end())
        waits.push_back(pool->wait_record(*waiter));
      if (WaitId(waiter->id) != verdict.victim) continue;
      victim = waiter;
      victims_pool = pool;
    }
  }
  for (const LeaseId id : verdict.leases) {
    PoolShell& pool = *pools_[id.value() >> 32U];
    Slot& slot = pool.core_.slots()[id.value() & 0xffffffffU];
    holders.push_back(pool.record_of(slot, slot.load().sequence));
  }
  std::string text = describe_deadlock(victims_pool->wait_record(*victim), holders, waits, !verdict.locks.empty());
  WaitRecord wait = victims_pool->wait_record(*victim);
  PoolActions actions;
  victims_pool->core_.fail(*victim, {ErrorCode::pool_deadlock, "", text, Blast::statement}, actions);
  unlock_pools();
  victims_pool->counters_.deadlocks.fetch_add(1, std::memory_order_relaxed);
  Told told{&victims_pool->listener(),
            {EventKind::deadlock, victims_pool->name(), std::move(text), std::move(holders), std::move(wait), {}}};
  victims_pool->perform(std::move(actions));  // The victim goes on, and may end its pool.
  return told;
}

}  // namespace lockkeeper::client
