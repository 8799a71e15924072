// The pool's doing: locks, threads, clocks and connections around the decisions of PoolCore.
//
// A lease's way: acquire -> (hint | core) -> checked -> recorded -> used -> give back -> (idle | core). Drivers run
// outside the lock, on the caller's thread (statements, the ping at check-out) or on a worker (connecting, cleaning,
// closing).
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <thread>
#include <vector>

#include <lockkeeper/pool.hpp>

#include "base/mutex.hpp"
#include "base/parker.hpp"
#include "client/lock_watch.hpp"
#include "client/pool_core.hpp"
#include "client/workers.hpp"

namespace lockkeeper::client {

/// What transactions count in their pool's metrics.
enum class TransactionCounter { commit, rollback, unknown_commit, abandoned, timeout };

class PoolShell {
 public:
  [[nodiscard]] static PoolShell* make(std::shared_ptr<Driver> driver, Target target, const PoolSettings& settings,
                                       EventListener& listener);
  PoolShell(const PoolShell&) = delete;
  PoolShell& operator=(const PoolShell&) = delete;

  [[nodiscard]] static PoolShell& of(Pool& pool) noexcept { return *pool.shell_; }
  [[nodiscard]] static PoolShell& of(const Lease& lease) noexcept { return *lease.pool_; }
  static void count_cursors(const Lease& lease, int more) noexcept {
    if (lease.slot_ != nullptr) lease.slot_->open_cursors.fetch_add(more, std::memory_order_relaxed);
  }

  /// Closes the pool and stops its threads; destroys the shell now or with its last lease.
  static void retire(PoolShell* shell) noexcept;

  // --- leases (pool_acquire.cpp, pool_use.cpp, pool_return.cpp) ---
  [[nodiscard]] Lease acquire(const AcquireOptions& options, std::source_location where);
  void end_lease(Slot& slot, std::uint64_t sequence) noexcept;
  /// A thread is going inside the connection, and out again. Throws Failure.
  void enter(Slot& slot, std::uint64_t sequence, std::string_view sql);
  void leave(Slot& slot, std::uint64_t sequence) noexcept;
  /// The thread inside has opened a stream; it leaves the connection with it open, or ends it.
  void begin_stream(Slot& slot, std::unique_ptr<RowStream> stream) noexcept;
  void leave_stream(Slot& slot, std::uint64_t sequence) noexcept;
  void end_stream(Slot& slot) noexcept;
  /// Inside again, to read on. False: stream and connection are not the lease's any more.
  [[nodiscard]] bool enter_stream(Slot& slot, std::uint64_t sequence) noexcept;
  [[noreturn]] void refuse_ended_stream() const;
  /// A stream whose connection was taken from it has gone.
  void forget_lost_handle() noexcept;
  [[nodiscard]] Deadline statement_deadline(std::optional<Deadline> given) const noexcept;

  // --- control ---
  void change(const PoolSettings& settings);
  [[nodiscard]] PoolSettings settings() const;
  void evict_all();
  std::vector<LeaseRecord> close(Deadline deadline);

  // --- what is (pool_records.cpp) ---
  [[nodiscard]] PoolMetrics metrics() const;
  [[nodiscard]] std::vector<LeaseRecord> leases() const;
  [[nodiscard]] std::vector<WaitRecord> waits() const;
  [[nodiscard]] LeaseRecord record_of(Slot& slot, std::uint64_t sequence) const;
  [[nodiscard]] std::uint64_t lease_id(const Slot& slot, std::uint64_t sequence) const noexcept;
  [[nodiscard]] WaitRecord wait_record(const Waiter& waiter) const;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] Driver& driver() const noexcept { return *driver_; }
  [[nodiscard]] const Target& target() const noexcept { return target_; }
  [[nodiscard]] EventListener& listener() const noexcept { return listener_; }
  void tell(EventKind kind, std::string message, std::vector<LeaseRecord> leases = {},
            std::optional<WaitRecord> wait = {}, std::optional<Error> error = {}) const noexcept;
  void count(TransactionCounter counter) noexcept;

