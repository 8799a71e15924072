// A connection pool inside an application, as its library tells of it: what is, what was counted, what went wrong.
//
// Times here are the application's clock, not a server's: their ages agree among themselves alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/lease.hpp"
#include "model/time.hpp"

namespace lockkeeper::model {

/// As of one moment.
struct PoolGauges {
  std::uint64_t maximum_size = 0;
  std::uint64_t in_use = 0;
  std::uint64_t idle = 0;
  std::uint64_t connecting = 0;
  std::uint64_t waiting = 0;  ///< Callers without a connection.
  Duration oldest_wait{0};
  Duration oldest_lease{0};
};

/// Since the pool began.
struct PoolCounters {
  std::uint64_t acquired = 0;
  std::uint64_t acquired_after_waiting = 0;
  std::uint64_t acquire_timeouts = 0;
  std::uint64_t acquires_refused = 0;  ///< At once, without waiting.
  std::uint64_t deadlocks = 0;
  std::uint64_t nested_acquires = 0;
  std::uint64_t connections_created = 0;
  std::uint64_t connect_failures = 0;
  std::uint64_t connections_closed = 0;
  std::uint64_t connections_lost = 0;
  std::uint64_t dirty_returns = 0;
  std::uint64_t leaks = 0;
  std::uint64_t reclaimed = 0;
  std::uint64_t commits = 0;
  std::uint64_t rollbacks = 0;
  std::uint64_t unknown_commits = 0;
  std::uint64_t abandoned_transactions = 0;
  std::uint64_t transaction_timeouts = 0;
  // Counted by whoever listens, from its first moment on.
  std::uint64_t retries = 0;
  std::uint64_t callback_failures = 0;
  std::uint64_t outbox_dead_letters = 0;
};

/// Element i counts waits of less than 2^i microseconds, the last all longer ones.
using WaitHistogram = std::array<std::uint64_t, 32>;

struct Pool {
  std::string name;
  WallTime told_at;
  PoolGauges now;
  PoolCounters total;
  WaitHistogram waits{};
  Duration total_wait{0};
  Duration total_held{0};  ///< Of ended leases.
};

enum class PoolTroubleKind {
  connect_failed,
  nested_acquire,  ///< A unit of work asked for a connection while it held one.
  leak,            ///< A lease is held longer than its policy allows. That it ended is told as LeaseEnded.
  dirty_return,    ///< A connection came back with a transaction open.
  acquire_timeout,
  deadlock,  ///< Waits that could never end; one of them was failed.
  reclaimed,
  transaction_timeout,
  abandoned_transaction,  ///< Its owner left it without commit or rollback.
  rollback_failed,
  unknown_commit,
  retry,
  callback_failed,
  outbox_dead_letter,
  detector_failed,  ///< Looking for leaks or deadlocks, or acting on one, has failed itself.
};
[[nodiscard]] std::string_view to_string(PoolTroubleKind kind) noexcept;

/// A caller without a connection.
struct PoolWait {
  UnitId unit;
  std::string asked_by;  ///< The place in the program.
  WallTime since;
};

/// Something that a pool or its transactions complain of.
struct PoolTrouble {
  PoolTroubleKind kind = PoolTroubleKind::leak;
  std::string pool;
  std::string message;            ///< The whole explanation for a human, one or more lines.
  std::vector<Lease> leases;      ///< Whose they are, oldest first; at most `most_leases_told`.
  std::uint64_t more_leases = 0;  ///< That were left out.
  std::optional<PoolWait> wait;   ///< Who waited.
  std::string error;              ///< The library's word for what caused it: "connection_lost". Empty: nothing.
  std::string sqlstate;           ///< Of that error; empty where no server spoke.
};

/// Who holds everything is interesting for some tens of holders; a pool may have ten thousand.
inline constexpr std::size_t most_leases_told = 32;

}  // namespace lockkeeper::model
