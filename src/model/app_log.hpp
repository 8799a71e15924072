// What applications' own logs tell of their connection pools: the pool's side of the story, which no server knows.
//
// Times are the application's clock, as far as the line has one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/time.hpp"

namespace lockkeeper::model {

/// Whose message it is.
enum class PoolLibrary {
  hikari,
  sqlalchemy,
  sequelize,
  node_postgres,
  psycopg_pool,
  django,
  database_sql,
  npgsql,
  pgbouncer,
  other,  ///< A server's own words, repeated by some driver.
};
/// "HikariCP", "database/sql".
[[nodiscard]] std::string_view to_string(PoolLibrary library) noexcept;

enum class ComplaintKind {
  timed_out,      ///< A request waited for a connection, and got none.
  refused,        ///< The pool let nobody wait any more.
  server_full,    ///< The server took no further connection.
  leak,           ///< A connection has been away for longer than the pool's limit.
  leak_returned,  ///< ... and came back after all.
};
[[nodiscard]] std::string_view to_string(ComplaintKind kind) noexcept;

/// Where a complaint's time comes from.
enum class ComplaintTime {
  line,     ///< The line has one.
  reading,  ///< It has none, and was read within seconds of having been written.
  unknown,  ///< It has none, and may have been there for long.
};

/// One event, though a log may repeat it: with the exception, its cause, another layer's words.
struct PoolComplaint {
  PoolLibrary library = PoolLibrary::other;
  ComplaintKind kind = ComplaintKind::timed_out;
  WallTime at;
  ComplaintTime time = ComplaintTime::line;
  std::string application;  ///< As the user named the file's; empty: not named.
  std::string pool;         ///< As in the line: "HikariPool-1". Empty: it names none.
  std::string database;     ///< Where the line says so, as
  std::string user;         ///< this.
  // Of the pool, then.
  std::optional<std::int64_t> total = {};
  std::optional<std::int64_t> active = {};
  std::optional<std::int64_t> idle = {};
  std::optional<std::int64_t> waiting = {};  ///< Without the one that complains.
  std::optional<std::int64_t> limit = {};    ///< What it may have at most.
  std::optional<Duration> waited = {};
  std::string connection;          ///< Of a leak: the pool's own name for it.
  std::vector<std::string> place;  ///< Of a leak: the application's frames of the stack, innermost first; a few.
  std::string line;                ///< Its message alone, printable. No message that is kept holds SQL.
  std::string file;
  std::int64_t line_number = 0;  ///< In what was read of the file.
};

struct AppLogFile {
  std::string application;  ///< As the user named it; empty: not named.
  std::string file;
  std::string trouble;  ///< Why it is not read; empty: it is.
};

struct AppLog {
  /// Complaints kept: at one a millisecond, a quarter of a second; rules look at a minute, and need few of it.
  static constexpr std::size_t most_complaints = 256;

  WallTime taken_at;                      ///< Our clock.
  std::vector<PoolComplaint> complaints;  ///< Of the last while, in the order they were read in; bounded.
  std::uint64_t dropped = 0;              ///< Older ones that were thrown away.
  std::vector<AppLogFile> files;
  /// Several servers are told the same: what cannot be joined with one server's sessions may be another's.
  bool is_shared = false;
};

}  // namespace lockkeeper::model
