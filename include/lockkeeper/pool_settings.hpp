// What a pool may be told. Names and meanings are HikariCP's where it has them; all times are durations, zero means
// off.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace lockkeeper {

/// What happens when a unit of work that holds a connection asks for another one: the classic way into a pool deadlock.
/// T units of work that hold k connections each need a pool of T * (k - 1) + 1 to be safe.
enum class NestedAcquire {
  off,     ///< Nothing.
  warn,    ///< An event names both places.
  strict,  ///< The second acquire throws Failure (`nested_acquire`). For tests.
};

/// What the pool does with a lease that is held too long.
enum class LeakAction {
  report,     ///< An event with the lease's record, once.
  cancel,     ///< Reports; a statement that is running is cancelled. A sleeping transaction stays open.
  take_back,  ///< Reports, ends the session at once or as soon as its statement has stopped, and frees the slot.
              ///< Whoever holds the lease gets Failure (`reclaimed`) at its next use.
};

/// When a lease is a leak. Per pool, and per call site through AcquireOptions.
struct LeakPolicy {
  std::chrono::milliseconds after{0};  ///< Held for longer than this. 0: no leak detection.
  LeakAction action = LeakAction::report;
};

/// What the pool's constructor does where no connection can be made.
enum class InitialFailure {
  refuse,  ///< Throws the Failure of the connection attempt. Attempts are repeated for `initial_timeout` where the
           ///< server is unreachable or not ready; a wrong password is not tried twice.
  start,   ///< Starts without a connection and goes on trying in the background.
};

struct PoolSettings {
  std::string name = "pool";      ///< In messages, events and metrics.
  std::size_t maximum_size = 10;  ///< Connections at most, in use or not. 1 to 10,000.
  /// Idle connections that the pool tries to keep. Nothing: as many as maximum_size, a pool of fixed size.
  std::optional<std::size_t> minimum_idle = {};
  /// How long acquire waits for a connection, at most: an absolute deadline taken once, never re-armed. More than 0.
  std::chrono::milliseconds acquire_timeout{30'000};
  /// Callers that may wait at once; the next fails at once with `pool_timeout`. More than 0.
  std::size_t maximum_waiting = 10'000;
  /// One attempt to connect. More than 0.
  std::chrono::milliseconds connect_timeout{10'000};
  /// An idle connection beyond minimum_idle is closed after this. 0: never. Less than max_lifetime.
  std::chrono::milliseconds idle_timeout{600'000};
  /// A connection is retired at this age, less up to 2.5 % (each its own, so that they do not all go at once). 0:
  /// never. One in use is never retired: it is closed when it is returned. Nothing that is leased ever comes back by
  /// this.
  std::chrono::milliseconds max_lifetime{1'800'000};
  /// An idle connection is pinged at this interval, less up to 10 %, so that firewalls and servers do not forget it.
  /// 0: never. Less than max_lifetime.
  std::chrono::milliseconds keepalive{0};
  /// A connection that was used within this time is handed out without a ping. 0: always pinged.
  std::chrono::milliseconds validation_window{500};
  /// How long a ping may take, at check-out and for keepalive. More than 0, at most acquire_timeout.
  std::chrono::milliseconds validation_timeout{5'000};
  /// How long a rollback or reset of a returned connection may take before it is discarded instead. More than 0.
  std::chrono::milliseconds rollback_timeout{5'000};
  /// Every statement's own timeout where nothing shorter applies. 0: none.
  std::chrono::milliseconds statement_timeout{0};
  LeakPolicy leak = {};
  NestedAcquire nested_acquire = NestedAcquire::warn;
  /// Find waits that can never end: among the pool's own slots the moment the ring closes, through the database's locks
  /// once a wait is older than lock_wait_threshold.
  bool detect_deadlocks = true;
  /// When a wait for a connection is old enough to ask the database who waits for whose lock. More than 0.
  std::chrono::milliseconds lock_wait_threshold{100};
  /// Put the session's state back on every return (Connection::reset): a round trip each time. Transactions never need
  /// it.
  bool reset_on_return = false;
  /// Keep the call stack of every acquire, not only its place. Costs microseconds each: for hunting a leak.
  bool record_stacks = false;
  InitialFailure initial_failure = InitialFailure::refuse;
  std::chrono::milliseconds initial_timeout{0};
  /// How often EventListener::on_metrics is told. 0: never.
  std::chrono::milliseconds metrics_interval{10'000};
};

/// Throws Failure (`configuration`) with every wrong value and combination and its reason, one a line.
void check(const PoolSettings& settings);

}  // namespace lockkeeper