 private:
  friend class LockWatch;
  PoolShell(std::shared_ptr<Driver> driver, Target target, const PoolSettings& settings, EventListener& listener);
  ~PoolShell();

  struct Counters {
    std::atomic<std::uint64_t> acquired_after_waiting{0}, acquire_timeouts{0}, acquires_refused{0}, deadlocks{0},
        nested_acquires{0}, connections_created{0}, connect_failures{0}, connections_closed{0}, connections_lost{0},
        dirty_returns{0}, leaks{0}, reclaimed{0}, commits{0}, rollbacks{0}, unknown_commits{0},
        abandoned_transactions{0}, transaction_timeouts{0};
    std::array<std::atomic<std::uint64_t>, 32> waits{};
    std::atomic<std::int64_t> total_wait_ns{0};
  };

  // What acquire and give back read without the lock; follows the settings.
  struct Fast {
    std::atomic<std::int64_t> acquire_timeout_ms{0}, validation_window_ms{0}, validation_timeout_ms{0},
        rollback_timeout_ms{0}, connect_timeout_ms{0}, statement_timeout_ms{0}, leak_after_ms{0}, maximum_size{0},
        lock_wait_threshold_ms{0}, metrics_interval_ms{0};
    std::atomic<LeakAction> leak_action{LeakAction::report};
    std::atomic<NestedAcquire> nested{NestedAcquire::warn};
    std::atomic<bool> detect_deadlocks{true}, record_stacks{false}, reset_on_return{false};
  };

  // pool_acquire.cpp
  [[nodiscard]] Slot* take_hinted(ThreadCache& thread) noexcept;
  [[nodiscard]] Lease acquire_slowly(Unit& unit, const AcquireOptions& options, std::source_location where,
                                     Slot* taken);
  void queue_up(Waiter& waiter);
  void wait_in_queue(Waiter& waiter);
  [[noreturn]] void refuse(const Waiter& waiter);
  [[noreturn]] void time_out(const Waiter& waiter);
  [[nodiscard]] bool is_alive(Slot& slot, const Waiter& waiter) noexcept;
  void replace_dead(Waiter& waiter);
  void tell_used_after_return(Slot& slot);
  void check_nested(const Unit& unit, const AcquireOptions& options, std::source_location where);
  [[nodiscard]] Lease start_lease(Slot& slot, std::uint64_t sequence, const ThreadCache& thread,
                                  std::source_location where, Clock::time_point now,
                                  const AcquireOptions& options) noexcept;
  void count_wait(Clock::duration waited) noexcept;

  // pool_return.cpp
  [[nodiscard]] bool return_fast(const ThreadCache& thread, Slot& slot, std::uint64_t sequence) noexcept;
  void return_slowly(Slot& slot, std::uint64_t sequence) noexcept;
  [[nodiscard]] bool take_from_handles(Slot& slot, SlotWord from) noexcept;
  [[nodiscard]] bool leave_streaming(Slot& slot, SlotWord seen) noexcept;
  static void leave_to_stream(Slot& slot, std::uint64_t sequence) noexcept;
  [[nodiscard]] static bool is_left_to_stream(const Slot& slot, std::uint64_t sequence) noexcept;
  void take_over(Slot& slot, std::uint64_t sequence, LeaseEnd end) noexcept;
  void count_end(Slot& slot) noexcept;
  void tell_leak_ended(const LeaseRecord& record) noexcept;
  void tell_reclaimed(const LeaseRecord& record) noexcept;
  void lose_handle() noexcept;
  void clean(Slot& slot, std::uint64_t sequence) noexcept;
  void give_to_core(Slot& slot, std::optional<LeaseRecord> last_lease = {}) noexcept;
  void drop(Slot& slot, std::string reason, std::optional<LeaseRecord> last_lease = {}) noexcept;
  void after_return() noexcept;
  [[nodiscard]] bool is_last() noexcept;
  static void destroy(PoolShell* shell) noexcept;

