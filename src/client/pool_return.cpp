// From the end of a lease to the next one's beginning.
#include <fmt/format.h>

#include <utility>

#include "base/coarse_clock.hpp"
#include "client/pool_shell.hpp"
#include "client/texts.hpp"

namespace lockkeeper::client {

void PoolShell::end_lease(Slot& slot, std::uint64_t sequence) noexcept {
  ThreadCache& thread = thread_cache();
  thread.inside.store(this, std::memory_order_relaxed);  // Published by the compare-and-swap that ends the lease.
  const bool fast = return_fast(thread, slot, sequence);
  if (!fast) return_slowly(slot, sequence);
  const bool last = !fast && is_last();
  thread.inside.store(nullptr, std::memory_order_release);
  // From here on the shell may be gone.
  if (last) destroy(this);
}

// Of a pool that has gone, with nothing left to come back: asked by whoever has just returned something slowly.
bool PoolShell::is_last() noexcept {
  const base::Guard guard(mutex_);
  if (!orphaned_ || destroying_ || !nobody_comes_back()) return false;
  destroying_ = true;
  return true;
}

void PoolShell::destroy(PoolShell* shell) noexcept {
  wait_until_nobody_is_inside(shell);
  delete shell;
}

bool PoolShell::return_fast(const ThreadCache& thread, Slot& slot, std::uint64_t sequence) noexcept {
  if (slot.attention.load(std::memory_order_relaxed) != 0 || queue_view_.anybody_waits() ||
      fast_.reset_on_return.load(std::memory_order_relaxed)) {
    return false;
  }
  const SlotWord held{sequence, SlotState::held};
  if (slot.load() != held || slot.connection->transaction_status() != TransactionStatus::idle) return false;
  Unit* counted_on = slot.record.counted_on.load(std::memory_order_relaxed);
  const Clock::time_point now = base::coarse_now();
  const auto held_for = std::chrono::nanoseconds(now - slot.record.since.load(std::memory_order_relaxed)).count();
  slot.held_ns.store(slot.held_ns.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(held_for),
                     std::memory_order_relaxed);
  slot.last_used.store(now, std::memory_order_relaxed);
  if (!slot.change(held, {sequence, SlotState::idle})) return false;  // Taken back this very moment.
  counted_on->count_lease(&thread, -1);
  // Somebody may have queued, or marked the slot, before seeing it idle.
  if (!queue_view_.anybody_waits() && slot.attention.load(std::memory_order_seq_cst) == 0) return true;
  after_return();
  return false;
}

void PoolShell::after_return() noexcept {
  PoolActions actions;
  {
    const base::Guard guard(mutex_);
    core_.tick(Clock::now(), actions);
  }
  perform(std::move(actions));
  drained_.notify_all();
}

// With a thread still inside, that thread returns the connection when it leaves. A lease that was taken back has
// nothing to return.
void PoolShell::return_slowly(Slot& slot, std::uint64_t sequence) noexcept {
  for (;;) {
    const SlotWord seen = slot.load();
    if (seen.sequence != sequence || !is_leased(seen.state)) return lose_handle();  // Taken back.
    if (seen.state == SlotState::executing) {
      if (slot.change(seen, {sequence, SlotState::released})) return;
    } else if (seen.state == SlotState::held) {
      if (slot.change(seen, {sequence, SlotState::reserved})) return take_over(slot, sequence, LeaseEnd::returned);
    } else if (seen.state == SlotState::streaming) {
      if (!leave_streaming(slot, seen)) continue;
      // The stream may have ended without seeing that.
      if (slot.change({sequence, SlotState::held}, {sequence, SlotState::reserved})) {
        take_over(slot, sequence, LeaseEnd::returned);
      }
      return;
    } else {
      return;
    }
  }
}

// The slot becomes the pool's, although its stream, and the lease, are still somewhere.
bool PoolShell::take_from_handles(Slot& slot, SlotWord from) noexcept {
  const base::Guard guard(mutex_);
  if (!slot.change(from, {from.sequence, SlotState::reserved})) return false;
  lost_handles_ += static_cast<std::size_t>(!is_left_to_stream(slot, from.sequence));
  lost_handles_ += static_cast<std::size_t>(slot.stream != nullptr);
  return true;
}

// False: it is not streaming any more. Under the lock, so that whoever takes the slot knows whether the lease still
// comes.
bool PoolShell::leave_streaming(Slot& slot, SlotWord seen) noexcept {
  const base::Guard guard(mutex_);
  if (slot.load() != seen) return false;
  leave_to_stream(slot, seen.sequence);
  return true;
}

void PoolShell::leave_to_stream(Slot& slot, std::uint64_t sequence) noexcept {
  slot.gone_of.store(sequence, std::memory_order_seq_cst);
  slot.attention.fetch_or(lease_gone, std::memory_order_seq_cst);
}

bool PoolShell::is_left_to_stream(const Slot& slot, std::uint64_t sequence) noexcept {
  return (slot.attention.load(std::memory_order_seq_cst) & lease_gone) != 0 &&
         slot.gone_of.load(std::memory_order_seq_cst) == sequence;
}

void PoolShell::lose_handle() noexcept {
  const base::Guard guard(mutex_);
  --lost_handles_;
}

void PoolShell::forget_lost_handle() noexcept {
  ThreadCache& thread = thread_cache();
  thread.inside.store(this, std::memory_order_relaxed);
  lose_handle();
  const bool last = is_last();
  thread.inside.store(nullptr, std::memory_order_release);
  if (last) destroy(this);
}

// The slot is ours now. What state its connection is in decides where it goes.
void PoolShell::take_over(Slot& slot, std::uint64_t sequence, LeaseEnd end) noexcept {
  std::uint32_t attention = slot.attention.load(std::memory_order_seq_cst);
  if ((attention & cancelling) != 0) attention |= slot.attention.fetch_or(evict, std::memory_order_seq_cst) | evict;
  const TransactionStatus status = slot.connection->transaction_status();
  const bool evicted = (attention & evict) != 0;
  const bool wanted = (attention & Attention::take_back) != 0 && slot.take_back_of == sequence;
  if (end == LeaseEnd::returned && wanted) end = LeaseEnd::reclaimed;  // A cancel may be on its way.
  if (end == LeaseEnd::returned && status == TransactionStatus::unknown) end = LeaseEnd::connection_lost;
  if (end == LeaseEnd::returned && evicted && status == TransactionStatus::idle) {
    end = closed_.load(std::memory_order_acquire) ? LeaseEnd::pool_closed : LeaseEnd::evicted;
  }
  const bool dirty = status == TransactionStatus::open || status == TransactionStatus::failed;
  if (end == LeaseEnd::returned && dirty) {
    counters_.dirty_returns.fetch_add(1, std::memory_order_relaxed);
    const LeaseRecord record = record_of(slot, sequence);
    tell(EventKind::dirty_return,
         fmt::format(
             "{} gave back a connection of pool \"{}\", taken at {}, with {} transaction open; it is rolled back.\n"
             "  Its last statement: {}",
             record.unit, name_, place(record.taken_at), status == TransactionStatus::open ? "a" : "a failed",
             record.last_statement),
         {record});
  }
  count_end(slot);
  const std::uint32_t before = slot.attention.fetch_and(~std::uint32_t{leak_reported}, std::memory_order_seq_cst);
  const bool leaked = (before & leak_reported) != 0;
  std::optional<LeaseRecord> record;  // Where somebody asks for it: it costs as much as the rest.
  if (leaked || end != LeaseEnd::returned) {
    record = record_of(slot, sequence);
    record->end = end;
  }
  if (leaked) tell_leak_ended(*record);
  switch (end) {
    case LeaseEnd::connection_lost:
      counters_.connections_lost.fetch_add(1, std::memory_order_relaxed);
      return drop(slot, "the connection was lost while it was leased", std::move(record));
    case LeaseEnd::reclaimed: tell_reclaimed(*record); return drop(slot, "its lease was taken back", std::move(record));
    default: break;
  }
  if (dirty || (fast_.reset_on_return.load(std::memory_order_relaxed) && !evicted)) {
    return workers_.post([this, &slot, sequence] { clean(slot, sequence); });
  }
  give_to_core(slot, std::move(record));
}

void PoolShell::count_end(Slot& slot) noexcept {
  const Clock::time_point now = Clock::now();
  slot.record.counted_on.load(std::memory_order_relaxed)->count_lease(nullptr, -1);
  const auto held_for = std::chrono::nanoseconds(now - slot.record.since.load(std::memory_order_relaxed)).count();
  slot.held_ns.fetch_add(static_cast<std::uint64_t>(held_for), std::memory_order_relaxed);
  slot.last_used.store(now, std::memory_order_relaxed);
}

void PoolShell::tell_reclaimed(const LeaseRecord& record) noexcept {
  counters_.reclaimed.fetch_add(1, std::memory_order_relaxed);
  tell(EventKind::reclaimed,
       fmt::format("pool \"{}\" has taken back the connection that {} took at {}", name_, record.unit,
                   place(record.taken_at)),
       {record});
}

void PoolShell::tell_leak_ended(const LeaseRecord& record) noexcept {
  const auto held_for = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - record.since);
  tell(EventKind::leak_ended,
       fmt::format("the lease of pool \"{}\" taken by {} at {} ended after {} ms: {}", name_, record.unit,
                   place(record.taken_at), held_for.count(), to_string(record.end)),
       {record});
}

