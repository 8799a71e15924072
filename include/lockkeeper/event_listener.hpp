// What a pool and its transactions tell: events as they happen, metrics now and then. One interface for both.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/error.hpp>

namespace lockkeeper {

/// Why a lease ended.
enum class LeaseEnd {
  held,             ///< It has not ended.
  returned,         ///< Given back; the connection went back to the pool.
  reclaimed,        ///< Taken back by the leak policy.
  evicted,          ///< Given back, and the connection closed then: too old, or the pool has shrunk.
  connection_lost,  ///< The connection died while it was held.
  discarded,        ///< Given back in a state that could not be cleaned: the connection was closed.
  pool_closed,      ///< Given back to a pool that was closed meanwhile.
};

/// One hold on a connection, as far as it is known. A plain value.
struct LeaseRecord {
  std::uint64_t id = 0;  ///< Unique within the process.
  std::string pool;
  std::string unit;               ///< The unit of work: its name, or "thread N".
  std::source_location taken_at;  ///< Where acquire was called.
  std::string stack;              ///< One frame a line; empty unless PoolSettings::record_stacks.
  std::chrono::steady_clock::time_point since;
  std::int64_t backend_id = 0;  ///< The server's session (ServerInfo::backend_id).
  std::string last_statement;   ///< Its shape: literals removed. Empty if nothing was run.
  bool running = false;         ///< A statement is running now, or a stream being read from.
  bool in_transaction = false;  ///< A transaction is open.
  bool cursor_open = false;     ///< A stream or a cursor is open.
  LeaseEnd end = LeaseEnd::held;
};

/// One caller waiting for a connection.
struct WaitRecord {
  std::string pool;
  std::string unit;
  std::source_location asked_at;
  std::chrono::steady_clock::time_point since;
};

enum class EventKind {
  // pool
  connected,        ///< A connection was made.
  connect_failed,   ///< `error`. The pool goes on trying, more and more slowly.
  disconnected,     ///< A connection was closed or lost; `message` says why.
  nested_acquire,   ///< `leases`: what the unit holds; `wait`: what it asks for.
  leak,             ///< `leases[0]` is held longer than the leak policy allows.
  leak_ended,       ///< A reported leak came back.
  dirty_return,     ///< `leases[0]` came back with a transaction open; it was rolled back or discarded.
  acquire_timeout,  ///< `leases`: who held everything; `wait`: who waited in vain.
  deadlock,         ///< `leases`: the holders in the ring; `wait`: the waiter that was failed.
  reclaimed,        ///< A lease was taken back.
  // transactions
  transaction_timeout,    ///< Its timeout has passed while it was open.
  abandoned_transaction,  ///< The owner left its scope without commit or rollback; it was rolled back.
  rollback_failed,        ///< An abandoned transaction could not be rolled back; its connection was discarded.
  unknown_commit,         ///< The connection died between COMMIT and its reply.
  retry,                  ///< A transaction is run again after `error`.
  callback_failed,        ///< A function registered for before or after the end threw; `error`.
  outbox_dead_letter,     ///< An outbox message was given up after its last attempt.
};

[[nodiscard]] std::string_view to_string(EventKind kind) noexcept;
[[nodiscard]] std::string_view to_string(LeaseEnd end) noexcept;

struct Event {
  EventKind kind = EventKind::connected;
  std::string pool;
  std::string message;  ///< A whole explanation for a human, one or more lines.
  std::vector<LeaseRecord> leases;
  std::optional<WaitRecord> wait;
  std::optional<Error> error;
};

/// Counters since the pool began, gauges as of now.
struct PoolMetrics {
  std::string pool;
  // Gauges.
  std::size_t maximum_size = 0;
  std::size_t in_use = 0;
  std::size_t idle = 0;
  std::size_t connecting = 0;
  std::size_t waiting = 0;
  std::chrono::nanoseconds oldest_wait{0};
  std::chrono::nanoseconds oldest_lease{0};
  // Counters.
  std::uint64_t acquired = 0;
  std::uint64_t acquired_after_waiting = 0;
  std::uint64_t acquire_timeouts = 0;
  std::uint64_t acquires_refused = 0;  ///< maximum_waiting reached, pool closed, nested under strict.
  std::uint64_t deadlocks = 0;
  std::uint64_t nested_acquires = 0;
  std::uint64_t connections_created = 0;
  std::uint64_t connect_failures = 0;
  std::uint64_t connections_closed = 0;  ///< For whatever reason.
  std::uint64_t connections_lost = 0;    ///< Found dead, or died in use.
  std::uint64_t dirty_returns = 0;
  std::uint64_t leaks = 0;
  std::uint64_t reclaimed = 0;
  std::uint64_t commits = 0;
  std::uint64_t rollbacks = 0;
  std::uint64_t unknown_commits = 0;
  std::uint64_t abandoned_transactions = 0;
  std::uint64_t transaction_timeouts = 0;
  /// Waits for a connection: element i counts waits of less than 2^i microseconds, the last all longer ones. Callers
  /// that found a connection at once are in element 0.
  std::array<std::uint64_t, 32> waits{};
  std::chrono::nanoseconds total_wait{0};
  std::chrono::nanoseconds total_held{0};  ///< Of ended leases; read to about 4 ms.
};

/// Told by pools from whatever thread something happens on, never while the pool's lock is held: it may ask the pool
/// for metrics, but should not acquire from it. Must outlive the pool. An exception that leaves it ends the program.
class EventListener {
 public:
  virtual ~EventListener() = default;
  virtual void on_event(const Event& event) noexcept = 0;
  virtual void on_metrics(const PoolMetrics& /*metrics*/) noexcept {}
};

/// What a pool uses that was given no listener: prints warnings (everything but connected, disconnected, leak_ended and
/// retry) on standard error, one event a paragraph. Thread-safe.
[[nodiscard]] EventListener& default_listener() noexcept;

}  // namespace lockkeeper
