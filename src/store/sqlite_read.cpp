#include "store/sqlite_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "store/cells.hpp"

namespace lockkeeper::store {
namespace {

using model::Duration;
using model::HistoryQuery;
using model::HistoryWindow;

// Shapes of one server that are handed out: what is kept of all of them is bounded by Retention.
constexpr std::int64_t most_shapes = 100'000;

// Seconds and minutes, as if they were all minutes; ?1 to ?4 are server, from, to and the step.
std::string periods_sql() {
  std::string of_second;
  std::string of_minute;
  std::string together;
  for (const auto& [name, ignored] : model::connection_counts) {
    of_second += fmt::format(", {0} AS {0}_mean, {0} AS {0}_max", name);
    of_minute += fmt::format(", {0}_mean, {0}_max", name);
    together += fmt::format(", sum({0}_mean * samples) * 1.0 / sum(samples), max({0}_max)", name);
  }
  constexpr std::string_view bounds = "WHERE server = ?1 AND at >= ?2 AND at < ?3";
  return fmt::format(
      "SELECT at / ?4 * ?4 AS period, sum(samples){} FROM (SELECT at, 1 AS samples{} FROM connection_second {} UNION "
      "ALL SELECT at, samples{} FROM connection_minute {}) GROUP BY period ORDER BY period DESC LIMIT ?5",
      together, of_second, bounds, of_minute, bounds);
}

model::ConnectionPeriod period_of(RowReader row, const std::string& server) {
  model::ConnectionPeriod period{.at = row.time(), .server = server, .samples = row.integer()};
  for (std::size_t index = 0; index < period.mean.size(); ++index) {
    period.mean[index] = row.real();
    period.maximum[index] = row.integer();
  }
  return period;
}

Parameter limit(std::size_t most) { return static_cast<std::int64_t>(most) + 1; }

// The newest come first, one more than wanted: turned round, and whether there were more.
template <class Row>
bool settle(std::vector<Row>& rows, std::size_t first, std::size_t most) {
  const bool more = rows.size() - first > most;
  if (more) rows.pop_back();
  std::reverse(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end());
  return more;
}

void read_periods_of(Connection& connection, const HistoryQuery& query, const std::string& server,
                     HistoryWindow& window, Deadline deadline) {
  static const std::string sql = periods_sql();
  const std::array<Parameter, 5> parameters{server, kept(query.from), kept(query.to), window.step.count(),
                                            limit(query.most_periods)};
  const Rows rows = connection.execute(sql, parameters, deadline);
  const std::size_t first = window.periods.size();
  for (std::size_t row = 0; row < rows.size(); ++row) window.periods.push_back(period_of(RowReader(rows, row), server));
  if (settle(window.periods, first, query.most_periods)) window.periods_left_out = true;
}

struct Table {
  std::string_view name;
  std::set<std::string> servers;
};

bool has_rows(Connection& connection, const Table& table, const HistoryQuery& query, Deadline deadline) {
  const std::string sql = fmt::format("SELECT 1 FROM {} WHERE server = ? AND at >= ? AND at < ? LIMIT 1", table.name);
  return std::ranges::any_of(table.servers, [&](const std::string& server) {
    if (!query.server.empty() && server != query.server) return false;
    const std::array<Parameter, 3> parameters{server, kept(query.from), kept(query.to)};
    return !connection.execute(sql, parameters, deadline).empty();
  });
}

void widen(Connection& connection, const Table& table, HistoryWindow& window, Deadline deadline) {
  for (const std::string& server : table.servers) {
    for (const std::string_view end : {"min", "max"}) {
      const std::array<Parameter, 1> parameters{server};
      const Rows rows = connection.execute(fmt::format("SELECT {}(at) FROM {} WHERE server = ?", end, table.name),
                                           parameters, deadline);
      const auto at = RowReader(rows, 0).maybe_time();
      if (!at) continue;
      window.oldest = std::min(window.oldest.value_or(*at), *at);
      window.newest = std::max(window.newest.value_or(*at), *at);
    }
  }
}

Table table_of(Connection& connection, std::string_view name, Deadline deadline) {
  const auto servers = servers_in(connection, name, deadline);
  return {name, {servers.begin(), servers.end()}};
}

void read_periods(Connection& connection, const HistoryQuery& query, HistoryWindow& window, Deadline deadline) {
  const Table seconds = table_of(connection, "connection_second", deadline);
  const Table minutes = table_of(connection, "connection_minute", deadline);
  widen(connection, seconds, window, deadline);
  widen(connection, minutes, window, deadline);
  // Never shorter than what is kept: there would be gaps where there are none.
  if (has_rows(connection, minutes, query, deadline))
    window.step = std::max<Duration>(window.step, std::chrono::minutes(1));
  std::set<std::string> servers = seconds.servers;
  servers.insert(minutes.servers.begin(), minutes.servers.end());
  std::size_t read = 0;
  for (const std::string& server : servers) {
    if (!query.server.empty() && server != query.server) continue;
    if (++read > model::most_history_servers) {
      window.periods_left_out = true;
      break;
    }
    read_periods_of(connection, query, server, window, deadline);
  }
}

model::Severity severity_of(std::string_view word) {
  using enum model::Severity;
  for (const auto severity : {notice, warning, critical}) {
    if (model::to_string(severity) == word) return severity;
  }
  return warning;
}

model::Confidence confidence_of(std::string_view word) {
  using enum model::Confidence;
  for (const auto confidence : {possible, likely, certain}) {
    if (model::to_string(confidence) == word) return confidence;
  }
  return possible;
}

model::HistoryFinding finding_of(RowReader row) {
  model::HistoryFinding finding;
  finding.server = row.text();
  finding.id = model::FindingId(row.text());
  finding.rule = model::RuleId(row.text());
  finding.severity = severity_of(row.text());
  finding.confidence = confidence_of(row.text());
  finding.title = row.text();
  finding.count = row.integer();
  finding.first_seen = row.time();
  finding.last_seen = row.time();
  finding.ended_at = row.maybe_time();
  finding.json = row.text();
  return finding;
}

model::HistoryAction action_of(RowReader row) {
  model::HistoryAction action;
  action.at = row.time();
  for (std::string* field : {&action.server, &action.actor, &action.action, &action.finding, &action.session,
                             &action.outcome, &action.reason, &action.json})
    *field = row.text();
  return action;
}

model::HistoryTransaction transaction_of(RowReader row) {
  model::HistoryTransaction over;
  over.server = row.text();
  over.ended_at = row.time();
  over.started_at = row.time();
  for (std::string* field : {&over.application, &over.user, &over.database, &over.end}) *field = row.text();
  over.why_kept = model::parse_kept_because(row.text()).value_or(model::KeptBecause::sampled);
  over.statements = row.integer();
  over.busy = row.duration();
  over.idle = row.duration();
  over.rows_written = row.integer();
  over.json = row.text();
  return over;
}

// `sql` selects by ?1 (the server, or NULL for all), ?2 and ?3 (from and to), newest first, ?4 rows at most.
template <class Row>
bool read_rows(Connection& connection, const HistoryQuery& query, const char* sql, std::size_t most,
               Row (*row_of)(RowReader), std::vector<Row>& into, Deadline deadline) {
  const std::array<Parameter, 4> parameters{query.server.empty() ? Parameter() : Parameter(query.server),
                                            kept(query.from), kept(query.to), limit(most)};
  const Rows rows = connection.execute(sql, parameters, deadline);
  for (std::size_t row = 0; row < rows.size(); ++row) into.push_back(row_of(RowReader(rows, row)));
  return settle(into, 0, most);
}

constexpr const char* findings_sql =
    "SELECT server, id, rule, severity, confidence, title, count, first_seen, last_seen, ended_at, json FROM finding "
    "WHERE coalesce(ended_at, last_seen) >= ?2 AND first_seen < ?3 AND (?1 IS NULL OR server = ?1) "
    "ORDER BY first_seen DESC, number DESC LIMIT ?4";
constexpr const char* actions_sql =
    "SELECT at, server, actor, action, finding, session, outcome, reason, json FROM action "
    "WHERE at >= ?2 AND at < ?3 AND (?1 IS NULL OR server = ?1) ORDER BY at DESC, number DESC LIMIT ?4";
constexpr const char* transactions_sql =
    "SELECT server, ended_at, started_at, application, user, database, end, why_kept, statements, busy_us, idle_us, "
    "rows_written, json FROM kept_transaction WHERE ended_at >= ?2 AND started_at < ?3 AND (?1 IS NULL OR server = ?1) "
    "ORDER BY ended_at DESC, number DESC LIMIT ?4";

}  // namespace

std::vector<std::string> servers_in(Connection& connection, std::string_view table, Deadline deadline) {
  // From name to name along the key: as many steps as there are servers, not rows.
  const Rows rows = connection.execute(
      fmt::format("WITH RECURSIVE known (server) AS (SELECT min(server) FROM {0} UNION ALL SELECT (SELECT "
                  "min(server) FROM {0} WHERE server > known.server) FROM known WHERE known.server IS NOT NULL) "
                  "SELECT server FROM known WHERE server IS NOT NULL",
                  table),
      {}, deadline);
  std::vector<std::string> servers;
  for (std::size_t row = 0; row < rows.size(); ++row) servers.push_back(RowReader(rows, row).text());
  return servers;
}

HistoryWindow read_window(Connection& connection, const HistoryQuery& query, Deadline deadline) {
  HistoryWindow window{.from = query.from, .to = query.to, .step = query.step};
  // Whole seconds, at least one: the query divides by it.
  window.step = std::max<Duration>(std::chrono::floor<std::chrono::seconds>(window.step), std::chrono::seconds(0));
  if (window.step == Duration::zero()) window.step = model::fitting_step(query.to - query.from, query.most_periods);
  read_periods(connection, query, window, deadline);
  window.findings_left_out =
      read_rows(connection, query, findings_sql, query.most_findings, finding_of, window.findings, deadline);
  window.actions_left_out =
      read_rows(connection, query, actions_sql, query.most_actions, action_of, window.actions, deadline);
  window.transactions_left_out = read_rows(connection, query, transactions_sql, query.most_transactions, transaction_of,
                                           window.transactions, deadline);
  return window;
}

std::vector<model::HistoryShape> read_shapes(Connection& connection, const std::string& server, Deadline deadline) {
  const std::array<Parameter, 2> parameters{server, most_shapes};
  const Rows rows = connection.execute(
      "SELECT server, key, state, updated_at FROM shape WHERE server = ? ORDER BY key LIMIT ?", parameters, deadline);
  std::vector<model::HistoryShape> shapes;
  for (std::size_t index = 0; index < rows.size(); ++index) {
    RowReader row(rows, index);
    model::HistoryShape shape;
    shape.server = row.text();
    shape.key = row.text();
    shape.state = row.text();
    shape.updated_at = row.time();
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

}  // namespace lockkeeper::store