// On a worker: nobody waits for a rollback but the one who needs this slot. What cannot be cleaned in time is closed.
void PoolShell::clean(Slot& slot, std::uint64_t sequence) noexcept {
  const Deadline deadline =
      Clock::now() + std::chrono::milliseconds(fast_.rollback_timeout_ms.load(std::memory_order_relaxed));
  std::string reason = "it was not idle after a rollback";
  try {
    if (slot.connection->transaction_status() != TransactionStatus::idle) {
      slot.connection->execute("ROLLBACK", deadline);
      count(TransactionCounter::rollback);
    }
    if (fast_.reset_on_return.load(std::memory_order_relaxed)) slot.connection->reset(deadline);
    if (slot.connection->transaction_status() == TransactionStatus::idle) return give_to_core(slot);
  } catch (const std::exception& error) {
    reason = std::string("it could not be cleaned: ") + error.what();
  }
  LeaseRecord record = record_of(slot, sequence);
  record.end = LeaseEnd::discarded;
  tell(EventKind::rollback_failed,
       fmt::format("pool \"{}\" closes the connection that {} took at {}: {}", name_, record.unit,
                   place(record.taken_at), reason),
       {record});
  drop(slot, std::move(reason));
}

void PoolShell::give_to_core(Slot& slot, std::optional<LeaseRecord> last_lease) noexcept {
  PoolActions actions;
  {
    const base::Guard guard(mutex_);
    core_.give_back(slot, Clock::now(), actions);
  }
  if (!actions.close.empty()) actions.close.front().last_lease = std::move(last_lease);
  perform(std::move(actions));
  drained_.notify_all();
}

void PoolShell::drop(Slot& slot, std::string reason, std::optional<LeaseRecord> last_lease) noexcept {
  PoolActions actions;
  {
    const base::Guard guard(mutex_);
    core_.drop(slot, std::move(reason), Clock::now(), actions);
  }
  if (!actions.close.empty()) actions.close.front().last_lease = std::move(last_lease);  // Its own comes first.
  perform(std::move(actions));
  drained_.notify_all();
}

}  // namespace lockkeeper::client
