// The SQL of a look: one batch, one round trip, nothing that takes a lock worth mentioning.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace lockkeeper::collect::postgres {

/// Supported servers: PostgreSQL 13 to 18; newer ones are tried with 18's queries.
inline constexpr int oldest_version = 130000;

/// Of the waiters of one lock and mode, so many are asked for their blockers with pg_blocking_pids. The function
/// takes every partition of the lock table and lists all waiters ahead, so asking all n costs n squared;
/// those further behind are known by their place in the queue.
inline constexpr int exact_waiters = 8;

/// The statements of one look for a server of that version, in the order that read_look expects.
[[nodiscard]] std::vector<std::string> look_statements(int server_version);

/// So many of them, from the first, tell of sessions alone.
inline constexpr std::size_t session_statements = 2;

/// Settings of the observer's own session: it never waits long, never writes, and prints times in UTC.
[[nodiscard]] std::map<std::string, std::string> session_settings();

/// Terminates (or cancels) the one session that is still exactly as the guard's parameters say.
/// $1 pid, $2 backend_start, $3 xact_start, $4 state_change, $5 state. One row with one boolean, or no row.
[[nodiscard]] std::string guarded_signal(bool terminate, bool only_while_blocking);

/// $1 pid, $2 backend_start: one row while that session exists.
[[nodiscard]] std::string still_there();

}  // namespace lockkeeper::collect::postgres
