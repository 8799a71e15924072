// From asking for a connection to holding it.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "base/coarse_clock.hpp"
#include "client/pool_shell.hpp"
#include "client/texts.hpp"

namespace lockkeeper::client {
namespace {

[[nodiscard]] bool is_fresh(const Slot& slot, Clock::time_point now, std::int64_t window_ms) noexcept {
  return now - slot.last_used.load(std::memory_order_relaxed) < std::chrono::milliseconds(window_ms);
}

}  // namespace

Lease PoolShell::acquire(const AcquireOptions& options, std::source_location where) {
  ThreadCache& thread = thread_cache();
  Unit& unit = *thread.unit;
  if (unit.root().leases() > 0) [[unlikely]]
    check_nested(unit, options, where);
  Slot* slot = take_hinted(thread);
  const Clock::time_point now = base::coarse_now();
  // The server's word counts at check-out too: whoever kept the native handle may have begun something since.
  if (slot == nullptr || !is_fresh(*slot, now, fast_.validation_window_ms.load(std::memory_order_relaxed)) ||
      slot->connection->transaction_status() != TransactionStatus::idle) {
    return acquire_slowly(unit, options, where, slot);
  }
  return start_lease(*slot, slot->load().sequence, thread, where, now, options);
}

// The slot that this thread used last, if it is idle and nobody queues: without the lock.
Slot* PoolShell::take_hinted(ThreadCache& thread) noexcept {
  const ThreadCache::Hint& hint = thread.hints[id_ % thread.hints.size()];
  if (hint.pool != id_ || queue_view_.anybody_waits()) return nullptr;
  if (hint.slot->attention.load(std::memory_order_relaxed) != 0 || !hint.slot->claim(SlotState::held)) return nullptr;
  return hint.slot;
}

Lease PoolShell::acquire_slowly(Unit& unit, const AcquireOptions& options, std::source_location where, Slot* taken) {
  Waiter waiter;
  waiter.id = next_number();
  waiter.unit = &unit;
  waiter.unit_id = unit.id();
  waiter.asked_at = where;
  waiter.since = Clock::now();
  waiter.deadline = options.deadline.value_or(
      waiter.since + std::chrono::milliseconds(fast_.acquire_timeout_ms.load(std::memory_order_relaxed)));
  if (taken != nullptr) {
    waiter.granted = taken;
    waiter.sequence = taken->load().sequence;
  } else {
    queue_up(waiter);
  }
  while (!is_alive(*waiter.granted, waiter)) replace_dead(waiter);
  const Clock::time_point now = Clock::now();
  count_wait(now - waiter.since);
  ThreadCache& thread = thread_cache();
  thread.hints[id_ % thread.hints.size()] = {id_, waiter.granted};
  return start_lease(*waiter.granted, waiter.sequence, thread, where, now, options);
}

void PoolShell::queue_up(Waiter& waiter) {
  PoolActions actions;
  Admission admission{};
  {
    const base::Guard guard(mutex_);
    admission = core_.admit(waiter, waiter.since, actions);
  }
  perform(std::move(actions));
  if (admission == Admission::refused) refuse(waiter);
  if (admission == Admission::queued) wait_in_queue(waiter);
}

void PoolShell::wait_in_queue(Waiter& waiter) {
  const bool nested = waiter.unit->root().leases() > 0;
  if (nested && fast_.detect_deadlocks.load(std::memory_order_relaxed)) {
    // What may throw must not leave the waiter, which is on our stack, in the queue.
    try {
      LockWatch::instance().judge();
    } catch (const std::exception& error) {
      tell(EventKind::deadlock, std::string("deadlock detection failed: ") + error.what());
    }
    alarm_.unpark();  // The housekeeper looks at the database's locks when the wait has become old.
  }
  if (!waiter.parker.park_until(waiter.deadline)) {
    base::Guard guard(mutex_);
    const bool left = core_.leave(waiter);
    guard.unlock();
    if (left) time_out(waiter);
    // Served or failed at the last moment: the wake-up is on its way and must not find us gone.
    static_cast<void>(waiter.parker.park_until(Clock::time_point::max()));
  }
  if (waiter.failure) refuse(waiter);
  counters_.acquired_after_waiting.fetch_add(1, std::memory_order_relaxed);
}

void PoolShell::refuse(const Waiter& waiter) {
  const ErrorCode code = waiter.failure->code;
  if (code != ErrorCode::pool_deadlock) counters_.acquires_refused.fetch_add(1, std::memory_order_relaxed);
  Error error = *waiter.failure;
  if (code != ErrorCode::pool_deadlock) error.message += fmt::format("\n  asked for at {}", place(waiter.asked_at));
  throw Failure(std::move(error));
}

void PoolShell::time_out(const Waiter& waiter) {
  counters_.acquire_timeouts.fetch_add(1, std::memory_order_relaxed);
  std::vector<LeaseRecord> holders = leases();
  std::string connecting;
  std::size_t others = 0;
  {
    const base::Guard guard(mutex_);
    others = core_.waiting();
    if (core_.last_open_failure()) connecting = core_.last_open_failure()->message;
  }
  std::string text = describe_timeout(wait_record(waiter), holders, others, connecting);
  tell(EventKind::acquire_timeout, text, std::move(holders), wait_record(waiter));
  throw Failure({ErrorCode::pool_timeout, "", std::move(text), Blast::statement});
}

// Not asked within the validation window: a ping costs more than most statements.
bool PoolShell::is_alive(Slot& slot, const Waiter& waiter) noexcept {
  const Clock::time_point now = Clock::now();
  if (slot.connection->transaction_status() != TransactionStatus::idle) return false;
  if (is_fresh(slot, now, fast_.validation_window_ms.load(std::memory_order_relaxed))) return true;
  try {
    slot.connection->ping(std::min(
        waiter.deadline, now + std::chrono::milliseconds(fast_.validation_timeout_ms.load(std::memory_order_relaxed))));
    return slot.connection->transaction_status() == TransactionStatus::idle;
  } catch (const std::exception&) {
    return false;  // Whatever it was, another connection will do; what is wrong with the server is told when opening
                   // one.
  }
}

// Whoever had it last kept the native handle, and began something with it after giving it back.
void PoolShell::tell_used_after_return(Slot& slot) {
  counters_.dirty_returns.fetch_add(1, std::memory_order_relaxed);
  LeaseRecord record = record_of(slot, slot.record.sequence.load(std::memory_order_acquire));
  record.end = LeaseEnd::discarded;
  std::string text = fmt::format(
      "a connection of pool \"{}\" has a transaction open although nobody holds it; it is closed.\n  {} had it last, "
      "taken at {}: something there uses its native handle after giving it back.",
      name_, record.unit, place(record.taken_at));
  tell(EventKind::dirty_return, std::move(text), {std::move(record)});
}

void PoolShell::replace_dead(Waiter& waiter) {
  const TransactionStatus status = waiter.granted->connection->transaction_status();
  if (status == TransactionStatus::open || status == TransactionStatus::failed) {
    tell_used_after_return(*waiter.granted);
  } else {
    counters_.connections_lost.fetch_add(1, std::memory_order_relaxed);
  }
  PoolActions actions;
  {
    const base::Guard guard(mutex_);
    const Clock::time_point now = Clock::now();
    waiter.granted->set_state(SlotState::reserved);
    core_.drop(*waiter.granted, "it was found dead when it was taken", now, actions);
    core_.readmit(waiter, now, actions);
  }
  perform(std::move(actions));
  wait_in_queue(waiter);
}

void PoolShell::check_nested(const Unit& unit, const AcquireOptions& options, std::source_location where) {
  const NestedAcquire policy = options.nested.value_or(fast_.nested.load(std::memory_order_relaxed));
  counters_.nested_acquires.fetch_add(1, std::memory_order_relaxed);
  if (policy == NestedAcquire::off) return;
  std::vector<LeaseRecord> held = leases_of_unit(unit);
  if (held.empty()) return;  // Of other pools.
  Waiter asking;
  asking.unit = thread_cache().unit;
  asking.unit_id = unit.id();
  asking.asked_at = where;
  asking.since = Clock::now();
  const auto size = static_cast<std::size_t>(fast_.maximum_size.load(std::memory_order_relaxed));
  std::string text = fmt::format(
      "{} asks pool \"{}\" for a connection at {} while it holds {}, the first taken at {}.\n  {} units of work that "
      "do "
      "so at once need a pool of {} connections to be safe from deadlock, and it has at most {}.\n  Use the connection "
      "that "
      "is held (pass the transaction), or give it back first.",
      unit_name(unit, unit.id()), name_, place(where), held.size() == 1 ? "one" : std::to_string(held.size()),
      place(held.front().taken_at), size, size * held.size() + 1, size);
  if (policy == NestedAcquire::warn) {
    return tell(EventKind::nested_acquire, std::move(text), std::move(held), wait_record(asking));
  }
  counters_.acquires_refused.fetch_add(1, std::memory_order_relaxed);
  throw Failure({ErrorCode::nested_acquire, "", std::move(text), Blast::statement});
}

Lease PoolShell::start_lease(Slot& slot, std::uint64_t sequence, const ThreadCache& thread, std::source_location where,
                             Clock::time_point now, const AcquireOptions& options) noexcept {
  SlotRecord& record = slot.record;
  Unit& unit = *thread.unit;
  record.unit.store(&unit, std::memory_order_relaxed);
  record.unit_id.store(unit.id(), std::memory_order_relaxed);
  record.taken_at.store(where, std::memory_order_relaxed);
  record.since.store(now, std::memory_order_relaxed);
  if (options.leak) [[unlikely]] {
    record.leak_after_ms.store(options.leak->after.count(), std::memory_order_relaxed);
    record.leak_action.store(options.leak->action, std::memory_order_relaxed);
    std::int64_t shortest = shortest_leak_ms_.load(std::memory_order_relaxed);
    if (options.leak->after.count() > 0 && (shortest == 0 || options.leak->after.count() < shortest)) {
      shortest_leak_ms_.store(options.leak->after.count(), std::memory_order_relaxed);
      alarm_.unpark();
    }
  } else {
    record.leak_after_ms.store(fast_.leak_after_ms.load(std::memory_order_relaxed), std::memory_order_relaxed);
    record.leak_action.store(fast_.leak_action.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }
  if (fast_.record_stacks.load(std::memory_order_relaxed)) [[unlikely]]
    keep_stack(slot, sequence);
  slot.status.store(TransactionStatus::idle, std::memory_order_relaxed);  // Or it would not have been handed out.
  slot.open_cursors.store(0, std::memory_order_relaxed);                  // They ended with their transaction.
  Unit& root = unit.root();
  record.counted_on.store(&root, std::memory_order_relaxed);
  root.count_lease(&thread, 1);
  record.sequence.store(sequence, std::memory_order_release);
  return Lease(*this, slot, sequence);
}

// Element i counts waits of less than 2^i microseconds.
void PoolShell::count_wait(Clock::duration waited) noexcept {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(waited).count();
  const auto bucket =
      static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(microseconds, 0))));
  counters_.waits[std::min(bucket, counters_.waits.size() - 1)].fetch_add(1, std::memory_order_relaxed);
  counters_.total_wait_ns.fetch_add(std::chrono::nanoseconds(waited).count(), std::memory_order_relaxed);
}

}  // namespace lockkeeper::client
