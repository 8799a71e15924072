// Who holds, who waits, and how much of everything: what a pool tells about itself.
#include <algorithm>
#include <boost/stacktrace.hpp>
#include <utility>

#include "client/pool_shell.hpp"
#include "client/texts.hpp"

namespace lockkeeper::client {

void PoolShell::tell(EventKind kind, std::string message, std::vector<LeaseRecord> leases,
                     std::optional<WaitRecord> wait, std::optional<Error> error) const noexcept {
  listener_.on_event({kind, name_, std::move(message), std::move(leases), std::move(wait), std::move(error)});
}

std::uint64_t PoolShell::lease_id(const Slot& slot, std::uint64_t sequence) const noexcept {
  // 14 bits of pool, 12 of slot, 38 of sequence: unique for hours of a lease a nanosecond, which is what an id is for.
  return (id_ << 50U) | (static_cast<std::uint64_t>(slot.index & 0xfffU) << 38U) | (sequence & ((1ULL << 38U) - 1));
}

// The record belongs to the lease while its sequence says so; what changes meanwhile is at worst a moment old.
LeaseRecord PoolShell::record_of(Slot& slot, std::uint64_t sequence) const {
  LeaseRecord record;
  record.id = lease_id(slot, sequence);
  record.pool = name_;
  const Unit* unit = slot.record.unit.load(std::memory_order_relaxed);
  record.unit = unit == nullptr ? "" : unit_name(*unit, slot.record.unit_id.load(std::memory_order_relaxed));
  record.taken_at = slot.record.taken_at.load(std::memory_order_relaxed);
  record.since = slot.record.since.load(std::memory_order_relaxed);
  record.backend_id = slot.backend.load(std::memory_order_relaxed);
  const TransactionStatus status = slot.status.load(std::memory_order_relaxed);
  record.in_transaction = status == TransactionStatus::open || status == TransactionStatus::failed;
  record.cursor_open = slot.open_cursors.load(std::memory_order_relaxed) > 0;
  record.running = slot.load().state == SlotState::executing;
  const base::Guard guard(slot.text_mutex);
  if (slot.last_sql_of == sequence) record.last_statement = shape_of(slot.last_sql, engine_);
  if (slot.stack_of == sequence) record.stack = slot.stack;
  return record;
}

WaitRecord PoolShell::wait_record(const Waiter& waiter) const {
  return {name_, unit_name(*waiter.unit, waiter.unit_id), waiter.asked_at, waiter.since};
}

std::vector<LeaseRecord> PoolShell::leases_if(const std::function<bool(const Slot&)>& wanted) const {
  std::vector<LeaseRecord> records;
  const base::Guard guard(mutex_);
  for (Slot& slot : const_cast<PoolCore&>(core_).slots()) {
    const SlotWord seen = slot.load();
    if (!is_leased(seen.state) || slot.record.sequence.load(std::memory_order_acquire) != seen.sequence) continue;
    if (wanted(slot)) records.push_back(record_of(slot, seen.sequence));
  }
  std::ranges::sort(records, {}, &LeaseRecord::since);
  return records;
}

std::vector<LeaseRecord> PoolShell::leases() const {
  return leases_if([](const Slot&) { return true; });
}

std::vector<LeaseRecord> PoolShell::leases_of_unit(const Unit& unit) const {
  return leases_if([&](const Slot& slot) {
    const Unit* holder = slot.record.unit.load(std::memory_order_relaxed);
    return &holder->root() == &unit.root() && holder->id() == slot.record.unit_id.load(std::memory_order_relaxed);
  });
}

std::vector<WaitRecord> PoolShell::waits() const {
  std::vector<WaitRecord> records;
  const base::Guard guard(mutex_);
  for (const Waiter* waiter = core_.first_waiter(); waiter != nullptr; waiter = waiter->next) {
    records.push_back(wait_record(*waiter));
  }
  return records;
}

PoolMetrics PoolShell::metrics() const {
  PoolMetrics metrics;
  metrics.pool = name_;
  const Clock::time_point now = Clock::now();
  std::uint64_t held_ns = 0;
  {
    const base::Guard guard(mutex_);
    metrics.maximum_size = core_.settings().maximum_size;
    metrics.connecting = core_.opening();
    metrics.waiting = core_.waiting();
    if (core_.first_waiter() != nullptr) metrics.oldest_wait = now - core_.first_waiter()->since;
    for (const Slot& slot : core_.slots()) {
      const SlotWord seen = slot.load();
      metrics.acquired += seen.sequence;
      metrics.in_use += static_cast<std::size_t>(is_leased(seen.state));
      metrics.idle += static_cast<std::size_t>(seen.state == SlotState::idle);
      held_ns += slot.held_ns.load(std::memory_order_relaxed);
      if (!is_leased(seen.state) || slot.record.sequence.load(std::memory_order_acquire) != seen.sequence) continue;
      metrics.oldest_lease = std::max<std::chrono::nanoseconds>(metrics.oldest_lease, now - slot.record.since.load());
    }
  }
  const Counters& counters = counters_;
  metrics.total_held = std::chrono::nanoseconds(held_ns);
  metrics.acquired_after_waiting = counters.acquired_after_waiting;
  metrics.acquire_timeouts = counters.acquire_timeouts;
  metrics.acquires_refused = counters.acquires_refused;
  metrics.deadlocks = counters.deadlocks;
  metrics.nested_acquires = counters.nested_acquires;
  metrics.connections_created = counters.connections_created;
  metrics.connect_failures = counters.connect_failures;
  metrics.connections_closed = counters.connections_closed;
  metrics.connections_lost = counters.connections_lost;
  metrics.dirty_returns = counters.dirty_returns;
  metrics.leaks = counters.leaks;
  metrics.reclaimed = counters.reclaimed;
  metrics.commits = counters.commits;
  metrics.rollbacks = counters.rollbacks;
  metrics.unknown_commits = counters.unknown_commits;
  metrics.abandoned_transactions = counters.abandoned_transactions;
  metrics.transaction_timeouts = counters.transaction_timeouts;
  std::uint64_t slow = 0;
  for (std::size_t i = 0; i < metrics.waits.size(); ++i) {
    metrics.waits[i] = counters.waits[i].load(std::memory_order_relaxed);
    slow += metrics.waits[i];
  }
  // Whoever took a slot without the lock is in no bucket yet.
  metrics.waits[0] += metrics.acquired - std::min(metrics.acquired, slow);
  metrics.total_wait = std::chrono::nanoseconds(counters.total_wait_ns.load(std::memory_order_relaxed));
  return metrics;
}

void keep_stack(Slot& slot, std::uint64_t sequence) {
  constexpr std::size_t most_frames = 32;
  constexpr std::size_t own_frames = 3;
  std::string text = boost::stacktrace::to_string(boost::stacktrace::stacktrace(own_frames, most_frames));
  const base::Guard guard(slot.text_mutex);
  slot.stack = std::move(text);
  slot.stack_of = sequence;
}

}  // namespace lockkeeper::client
