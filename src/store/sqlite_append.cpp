#include "store/sqlite_append.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "store/cells.hpp"
#include "store/history.hpp"

namespace lockkeeper::store {
namespace {

std::string sample_sql() {
  std::string columns;
  std::string places;
  for (const auto& count : model::connection_counts) {
    columns += fmt::format(", {}", count.name);
    places += ", ?";
  }
  return fmt::format("INSERT OR REPLACE INTO connection_second (server, at{}) VALUES (?, ?{})", columns, places);
}

void append(Connection& connection, const model::ConnectionSample& sample, Deadline deadline) {
  static const std::string sql = sample_sql();
  std::vector<Parameter> parameters{sample.server, kept(sample.at)};
  for (const auto& count : model::connection_counts) parameters.emplace_back(sample.*count.count);
  connection.execute(sql, parameters, deadline);
}

void append(Connection& connection, const model::HistoryAction& action, Deadline deadline) {
  const std::array<Parameter, 9> parameters{kept(action.at), action.server,  action.actor,
                                            action.action,   action.finding, action.session,
                                            action.outcome,  action.reason,  action.json};
  connection.execute(
      "INSERT INTO action (at, server, actor, action, finding, session, outcome, reason, json) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      parameters, deadline);
}

void append(Connection& connection, const model::HistoryShape& shape, Deadline deadline) {
  const std::array<Parameter, 4> parameters{shape.server, shape.key, shape.state, kept(shape.updated_at)};
  connection.execute(
      "INSERT INTO shape (server, key, state, updated_at) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (server, key) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
      parameters, deadline);
}

void append(Connection& connection, const model::HistoryTransaction& over, Deadline deadline) {
  const std::array<Parameter, 13> parameters{over.server,
                                             kept(over.ended_at),
                                             kept(over.started_at),
                                             over.application,
                                             over.user,
                                             over.database,
                                             over.end,
                                             model::to_string(over.why_kept),
                                             over.statements,
                                             over.busy.count(),
                                             over.idle.count(),
                                             over.rows_written,
                                             over.json};
  connection.execute(
      "INSERT INTO kept_transaction (server, ended_at, started_at, application, user, database, end, why_kept, "
      "statements, busy_us, idle_us, rows_written, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      parameters, deadline);
}

struct Episode {
  std::int64_t number = 0;
  model::WallTime last_seen;
  std::optional<model::WallTime> ended_at;
};

std::optional<Episode> last_episode(Connection& connection, const model::HistoryFinding& finding, Deadline deadline) {
  const std::array<Parameter, 2> parameters{finding.server, finding.id.value()};
  const Rows rows = connection.execute(
      "SELECT number, last_seen, ended_at FROM finding WHERE server = ? AND id = ? ORDER BY first_seen DESC LIMIT 1",
      parameters, deadline);
  if (rows.empty()) return std::nullopt;
  RowReader row(rows, 0);
  const std::int64_t number = row.integer();
  const model::WallTime last_seen = row.time();
  return Episode{number, last_seen, row.maybe_time()};
}

void begin_episode(Connection& connection, const model::HistoryFinding& finding, model::WallTime first_seen,
                   Deadline deadline) {
  const std::array<Parameter, 11> parameters{finding.server,
                                             finding.id.value(),
                                             finding.rule.value(),
                                             model::to_string(finding.severity),
                                             model::to_string(finding.confidence),
                                             finding.title,
                                             finding.count,
                                             kept(first_seen),
                                             kept(finding.last_seen),
                                             kept(finding.ended_at),
                                             finding.json};
  connection.execute(
      "INSERT INTO finding (server, id, rule, severity, confidence, title, count, first_seen, last_seen, ended_at, "
      "json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      parameters, deadline);
}

void continue_episode(Connection& connection, const model::HistoryFinding& finding, const Episode& episode,
                      Deadline deadline) {
  const std::array<Parameter, 8> parameters{model::to_string(finding.severity),
                                            model::to_string(finding.confidence),
                                            finding.title,
                                            finding.count,
                                            kept(std::max(finding.last_seen, episode.last_seen)),
                                            kept(finding.ended_at ? finding.ended_at : episode.ended_at),
                                            finding.json,
                                            episode.number};
  connection.execute(
      "UPDATE finding SET severity = ?1, confidence = ?2, title = ?3, count = ?4, last_seen = ?5, ended_at = ?6, "
      "json = iif(?7 = '', json, ?7) WHERE number = ?8",
      parameters, deadline);
}

void append(Connection& connection, const model::HistoryFinding& finding, Deadline deadline) {
  const auto episode = last_episode(connection, finding, deadline);
  if (!episode) return begin_episode(connection, finding, finding.first_seen, deadline);
  // Nobody saw it end, but nobody looked for long either.
  const bool fell_silent = !episode->ended_at && finding.last_seen - episode->last_seen > longest_silence;
  const auto over_at = fell_silent ? std::optional(episode->last_seen) : episode->ended_at;
  if (!over_at || finding.last_seen <= *over_at) return continue_episode(connection, finding, *episode, deadline);
  if (fell_silent) {
    const std::array<Parameter, 1> parameters{episode->number};
    connection.execute("UPDATE finding SET ended_at = last_seen WHERE number = ?", parameters, deadline);
  }
  // A caller that remembers the first time of all has not seen it in between.
  const auto first_seen = finding.first_seen > *over_at ? finding.first_seen : finding.last_seen;
  begin_episode(connection, finding, first_seen, deadline);
}

}  // namespace

void append_rows(Connection& connection, const model::HistoryBatch& batch, Deadline deadline) {
  for (const auto& sample : batch.samples) append(connection, sample, deadline);
  for (const auto& finding : batch.findings) append(connection, finding, deadline);
  for (const auto& action : batch.actions) append(connection, action, deadline);
  for (const auto& shape : batch.shapes) append(connection, shape, deadline);
  for (const auto& over : batch.transactions) append(connection, over, deadline);
}

}  // namespace lockkeeper::store
