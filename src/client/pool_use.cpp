// While a lease is held: a thread goes inside its connection and out again, with a stream left open or without.
#include <fmt/format.h>

#include <utility>

#include "base/coarse_clock.hpp"
#include "client/pool_shell.hpp"
#include "client/texts.hpp"

namespace lockkeeper::client {

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
  leave_by(slot, sequence, &PoolShell::leave_fast);
}

void PoolShell::leave_stream(Slot& slot, std::uint64_t sequence) noexcept {
  leave_by(slot, sequence, &PoolShell::leave_stream_fast);
}

void PoolShell::leave_by(Slot& slot, std::uint64_t sequence, bool (PoolShell::*way)(Slot&, std::uint64_t)) noexcept {
  ThreadCache& thread = thread_cache();
  thread.inside.store(this, std::memory_order_relaxed);
  const bool last = !(this->*way)(slot, sequence) && is_last();
  thread.inside.store(nullptr, std::memory_order_release);
  if (last) destroy(this);
}

bool PoolShell::leave_fast(Slot& slot, std::uint64_t sequence) noexcept {
  const SlotWord held{sequence, SlotState::held};
  if (slot.change({sequence, SlotState::executing}, held)) return !hand_over_if_wanted(slot, held);
  slot.set_state(SlotState::reserved);  // Given back meanwhile: it is for us to return it.
  take_over(slot, sequence, LeaseEnd::returned);
  return false;
}

bool PoolShell::leave_stream_fast(Slot& slot, std::uint64_t sequence) noexcept {
  const SlotWord streaming{sequence, SlotState::streaming};
  if (!slot.change({sequence, SlotState::executing}, streaming)) {  // Given back meanwhile.
    leave_to_stream(slot, sequence);
    slot.set_state(SlotState::streaming);
  }
  return !hand_over_if_wanted(slot, streaming);
}

// To the pool, which wants it back, or which nobody but a stream that has ended could give it back to.
bool PoolShell::hand_over_if_wanted(Slot& slot, SlotWord left) noexcept {
  const std::uint32_t attention = slot.attention.load(std::memory_order_seq_cst);
  if ((attention & (Attention::take_back | lease_gone)) == 0) return false;
  if (left.state == SlotState::held && is_left_to_stream(slot, left.sequence)) {
    if (slot.change(left, {left.sequence, SlotState::reserved})) take_over(slot, left.sequence, LeaseEnd::returned);
    return true;
  }
  if ((attention & Attention::take_back) == 0 || slot.take_back_of != left.sequence) return false;
  if (take_from_handles(slot, left)) take_over(slot, left.sequence, LeaseEnd::reclaimed);
  return true;
}

void PoolShell::begin_stream(Slot& slot, std::unique_ptr<RowStream> stream) noexcept {
  slot.stream = std::move(stream);
  slot.open_cursors.fetch_add(1, std::memory_order_relaxed);
}

void PoolShell::end_stream(Slot& slot) noexcept {
  if (!slot.stream) return;
  slot.stream.reset();
  slot.open_cursors.fetch_sub(1, std::memory_order_relaxed);
}

bool PoolShell::enter_stream(Slot& slot, std::uint64_t sequence) noexcept {
  for (;;) {
    const SlotWord seen = slot.load();
    if (seen.sequence != sequence) return false;
    if (seen.state != SlotState::streaming) return false;
    if (slot.change(seen, {sequence, SlotState::executing})) break;
  }
  slot.operation_since.store(base::coarse_now(), std::memory_order_relaxed);
  slot.operations.fetch_add(1, std::memory_order_release);
  return true;
}

void PoolShell::refuse_ended_stream() const {
  throw Failure(
      {ErrorCode::reclaimed, "",
       fmt::format("the lease of pool \"{}\" on which this stream reads has ended: it was given back, or taken "
                   "back since it was held longer than the leak policy allows",
                   name_),
       Blast::connection});
}

}  // namespace lockkeeper::client
