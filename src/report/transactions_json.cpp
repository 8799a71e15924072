#include <boost/json.hpp>

#include <algorithm>

#include "report/board_json.hpp"
#include "report/holder_json.hpp"
#include "report/json_values.hpp"
#include "report/seen_clients.hpp"
#include "report/statement_lines.hpp"

namespace lockkeeper::report {
namespace {

namespace json = boost::json;
using namespace values;

json::object running_line(const model::Statement& statement, const std::optional<model::WallTime>& since,
                          model::WallTime now) {
  json::object line = empty_line();
  name(line, statement);
  line["started_at"] = maybe_time(since);
  line["running"] = true;
  if (since) line["busy_ms"] = milliseconds(std::max(now - *since, model::Duration::zero()));
  return line;
}

// When the statement began that the client runs now; nullopt: none does.
std::optional<model::WallTime> running_since(const model::RecordedClient& client) {
  if (client.state != model::ClientState::active || !client.statement) return std::nullopt;
  return client.statement_started_at;
}

json::array recorded_lines(const model::RecordedClient& client, model::WallTime now, std::size_t most) {
  const auto& record = *client.transaction;
  json::array lines = values::ended_lines(record, most);
  if (const auto since = running_since(client)) {
    json::object line = running_line(*client.statement, since, now);
    line["gap_before_ms"] = milliseconds(std::max(*since - record.last_end(), model::Duration::zero()));
    lines.push_back(std::move(line));
  }
  return lines;
}

json::object past_line(const model::PastStatement& past) {
  json::object line = empty_line();
  name(line, past.statement);
  line["rows"] = past.rows;
  line["started_at"] = time(past.started_at);
  line["busy_ms"] = milliseconds(past.duration);
  line["error"] = text(past.error);
  return line;
}

// What the server itself tells: its own history where it keeps one, else the statement that runs or ran last.
json::array seen_lines(const model::Session& session, model::WallTime now) {
  json::array lines;
  if (session.transaction && session.transaction->history) {
    const auto& history = *session.transaction->history;
    if (history.lost_at_most > 0) lines.push_back(dropped_line(history.lost_at_most));
    for (const auto& past : history.statements) lines.push_back(past_line(past));
    if (!lines.empty()) return lines;
  }
  if (!session.statement) return lines;
  json::object line = running_line(*session.statement, session.statement_started_at, now);
  if (session.state != model::SessionState::active) {
    line["running"] = false;
    const auto ended = session.state_changed_at;
    const auto began = session.statement_started_at;
    line["busy_ms"] = began && ended ? milliseconds(std::max(*ended - *began, model::Duration::zero())) : 0;
  }
  lines.push_back(std::move(line));
  return lines;
}

void add_record(json::object& entry, const model::RecordedClient& client, model::WallTime now, std::size_t most) {
  const auto& record = *client.transaction;
  const auto since = running_since(client);
  const model::Duration running = since ? std::max(now - *since, model::Duration::zero()) : model::Duration::zero();
  entry["observed_at"] = time(now);
  entry["client_id"] = client.who->id;
  entry["state_since"] = time(client.state_since);
  entry["started_at"] = time(record.id().started_at);
  entry["statements"] = record.statements();
  entry["dropped"] = record.dropped();
  entry["rows_written"] = record.rows_written();
  entry["busy_ms"] = milliseconds(record.busy() + running);
  entry["idle_ms"] = milliseconds(record.idle(since.value_or(now)));
  entry["lines"] = recorded_lines(client, now, most);
}

json::object seen_transaction(const model::Session& session, const model::Snapshot& snapshot) {
  const auto& transaction = session.transaction;
  return {{"key", json::string(to_string(session.id))},
          {"pid", session.id.pid},
          {"observed_at", time(snapshot.taken_at)},
          {"client_id", nullptr},
          {"application", text(session.application)},
          {"user", text(session.user)},
          {"database", text(session.database)},
          {"client", text(session.client)},
          {"state", json::string(to_string(session.state))},
          {"state_since", maybe_time(session.state_changed_at)},
          {"started_at", transaction ? time(transaction->started_at) : json::value(nullptr)},
          {"statements", nullptr},
          {"dropped", 0},
          {"rows_written", transaction ? maybe(transaction->rows_modified) : json::value(nullptr)},
          {"busy_ms", nullptr},
          {"idle_ms", nullptr},
          {"lines", seen_lines(session, snapshot.taken_at)}};
}

json::array waits_for(const WaitsOf& waits, const model::SessionId& session) {
  json::array result;
  for (const model::Wait* wait : waits.of(session)) {
    for (auto& holder : holders(*wait)) result.push_back(std::move(holder));
  }
  return result;
}

json::array transactions(const Seen& seen, const TransactionsAsked& asked) {
  json::array result;
  const WaitsOf waits(*seen.snapshot);
  const SeenClients clients(seen);
  for (const auto& session : seen.snapshot->sessions) {
    if (session.kind != model::SessionKind::client) continue;
    if (!session.transaction && !session.idle_in_transaction()) continue;
    if (!asked.key.empty() && to_string(session.id) != asked.key) continue;
    json::object entry = seen_transaction(session, *seen.snapshot);
    const auto* client = clients.of(session);
    if (client != nullptr && client->transaction) add_record(entry, *client, seen.recording->taken_at, asked.lines);
    entry["waits_for"] = waits_for(waits, session.id);
    result.push_back(std::move(entry));
  }
  return result;
}

}  // namespace

std::string transactions_json(const Seen& seen, const TransactionsAsked& asked) {
  return json::serialize(
      json::object{{"observed_at", observed_at(seen)},
                   {"recorded", seen.recording != nullptr},
                   {"transactions", seen.snapshot != nullptr ? transactions(seen, asked) : json::array()}});
}

}  // namespace lockkeeper::report
