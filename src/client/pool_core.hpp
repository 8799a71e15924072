// The pool's decisions, without clock, thread or socket: (state, event, now) -> actions.
//
// Lives under the pool's lock. The one thing that changes without it is a slot's word (idle <-> held, see slot.hpp), so
// every decision about an idle slot begins with claiming it. Who comes when nothing is free queues; once somebody
// queues, returned connections are handed to the head of the queue, and later callers queue behind: no overtaking.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include <lockkeeper/error.hpp>
#include <lockkeeper/event_listener.hpp>
#include <lockkeeper/pool_settings.hpp>

#include "base/parker.hpp"
#include "client/slot.hpp"

namespace lockkeeper::client {

/// A caller who waits, on its own stack. In the queue until it is served, failed, or has left.
struct Waiter {
  std::uint64_t id = 0;  ///< Grows with time over all pools.
  Unit* unit = nullptr;
  std::uint64_t unit_id = 0;
  std::source_location asked_at;
  Clock::time_point since{};
  Clock::time_point deadline{};

  bool done = false;             ///< Served or failed; an unpark has been or will be sent.
  Slot* granted = nullptr;       ///< Held by the waiter from now on.
  std::uint64_t sequence = 0;    ///< Of the granted lease.
  std::optional<Error> failure;  ///< Why it was failed.
  base::Parker parker;
  Waiter* next = nullptr;
  Waiter* previous = nullptr;
};

/// A connection to be closed, outside the lock.
struct Closing {
  std::unique_ptr<Connection> connection;
  std::unique_ptr<RowStream> stream;  ///< Open on it: to be ended first.
  std::string reason;
  std::optional<LeaseRecord> last_lease = {};  ///< The one whose end it is.
};

/// What to do once the lock is released. Slots here are opening or reserved: nobody else touches them.
struct PoolActions {
  std::vector<Slot*> open;
  std::vector<Slot*> ping;
  std::vector<Closing> close;
  std::vector<Waiter*> wake;

  [[nodiscard]] bool empty() const noexcept { return open.empty() && ping.empty() && close.empty() && wake.empty(); }
};

enum class Admission { granted, queued, refused };

class PoolCore {
 public:
  PoolCore(const PoolSettings& settings, std::uint64_t seed);

  // --- callers ---
  /// Grants an idle slot, queues the waiter, or refuses it (failure is set).
  Admission admit(Waiter& waiter, Clock::time_point now, PoolActions& actions);
  /// Puts a waiter whose granted connection turned out to be dead back to where it was: before all who asked later.
  void readmit(Waiter& waiter, Clock::time_point now, PoolActions& actions);
  /// The waiter gives up. False: it was served or failed meanwhile.
  bool leave(Waiter& waiter) noexcept;
  /// Fails a waiter in the queue.
  void fail(Waiter& waiter, Error error, PoolActions& actions);

  // --- connections; each slot is the caller's: held, opening or reserved ---
  /// A connection that was made before anybody could ask for one.
  void adopt(std::unique_ptr<Connection> connection, Clock::time_point now, PoolActions& actions);
  void opened(Slot& slot, std::unique_ptr<Connection> connection, Clock::time_point now, PoolActions& actions);
  void open_failed(Slot& slot, const Error& error, Clock::time_point now, PoolActions& actions);
  /// Clean and alive: to the head of the queue, else idle; closed where it was to be evicted.
  void give_back(Slot& slot, Clock::time_point now, PoolActions& actions);
  /// Its connection is of no use any more.
  void drop(Slot& slot, std::string reason, Clock::time_point now, PoolActions& actions);
  /// Idle slots may be there although somebody queues: hands them over.
  void serve(Clock::time_point now, PoolActions& actions);

  // --- time and settings ---
  /// Retires, closes, pings and opens what is due. Call at next_tick, and after anything that frees or takes.
  void tick(Clock::time_point now, PoolActions& actions);
  [[nodiscard]] Clock::time_point next_tick() const noexcept { return next_tick_; }
  void change(const PoolSettings& settings, Clock::time_point now, PoolActions& actions);
  void evict_all(Clock::time_point now, PoolActions& actions);
  void close(Clock::time_point now, PoolActions& actions);

  // --- what is ---
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  [[nodiscard]] const PoolSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] std::deque<Slot>& slots() noexcept { return slots_; }
  [[nodiscard]] const std::deque<Slot>& slots() const noexcept { return slots_; }
  [[nodiscard]] Waiter* first_waiter() const noexcept { return head_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return queued_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t opening() const noexcept { return opening_; }
  [[nodiscard]] std::size_t live() const noexcept { return live_; }
  [[nodiscard]] const std::optional<Error>& last_open_failure() const noexcept { return last_failure_; }

  /// Whether anybody queues; read without the lock by who takes or gives back a slot. See slot.hpp.
  [[nodiscard]] bool anybody_waits() const noexcept { return queued_.load(std::memory_order_seq_cst) != 0; }

 private:
  [[nodiscard]] Slot* claim_idle(SlotState to) noexcept;
  void grant(Waiter& waiter, Slot& slot) noexcept;
  void enqueue(Waiter& waiter) noexcept;
  void dequeue(Waiter& waiter) noexcept;
  void hand_over(Slot& slot, PoolActions& actions);
  void open_for_waiters(Clock::time_point now, PoolActions& actions);
  void open_for_minimum_idle(std::size_t idle, Clock::time_point now, PoolActions& actions);
  [[nodiscard]] bool may_open(Clock::time_point now) const noexcept;
  [[nodiscard]] std::size_t openings_allowed(Clock::time_point now) const noexcept;
  void start_opening(Clock::time_point now, PoolActions& actions);
  [[nodiscard]] bool refuses_everybody(Clock::time_point now) const noexcept;
  void fail_all(const Error& error, PoolActions& actions);
  void vacate(Slot& slot, std::string reason, PoolActions& actions);
  void tend_idle(Slot& slot, std::size_t& idle, Clock::time_point now, PoolActions& actions);
  void foresee_idle(const Slot& slot, Clock::time_point now) noexcept;
  void next_at(Clock::time_point time) noexcept;
  [[nodiscard]] Clock::duration less_jitter(std::chrono::milliseconds time, std::uint32_t percent_times_ten) noexcept;
  [[nodiscard]] std::uint64_t random() noexcept;
  [[nodiscard]] std::size_t minimum_idle() const noexcept;

  PoolSettings settings_;
  std::deque<Slot> slots_;
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
  std::atomic<std::size_t> queued_{0};
  std::size_t live_ = 0;     // Slots that are not vacant.
  std::size_t opening_ = 0;  // Of these, being opened.
  bool filled_ = false;      // minimum_idle has been reached once: from then on connections are opened one by one.
  bool closed_ = false;
  std::uint32_t failures_ = 0;  // To connect, since the last success.
  Clock::time_point open_again_at_{};
  std::optional<Error> last_failure_;
  Clock::time_point next_tick_ = Clock::time_point::max();
  std::uint64_t random_state_;
};

}  // namespace lockkeeper::client
