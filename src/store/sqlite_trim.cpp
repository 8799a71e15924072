#include "store/sqlite_trim.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "store/cells.hpp"
#include "store/in_transaction.hpp"
#include "store/sqlite_read.hpp"

namespace lockkeeper::store {
namespace {

using model::WallTime;

// Once there is too much, an eighth of the time is given up at a step, until a tenth of the room is free again: not to
// begin anew every minute.
constexpr int part_of_the_time = 8;
constexpr std::int64_t filled_percent = 90;
// From thirty days down to the last minute takes about eighty steps. More means that it does not help.
constexpr int most_steps = 200;
// Of the file's pages, before they are given back to the file system: a few are needed again at once.
constexpr std::int64_t free_percent = 10;
// Given back at a time: a bound on how long others wait for us.
constexpr int pages_at_a_time = 4096;

// A clock that jumps ahead (ours, a server's) must not empty the history. Who was not running for longer forgets once
// there is a sample again.
constexpr model::Duration furthest_ahead = std::chrono::days(1);

constexpr std::array<std::string_view, 2> sample_tables{"connection_second", "connection_minute"};

// The time by which each other table is ordered; each has an index on it.
struct Aging {
  std::string_view table;
  std::string_view time;
};
constexpr std::array<Aging, 3> aging_tables{
    {{"finding", "coalesce(ended_at, last_seen)"}, {"action", "at"}, {"kept_transaction", "ended_at"}}};

std::int64_t ask(Connection& connection, const std::string& sql, Deadline deadline) {
  const Rows rows = connection.execute(sql, {}, deadline);
  return rows.empty() ? 0 : RowReader(rows, 0).integer();
}

std::string fold_sql() {
  std::string columns;
  std::string values;
  std::string merged;
  for (const auto& [name, ignored] : model::connection_counts) {
    columns += fmt::format(", {0}_mean, {0}_max", name);
    values += fmt::format(", avg({0}), max({0})", name);
    merged += fmt::format(
        "{0}_mean = ({0}_mean * samples + excluded.{0}_mean * excluded.samples) / (samples + excluded.samples), "
        "{0}_max = max({0}_max, excluded.{0}_max), ",
        name);
  }
  return fmt::format(
      "INSERT INTO connection_minute (server, at, samples{}) SELECT server, at / 60000000 * 60000000 AS minute, "
      "count(*){} FROM connection_second WHERE server = ?1 AND at < ?2 GROUP BY server, minute "
      "ON CONFLICT (server, at) DO UPDATE SET {}samples = samples + excluded.samples",
      columns, values, merged);
}

std::int64_t fold(Connection& connection, WallTime before, Deadline deadline) {
  static const std::string sql = fold_sql();
  std::int64_t folded = 0;
  for (const std::string& server : servers_in(connection, "connection_second", deadline)) {
    const std::array<Parameter, 2> parameters{server, kept(before)};
    in_transaction(connection, {}, deadline, [&] {
      connection.execute(sql, parameters, deadline);
      folded += static_cast<std::int64_t>(
          connection.execute("DELETE FROM connection_second WHERE server = ?1 AND at < ?2", parameters, deadline)
              .affected());
    });
  }
  return folded;
}

std::int64_t forget_samples(Connection& connection, WallTime before, Deadline deadline) {
  std::int64_t deleted = 0;
  for (const std::string_view table : sample_tables) {
    for (const std::string& server : servers_in(connection, table, deadline)) {
      const std::array<Parameter, 2> parameters{server, kept(before)};
      const std::string sql = fmt::format("DELETE FROM {} WHERE server = ? AND at < ?", table);
      deleted += static_cast<std::int64_t>(connection.execute(sql, parameters, deadline).affected());
    }
  }
  return deleted;
}

std::int64_t forget(Connection& connection, WallTime before, Deadline deadline) {
  std::int64_t deleted = 0;
  in_transaction(connection, {}, deadline, [&] {
    deleted = forget_samples(connection, before, deadline);
    const std::array<Parameter, 1> parameters{kept(before)};
    for (const auto& [table, time] : aging_tables) {
      const std::string sql = fmt::format("DELETE FROM {} WHERE {} < ?", table, time);
      deleted += static_cast<std::int64_t>(connection.execute(sql, parameters, deadline).affected());
    }
  });
  return deleted;
}

std::int64_t forget_shapes(Connection& connection, WallTime before, std::size_t most, Deadline deadline) {
  const std::array<Parameter, 1> old{kept(before)};
  auto deleted = connection.execute("DELETE FROM shape WHERE updated_at < ?", old, deadline).affected();
  const std::array<Parameter, 1> parameters{static_cast<std::int64_t>(most)};
  deleted +=
      connection
          .execute(
              "DELETE FROM shape WHERE number IN (SELECT number FROM shape ORDER BY updated_at DESC, number DESC "
              "LIMIT -1 OFFSET ?)",
              parameters, deadline)
          .affected();
  return static_cast<std::int64_t>(deleted);
}

void end_silent_episodes(Connection& connection, WallTime now, Deadline deadline) {
  const std::array<Parameter, 1> parameters{kept(now - longest_silence)};
  connection.execute("UPDATE finding SET ended_at = last_seen WHERE ended_at IS NULL AND last_seen < ?", parameters,
                     deadline);
}

std::optional<WallTime> newest_sample(Connection& connection, Deadline deadline) {
  std::optional<WallTime> newest;
  for (const std::string_view table : sample_tables) {
    for (const std::string& server : servers_in(connection, table, deadline)) {
      const std::array<Parameter, 1> parameters{server};
      const Rows rows =
          connection.execute(fmt::format("SELECT max(at) FROM {} WHERE server = ?", table), parameters, deadline);
      const auto at = RowReader(rows, 0).maybe_time();
      if (at) newest = std::max(newest.value_or(*at), *at);
    }
  }
  return newest;
}

std::optional<WallTime> oldest_of_all(Connection& connection, Deadline deadline) {
  std::optional<WallTime> oldest;
  const auto look_at = [&](const Rows& rows) {
    const auto at = RowReader(rows, 0).maybe_time();
    if (at) oldest = std::min(oldest.value_or(*at), *at);
  };
  for (const std::string_view table : sample_tables) {
    for (const std::string& server : servers_in(connection, table, deadline)) {
      const std::array<Parameter, 1> parameters{server};
      look_at(connection.execute(fmt::format("SELECT min(at) FROM {} WHERE server = ?", table), parameters, deadline));
    }
  }
  for (const auto& [table, time] : aging_tables)
    look_at(connection.execute(fmt::format("SELECT min({}) FROM {}", time, table), {}, deadline));
  return oldest;
}

std::int64_t forget_what_is_too_much(Connection& connection, WallTime now, std::int64_t most_bytes, Deadline deadline) {
  std::int64_t deleted = 0;
  if (pages_of(connection, deadline).used_bytes() <= most_bytes) return deleted;
  for (int step = 0; step < most_steps; ++step) {
    if (pages_of(connection, deadline).used_bytes() <= most_bytes / 100 * filled_percent) break;
    const auto oldest = oldest_of_all(connection, deadline);
    if (!oldest || *oldest > now) break;
    // One more microsecond, so that the oldest goes also where there is no other time than now.
    deleted += forget(connection, *oldest + (now - *oldest) / part_of_the_time + model::Duration(1), deadline);
  }
  return deleted;
}

// What a checkpoint cannot do yet for a reader's sake, a later one does.
void give_pages_back(Connection& connection, Deadline deadline) {
  Pages pages = pages_of(connection, deadline);
  if (pages.free * 100 <= pages.count * free_percent) return;
  while (pages.free > 0) {
    connection.execute(fmt::format("PRAGMA incremental_vacuum({})", pages_at_a_time), {}, deadline);
    const Pages after = pages_of(connection, deadline);
    if (after.free >= pages.free) break;  // A file that was made without it.
    pages = after;
  }
  connection.execute("PRAGMA wal_checkpoint(PASSIVE)", {}, deadline);
}

}  // namespace

Pages pages_of(Connection& connection, Deadline deadline) {
  return {ask(connection, "PRAGMA page_size", deadline), ask(connection, "PRAGMA page_count", deadline),
          ask(connection, "PRAGMA freelist_count", deadline)};
}

Trimmed trim_tables(Connection& connection, WallTime now, const Retention& retention, Deadline deadline) {
  Trimmed trimmed;
  if (const auto newest = newest_sample(connection, deadline)) now = std::min(now, *newest + furthest_ahead);
  end_silent_episodes(connection, now, deadline);
  trimmed.folded = fold(connection, std::chrono::floor<std::chrono::minutes>(now - retention.seconds_for), deadline);
  trimmed.deleted = forget(connection, now - retention.age, deadline);
  trimmed.deleted += forget_shapes(connection, now - retention.age, retention.shapes, deadline);
  trimmed.deleted += forget_what_is_too_much(connection, now, retention.bytes, deadline);
  give_pages_back(connection, deadline);
  trimmed.bytes = pages_of(connection, deadline).bytes();
  return trimmed;
}

}  // namespace lockkeeper::store
