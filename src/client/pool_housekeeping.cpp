// What a pool does without being asked: opening, closing, pinging, looking for leaks and for waits that cannot end.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "client/pool_shell.hpp"
#include "client/texts.hpp"

namespace lockkeeper::client {
namespace {

using std::chrono::milliseconds;

// With leak detection on, leases are looked at this often within the threshold, so that one is told soon after it.
constexpr int looks_per_threshold = 10;
constexpr milliseconds most_often{10};
constexpr milliseconds most_rarely{1000};
// The longest pause between two looks at the database's locks while somebody waits.
constexpr milliseconds longest_lock_pause{100};
constexpr std::chrono::seconds lock_look_timeout{2};

}  // namespace

void PoolShell::keep_house() noexcept {
  while (!stopping_.load(std::memory_order_acquire)) {
    const Clock::time_point next = housework(Clock::now());
    static_cast<void>(alarm_.park_until(next));
  }
}

Clock::time_point PoolShell::housework(Clock::time_point now) noexcept {
  PoolActions actions;
  Clock::time_point next;
  {
    const base::Guard guard(mutex_);
    core_.tick(now, actions);
    next = core_.next_tick();
  }
  perform(std::move(actions));
  return std::min({next, look_for_leaks(now), look_for_locks(now), report_metrics(now)});
}

// Only a wait of somebody who holds something can be part of a ring.
std::optional<Clock::time_point> PoolShell::oldest_nested_wait() const {
  const base::Guard guard(mutex_);
  std::optional<Clock::time_point> oldest;
  for (const Waiter* waiter = core_.first_waiter(); waiter != nullptr; waiter = waiter->next) {
    if (waiter->unit->root().leases() <= 0) continue;
    if (!oldest || waiter->since < *oldest) oldest = waiter->since;
  }
  return oldest;
}

Clock::time_point PoolShell::look_for_locks(Clock::time_point now) noexcept {
  const auto oldest = oldest_nested_wait();
  if (!oldest || !fast_.detect_deadlocks.load(std::memory_order_relaxed)) return Clock::time_point::max();
  const Clock::duration threshold = milliseconds(fast_.lock_wait_threshold_ms.load(std::memory_order_relaxed));
  const Clock::time_point due = std::max(*oldest + threshold, next_lock_look_);
  if (due > now) return due;
  watch_locks();
  // Soon again: whatever closes the ring later, a wait for a row or a thread that leaves, tells nobody.
  next_lock_look_ = now + std::min(threshold, Clock::duration(longest_lock_pause));
  return next_lock_look_;
}

Clock::time_point PoolShell::report_metrics(Clock::time_point now) noexcept {
  const milliseconds interval(fast_.metrics_interval_ms.load(std::memory_order_relaxed));
  if (interval.count() == 0) return Clock::time_point::max();
  if (next_metrics_ == Clock::time_point{}) next_metrics_ = now + interval;
  if (next_metrics_ <= now) {
    listener_.on_metrics(metrics());
    next_metrics_ = now + interval;
  }
  return next_metrics_;
}

void PoolShell::perform(PoolActions actions) noexcept {
  for (Waiter* waiter : actions.wake) waiter->parker.unpark();
  for (Slot* slot : actions.open) workers_.post([this, slot] { open(*slot); });
  for (Slot* slot : actions.ping) workers_.post([this, slot] { ping(*slot); });
  for (Closing& closing : actions.close) {
    auto shared = std::make_shared<Closing>(std::move(closing));
    workers_.post([this, shared] { close_connection(std::move(*shared)); });
  }
  if (actions.open.empty() && actions.ping.empty() && actions.close.empty()) return;
  alarm_.unpark();  // Something changed that its next look may depend on.
}

void PoolShell::open(Slot& slot) noexcept {
  PoolActions actions;
  std::optional<Error> error;
  std::unique_ptr<Connection> connection;
  if (!stopping_.load(std::memory_order_acquire)) {
    try {
      connection = driver_->connect(
          target_, Clock::now() + milliseconds(fast_.connect_timeout_ms.load(std::memory_order_relaxed)));
      engine_ = connection->server().engine;
    } catch (const Failure& failure) {
      error = failure.error();
    } catch (const std::exception& other) {
      error = Error{ErrorCode::unreachable, "", other.what(), Blast::connection};
    }
  } else {
    error = Error{ErrorCode::pool_closed, "", "the pool is closing", Blast::connection};
  }
  {
    const base::Guard guard(mutex_);
    if (connection) {
      core_.opened(slot, std::move(connection), Clock::now(), actions);
    } else {
      core_.open_failed(slot, *error, Clock::now(), actions);
    }
  }
  perform(std::move(actions));
  alarm_.unpark();
  if (!error) {
    counters_.connections_created.fetch_add(1, std::memory_order_relaxed);
    return tell(EventKind::connected, fmt::format("pool \"{}\" has opened a connection", name_));
  }
  if (error->code == ErrorCode::pool_closed) return;
  counters_.connect_failures.fetch_add(1, std::memory_order_relaxed);
  std::string text = fmt::format("pool \"{}\" cannot connect: {}", name_, error->message);
  tell(EventKind::connect_failed, std::move(text), {}, {}, std::move(error));
}

void PoolShell::ping(Slot& slot) noexcept {
  try {
    slot.connection->ping(Clock::now() + milliseconds(fast_.validation_timeout_ms.load(std::memory_order_relaxed)));
    return give_to_core(slot);  // Not used by anybody: idle_timeout goes on counting.
  } catch (const std::exception& error) {
    counters_.connections_lost.fetch_add(1, std::memory_order_relaxed);
    drop(slot, std::string("it did not answer a ping: ") + error.what());
  }
}

void PoolShell::close_connection(Closing closing) noexcept {
  closing.stream.reset();
  closing.connection->close();
  closing.connection.reset();
  counters_.connections_closed.fetch_add(1, std::memory_order_relaxed);
  std::vector<LeaseRecord> leases;
  if (closing.last_lease) leases.push_back(std::move(*closing.last_lease));
  tell(EventKind::disconnected, fmt::format("pool \"{}\" has closed a connection: {}", name_, closing.reason),
       std::move(leases));
}

Clock::time_point PoolShell::look_for_leaks(Clock::time_point now) noexcept {
  const std::int64_t shortest = shortest_leak_ms_.load(std::memory_order_relaxed);
  if (shortest <= 0) return Clock::time_point::max();
  for (const Leak& leak : new_leaks(now)) handle_leak(leak);
  return now + std::clamp(milliseconds(shortest / looks_per_threshold), most_often, most_rarely);
}

std::vector<PoolShell::Leak> PoolShell::new_leaks(Clock::time_point now) {
  std::vector<Leak> leaks;
  const base::Guard guard(mutex_);
  for (Slot& slot : core_.slots()) {
    const SlotWord seen = slot.load();
    if (!is_leased(seen.state) || slot.record.sequence.load(std::memory_order_acquire) != seen.sequence) continue;
    const std::int64_t after = slot.record.leak_after_ms.load(std::memory_order_relaxed);
    const Clock::time_point since = slot.record.since.load(std::memory_order_relaxed);
    if (after <= 0 || now - since < milliseconds(after) || slot.leak_sequence == seen.sequence) continue;
    Leak leak{&slot, seen.sequence, slot.record.leak_action.load(std::memory_order_relaxed),
              record_of(slot, seen.sequence)};
    // Ended meanwhile: what was read may be the next one's.
    if (slot.load().sequence != seen.sequence || slot.record.sequence.load() != seen.sequence) continue;
    slot.leak_sequence = seen.sequence;
    slot.attention.fetch_or(leak_reported, std::memory_order_seq_cst);
    leaks.push_back(std::move(leak));
  }
  return leaks;
}

// The listener may take its time: all that follows looks again whether it is still this lease. On a worker, since it
// may wait for a server.
void PoolShell::handle_leak(const Leak& leak) noexcept {
  counters_.leaks.fetch_add(1, std::memory_order_relaxed);
  tell(EventKind::leak, describe_leak(leak.record, leak.action), {leak.record});
  if (leak.action == LeakAction::report) return;
  workers_.post([this, slot = leak.slot, sequence = leak.sequence, action = leak.action] {
    if (action == LeakAction::take_back) return take_back(*slot, sequence);
    static_cast<void>(cancel(*slot, sequence));
  });
}

// Nobody is inside: ours at once.
bool PoolShell::take_sleeping(Slot& slot, std::uint64_t sequence) noexcept {
  if (!take_from_handles(slot, {sequence, SlotState::held}) &&
      !take_from_handles(slot, {sequence, SlotState::streaming})) {
    return false;
  }
  take_over(slot, sequence, LeaseEnd::reclaimed);
  return true;
}

// Whoever is inside is cancelled, and hands the connection over when leaving.
void PoolShell::take_back(Slot& slot, std::uint64_t sequence) noexcept {
  if (take_sleeping(slot, sequence)) return;
  slot.take_back_of.store(sequence, std::memory_order_seq_cst);
  slot.attention.fetch_or(Attention::take_back, std::memory_order_seq_cst);
  // One that left before it could see that sleeps now.
  if (take_sleeping(slot, sequence) || cancel(slot, sequence)) return;
  slot.attention.fetch_and(~std::uint32_t{Attention::take_back}, std::memory_order_seq_cst);
  after_return();  // It came back by itself, and while it was marked nobody took it.
}

// False: nobody of this lease is inside.
bool PoolShell::cancel(Slot& slot, std::uint64_t sequence) noexcept {
  if (slot.load() != SlotWord{sequence, SlotState::executing}) return false;
  slot.attention.fetch_or(cancelling, std::memory_order_seq_cst);  // From here on it is not given on.
  std::shared_ptr<Canceller> canceller;
  bool inside = false;
  {
    const base::Guard guard(mutex_);  // While the lease is inside, it is its connection's.
    inside = slot.load() == SlotWord{sequence, SlotState::executing};
    if (inside) canceller = slot.canceller;
  }
  try {
    if (canceller) canceller->cancel(Clock::now() + lock_look_timeout);
  } catch (const std::exception& error) {
    tell(EventKind::leak,
         fmt::format("pool \"{}\": a statement of a leaked lease could not be cancelled: {}", name_, error.what()));
  }
  slot.attention.fetch_and(~std::uint32_t{cancelling}, std::memory_order_seq_cst);
  if (!inside) after_return();  // While it was marked nobody took it.
  return inside;
}

// On a worker: the housekeeper itself never waits for a server.
void PoolShell::watch_locks() noexcept {
  if (watching_.exchange(true, std::memory_order_acq_rel)) return;
  workers_.post([this] {
    ask_for_locks();
    watching_.store(false, std::memory_order_release);
  });
}

// Over a connection of its own: those of the pool are all taken, or nobody would wait.
void PoolShell::ask_for_locks() noexcept {
  try {
    const Deadline deadline = Clock::now() + lock_look_timeout;
    if (!monitor_ || monitor_->transaction_status() != TransactionStatus::idle) {
      monitor_ = driver_->connect(target_, deadline);
    }
    LockWatch::instance().judge_with_locks(*monitor_, server_number(monitor_->server()), deadline);
  } catch (const std::exception&) {
    monitor_.reset();  // Asked again at the next look; what is wrong with the server is told by those who use it.
  }
}

}  // namespace lockkeeper::client
