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
  if (!orphaned_ || destroying_ || count_leased() > 0) return false;
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
    if (seen.sequence != sequence) return;  // Taken back, and on its way to somebody else or with it.
    if (seen.state == SlotState::executing) {
      if (slot.change(seen, {sequence, SlotState::released})) return;
    } else if (seen.state == SlotState::held) {
      if (slot.change(seen, {sequence, SlotState::reserved})) return take_over(slot, sequence, LeaseEnd::returned);
    } else {
      return;
    }
  }
}

// The slot is ours now. What state its connection is in decides where it goes.
void PoolShell::take_over(Slot& slot, std::uint64_t sequence, LeaseEnd end) noexcept {
  const TransactionStatus status = slot.connection->transaction_status();
  const bool evicted = (slot.attention.load(std::memory_order_seq_cst) & evict) != 0;
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
  end_record(slot, sequence, end);
  switch (end) {
    case LeaseEnd::connection_lost:
      counters_.connections_lost.fetch_add(1, std::memory_order_relaxed);
      return drop(slot, "the connection was lost while it was leased");
    case LeaseEnd::reclaimed: return drop(slot, "its lease was taken back");
    default: break;
  }
  if (dirty || (fast_.reset_on_return.load(std::memory_order_relaxed) && !evicted)) {
    return workers_.post([this, &slot, sequence] { clean(slot, sequence); });
  }
  give_to_core(slot);
}

void PoolShell::end_record(Slot& slot, std::uint64_t sequence, LeaseEnd end) noexcept {
  const Clock::time_point now = Clock::now();
  slot.record.counted_on.load(std::memory_order_relaxed)->count_lease(nullptr, -1);
  const auto held_for = std::chrono::nanoseconds(now - slot.record.since.load(std::memory_order_relaxed)).count();
  slot.held_ns.fetch_add(static_cast<std::uint64_t>(held_for), std::memory_order_relaxed);
  slot.last_used.store(now, std::memory_order_relaxed);
  if ((slot.attention.fetch_and(~std::uint32_t{leak_reported}, std::memory_order_seq_cst) & leak_reported) != 0) {
    LeaseRecord record = record_of(slot, sequence);
    record.end = end;  // The text is made from the record: it is copied into the event, not moved.
    tell(EventKind::leak_ended,
         fmt::format("the lease of pool \"{}\" taken by {} at {} ended after {} ms: {}", name_, record.unit,
                     place(record.taken_at), held_for / 1'000'000, to_string(end)),
         {record});
  }
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

void PoolShell::give_to_core(Slot& slot) noexcept {
  PoolActions actions;
  {
    const base::Guard guard(mutex_);
    core_.give_back(slot, Clock::now(), actions);
  }
  perform(std::move(actions));
  drained_.notify_all();
}

void PoolShell::drop(Slot& slot, std::string reason) noexcept {
  PoolActions actions;
  {
    const base::Guard guard(mutex_);
    core_.drop(slot, std::move(reason), Clock::now(), actions);
  }
  perform(std::move(actions));
  drained_.notify_all();
}

void PoolShell::enter(Slot& slot, std::uint64_t sequence, std::string_view sql) {
  for (;;) {
    const SlotWord seen = slot.load();
    if (seen.sequence != sequence || !is_leased(seen.state)) {
      throw Failure(
          {ErrorCode::reclaimed, "",
           fmt::format("pool \"{}\" has taken this lease back: it was held longer than the leak policy allows", name_),
           Blast::connection});
    }
    if (seen.state != SlotState::held) {
      throw Failure({ErrorCode::foreign_use, "",
                     fmt::format("another thread (or an open stream) is using this lease of pool \"{}\", taken at {}",
                                 name_, place(slot.record.taken_at.load(std::memory_order_relaxed))),
                     Blast::statement});
    }
    if (slot.change(seen, {sequence, SlotState::executing})) break;
  }
  slot.operation_since.store(base::coarse_now(), std::memory_order_relaxed);
  slot.operations.fetch_add(1, std::memory_order_release);
  constexpr std::size_t most_kept = 1024;
  const base::Guard guard(slot.text_mutex);
  slot.last_sql.assign(sql.substr(0, most_kept));
  slot.last_sql_of = sequence;
}

void PoolShell::leave(Slot& slot, std::uint64_t sequence) noexcept {
  slot.status.store(slot.connection->transaction_status(), std::memory_order_relaxed);
  ThreadCache& thread = thread_cache();
  thread.inside.store(this, std::memory_order_relaxed);
  const bool last = !leave_fast(slot, sequence) && is_last();
  thread.inside.store(nullptr, std::memory_order_release);
  if (last) destroy(this);
}

bool PoolShell::leave_fast(Slot& slot, std::uint64_t sequence) noexcept {
  const SlotWord held{sequence, SlotState::held};
  const SlotWord reserved{sequence, SlotState::reserved};
  if (!slot.change({sequence, SlotState::executing}, held)) {
    slot.set_state(SlotState::reserved);  // Given back meanwhile: it is for us to return it.
    take_over(slot, sequence, LeaseEnd::returned);
    return false;
  }
  if ((slot.attention.load(std::memory_order_seq_cst) & Attention::take_back) == 0) return true;
  if (slot.change(held, reserved)) take_over(slot, sequence, LeaseEnd::reclaimed);
  return false;
}

}  // namespace lockkeeper::client
