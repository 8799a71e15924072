// The SQL of a look. What MySQL and MariaDB keep in different places differs here and nowhere else;
// docs/mysql.md lists it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "model/snapshot.hpp"

namespace lockkeeper::collect::mysql {

/// Of each product the oldest version that is looked at: major * 10000 + minor * 100 + patch.
/// MySQL before it has no performance_schema.processlist, MariaDB no metadata_locks.
inline constexpr int oldest_mysql = 80022;
inline constexpr int oldest_mariadb = 100500;

/// More lock waits than this are not fetched: n sessions that want one row make n * n / 2 of them.
inline constexpr std::size_t most_lock_waits = 20'000;

/// Locks that are named; of those that wait behind, what they wait for is not told.
inline constexpr std::size_t most_locks = 2'000;

/// Sleeping transactions whose statements are fetched: those that sleep longest.
inline constexpr std::size_t most_histories = 64;

using model::Engine;

[[nodiscard]] std::string server_query(Engine engine);
[[nodiscard]] std::string now_query();
[[nodiscard]] std::string switches_query();
[[nodiscard]] std::string supers_query();

/// One session, or all but our own.
[[nodiscard]] std::string sessions_query(Engine engine, std::optional<std::int64_t> session);
[[nodiscard]] std::string transactions_query(std::optional<std::int64_t> session);

/// Of performance_schema.
[[nodiscard]] std::string threads_query(std::optional<std::int64_t> session);
[[nodiscard]] std::string statement_times_query();  ///< MySQL alone: MariaDB's process list is exact.
[[nodiscard]] std::string transaction_events_query();
[[nodiscard]] std::string metadata_locks_query();
[[nodiscard]] std::string attributes_query();
[[nodiscard]] std::string statements_query(std::span<const std::int64_t> threads);

[[nodiscard]] std::string lock_waits_query(Engine engine);
/// Of the locks in lock_waits_query alone, by their ids: the rest may be half a million. MariaDB's view has no others.
/// `ids` come from the server: letters, digits and colons.
[[nodiscard]] std::string locks_query(Engine engine, std::span<const std::string> ids);
[[nodiscard]] std::string prepared_query();

/// Settings of the observer's own session: it never waits or runs long.
[[nodiscard]] std::map<std::string, std::string> session_settings(Engine engine);

}  // namespace lockkeeper::collect::mysql