  // pool_use.cpp
  void leave_by(Slot& slot, std::uint64_t sequence, bool (PoolShell::*way)(Slot&, std::uint64_t)) noexcept;
  [[nodiscard]] bool leave_fast(Slot& slot, std::uint64_t sequence) noexcept;
  [[nodiscard]] bool leave_stream_fast(Slot& slot, std::uint64_t sequence) noexcept;
  [[nodiscard]] bool hand_over_if_wanted(Slot& slot, SlotWord left) noexcept;

  // pool_housekeeping.cpp
  void first_connection();
  void keep_house() noexcept;
  [[nodiscard]] Clock::time_point housework(Clock::time_point now) noexcept;
  void perform(PoolActions actions) noexcept;
  void open(Slot& slot) noexcept;
  void ping(Slot& slot) noexcept;
  void close_connection(Closing closing) noexcept;
  [[nodiscard]] Clock::time_point look_for_leaks(Clock::time_point now) noexcept;
  [[nodiscard]] Clock::time_point look_for_locks(Clock::time_point now) noexcept;
  [[nodiscard]] std::optional<Clock::time_point> oldest_nested_wait() const;
  [[nodiscard]] Clock::time_point report_metrics(Clock::time_point now) noexcept;
  struct Leak {
    Slot* slot;
    std::uint64_t sequence;
    LeakAction action;
    LeaseRecord record;
  };
  [[nodiscard]] std::vector<Leak> new_leaks(Clock::time_point now);
  void handle_leak(const Leak& leak) noexcept;
  [[nodiscard]] bool take_sleeping(Slot& slot, std::uint64_t sequence) noexcept;
  void take_back(Slot& slot, std::uint64_t sequence) noexcept;
  [[nodiscard]] bool cancel(Slot& slot, std::uint64_t sequence) noexcept;
  void watch_locks() noexcept;
  void ask_for_locks() noexcept;
  void adopt(const PoolSettings& settings) noexcept;
  void shut_down() noexcept;

  // pool_records.cpp
  [[nodiscard]] std::vector<LeaseRecord> leases_of_unit(const Unit& unit) const;
  [[nodiscard]] std::vector<LeaseRecord> leases_if(const std::function<bool(const Slot&)>& wanted) const;

  [[nodiscard]] std::size_t count_leased() const LK_REQUIRES(mutex_);
  [[nodiscard]] bool nobody_comes_back() const LK_REQUIRES(mutex_);

  const std::uint64_t id_;
  const std::string name_;
  const std::shared_ptr<Driver> driver_;
  const Target target_;
  EventListener& listener_;

  mutable base::Mutex mutex_;
  PoolCore core_ LK_GUARDED_BY(mutex_);
  const PoolCore& queue_view_;  // For anybody_waits, which needs no lock.
  Fast fast_;
  Counters counters_;
  bool orphaned_ LK_GUARDED_BY(mutex_) = false;  // The Pool has gone; the last lease destroys the shell.
  // Leases and streams whose connection was taken from them: they come once more, to say that they have gone.
  std::size_t lost_handles_ LK_GUARDED_BY(mutex_) = 0;
  bool destroying_ LK_GUARDED_BY(mutex_) = false;  // Somebody does.
  std::unique_ptr<Connection> monitor_;            // Of the one job that asks for lock waits, see watching_.
  std::atomic<bool> watching_{false};
  std::atomic<bool> closed_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> shortest_leak_ms_{0};
  Clock::time_point next_metrics_{};    // The housekeeper's.
  Clock::time_point next_lock_look_{};  // The housekeeper's.

  base::Parker alarm_;
  std::condition_variable_any drained_;  // With mutex_: a lease has come back.
  Workers workers_{6};
  std::thread housekeeper_;
  std::atomic<Engine> engine_{Engine::postgres};  // For the shapes of statements.
};

/// The process's next number for a waiter or a pool.
[[nodiscard]] std::uint64_t next_number() noexcept;

/// Keeps the calling thread's stack with the slot's lease.
void keep_stack(Slot& slot, std::uint64_t sequence);

}  // namespace lockkeeper::client
