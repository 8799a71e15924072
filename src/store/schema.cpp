#include "store/schema.hpp"

#include <fmt/format.h>

#include "model/history.hpp"
#include "store/cells.hpp"
#include "store/in_transaction.hpp"

namespace lockkeeper::store {
namespace {

// One column a count, two of them in minutes.
std::string columns_of_a_second() {
  std::string columns;
  for (const auto& count : model::connection_counts) columns += fmt::format("{} INTEGER NOT NULL, ", count.name);
  return columns;
}

std::string columns_of_a_minute() {
  std::string columns;
  for (const auto& count : model::connection_counts)
    columns += fmt::format("{0}_mean REAL NOT NULL, {0}_max INTEGER NOT NULL, ", count.name);
  return columns;
}

SchemaStep first_version() {
  return {
      // The key is how they are asked for: a server's, from one time to another.
      fmt::format("CREATE TABLE connection_second (server TEXT NOT NULL, at INTEGER NOT NULL, {}"
                  "PRIMARY KEY (server, at)) STRICT, WITHOUT ROWID",
                  columns_of_a_second()),
      fmt::format("CREATE TABLE connection_minute (server TEXT NOT NULL, at INTEGER NOT NULL, samples INTEGER NOT "
                  "NULL, {}PRIMARY KEY (server, at)) STRICT, WITHOUT ROWID",
                  columns_of_a_minute()),
      ("CREATE TABLE finding (number INTEGER PRIMARY KEY, server TEXT NOT NULL, id TEXT NOT NULL, rule TEXT NOT NULL, "
       "severity TEXT NOT NULL, confidence TEXT NOT NULL, title TEXT NOT NULL, count INTEGER NOT NULL, "
       "first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, ended_at INTEGER, json TEXT NOT NULL) STRICT"),
      "CREATE INDEX finding_episode ON finding (server, id, first_seen)",
      "CREATE INDEX finding_over ON finding (coalesce(ended_at, last_seen))",
      "CREATE INDEX finding_open ON finding (last_seen) WHERE ended_at IS NULL",
      ("CREATE TABLE action (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, server TEXT NOT NULL, actor TEXT NOT "
       "NULL, action TEXT NOT NULL, finding TEXT NOT NULL, session TEXT NOT NULL, outcome TEXT NOT NULL, "
       "reason TEXT NOT NULL, json TEXT NOT NULL) STRICT"),
      "CREATE INDEX action_at ON action (at)",
      ("CREATE TABLE shape (number INTEGER PRIMARY KEY, server TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, "
       "updated_at INTEGER NOT NULL, UNIQUE (server, key)) STRICT"),
      "CREATE INDEX shape_updated ON shape (updated_at)",
      ("CREATE TABLE kept_transaction (number INTEGER PRIMARY KEY, server TEXT NOT NULL, ended_at INTEGER NOT NULL, "
       "started_at INTEGER NOT NULL, application TEXT NOT NULL, user TEXT NOT NULL, database TEXT NOT NULL, "
       "end TEXT NOT NULL, why_kept TEXT NOT NULL, statements INTEGER NOT NULL, busy_us INTEGER NOT NULL, "
       "idle_us INTEGER NOT NULL, rows_written INTEGER NOT NULL, json TEXT NOT NULL) STRICT"),
      "CREATE INDEX kept_transaction_ended ON kept_transaction (ended_at)"};
}

std::int64_t ask(Connection& connection, std::string_view sql, Deadline deadline) {
  const Rows rows = connection.execute(sql, {}, deadline);
  return rows.empty() ? 0 : RowReader(rows, 0).integer();
}

void run_steps(Connection& connection, std::span<const SchemaStep> steps, Deadline deadline) {
  const SchemaState state = schema_of(connection, deadline);
  const std::string complaint = complaint_about(state, std::ssize(steps));
  if (!complaint.empty()) throw Failure({ErrorCode::configuration, "", complaint, Blast::transaction});
  for (const auto& step : steps.subspan(static_cast<std::size_t>(state.version))) {
    for (const auto& statement : step) connection.execute(statement, {}, deadline);
  }
  connection.execute(fmt::format("PRAGMA application_id={}", application_id), {}, deadline);
  connection.execute(fmt::format("PRAGMA user_version={}", steps.size()), {}, deadline);
}

}  // namespace

std::span<const SchemaStep> schema_steps() {
  static const std::vector<SchemaStep> steps{first_version()};
  return steps;
}

SchemaState schema_of(Connection& connection, Deadline deadline) {
  return {ask(connection, "PRAGMA application_id", deadline), ask(connection, "PRAGMA user_version", deadline),
          ask(connection, "SELECT EXISTS (SELECT 1 FROM sqlite_master)", deadline) != 0};
}

std::string complaint_about(const SchemaState& state, std::int64_t newest) {
  if (state.is_new()) return "";
  if (state.application != application_id || state.version < 1) {
    return "it is an SQLite database, but not a history of Lockkeeper, and is left alone: name another file";
  }
  if (state.version > newest) {
    return fmt::format(
        "it was written by a newer Lockkeeper (its schema is version {}, this program knows {}): use that one, or "
        "another file",
        state.version, newest);
  }
  return "";
}

void migrate(Connection& connection, std::span<const SchemaStep> steps, Deadline deadline) {
  const SchemaState state = schema_of(connection, deadline);
  if (state.application == application_id && state.version == std::ssize(steps)) return;
  // Looked at once more: somebody may have been quicker, and now nobody else can write.
  in_transaction(connection, {}, deadline, [&] { run_steps(connection, steps, deadline); });
}

}  // namespace lockkeeper::store
