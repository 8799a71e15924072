// The SQL of a look: one batch, one round trip, nothing that takes a lock worth mentioning.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "collect/noteworthy.hpp"

namespace lockkeeper::collect::postgres {

/// Supported servers: PostgreSQL 13 to 18; newer ones are tried with 18's queries.
inline constexpr int oldest_version = 130000;

/// Of the waiters of one lock and mode, so many are asked for their blockers with pg_blocking_pids. The function
/// takes every partition of the lock table and lists all waiters ahead, so asking all n costs n squared;
/// those further behind are known by their place in the queue.
inline constexpr int exact_waiters = 8;

/// The statements of one look for a server of that version, in the order that read_look expects.
[[nodiscard]] std::vector<std::string> look_statements(int server_version);

/// So many answers a look has, and a glance.
inline constexpr std::size_t look_answers = 5;
inline constexpr std::size_t glance_answers = 2;

/// Prepares what prepared_look and prepared_glance name. What an attempt that failed halfway has left behind is cleared
/// away first: PREPARE outlives the transaction that it failed in.
[[nodiscard]] std::vector<std::string> prepare_statements(int server_version);

/// The statements of one look, once they are prepared.
[[nodiscard]] std::vector<std::string> prepared_look();

/// The statements of one glance, in the order that read_glance expects: the time, and the sessions.
[[nodiscard]] std::vector<std::string> prepared_glance(const Noteworthy& noteworthy);

/// Settings of the observer's own session: it never waits long, never writes, and prints times in UTC.
[[nodiscard]] std::map<std::string, std::string> session_settings();

/// Terminates (or cancels) the one session that is still exactly as the guard's parameters say.
/// $1 pid, $2 backend_start, $3 xact_start, $4 state_change, $5 state. One row with one boolean, or no row.
[[nodiscard]] std::string guarded_signal(bool terminate, bool only_while_blocking);

/// $1 pid, $2 backend_start: one row while that session exists.
[[nodiscard]] std::string still_there();

}  // namespace lockkeeper::collect::postgres
