#include "report/history_json.hpp"

#include <boost/json.hpp>

#include <cmath>
#include <utility>

#include "report/json.hpp"
#include "report/json_values.hpp"

namespace lockkeeper::report {

namespace json = boost::json;
using namespace values;

namespace {

json::value text_or_null(const std::string& words) {
  return words.empty() ? json::value(nullptr) : json::value(text(words));
}

// What a report wrote then, as it was. The store takes any text for it.
json::value written(const std::string& words) {
  if (words.empty()) return nullptr;
  json::error_code error;
  json::value value = json::parse(words, error);
  return error || !value.is_object() ? json::value(nullptr) : value;
}

// Three digits are enough for a mean of counts.
double rounded(double mean) { return std::round(mean * 1000) / 1000; }

json::object period(const model::ConnectionPeriod& entry) {
  json::object mean;
  json::object maximum;
  for (std::size_t index = 0; index < entry.mean.size(); ++index) {
    const auto name = model::connection_counts.at(index).name;
    mean.emplace(name, rounded(entry.mean.at(index)));
    maximum.emplace(name, entry.maximum.at(index));
  }
  return {
      {"at", time(entry.at)}, {"samples", entry.samples}, {"mean", std::move(mean)}, {"maximum", std::move(maximum)}};
}

json::array connections(const std::vector<model::ConnectionPeriod>& periods) {
  json::array servers;
  for (auto next = periods.begin(); next != periods.end();) {
    const std::string& name = next->server;
    json::array of_server;
    for (; next != periods.end() && next->server == name; ++next) of_server.push_back(period(*next));
    servers.push_back(json::object{{"server", text(name)}, {"periods", std::move(of_server)}});
  }
  return servers;
}

json::object finding(const model::HistoryFinding& entry) {
  return {{"server", text(entry.server)},
          {"id", text(entry.id.value())},
          {"rule", text(entry.rule.value())},
          {"severity", json::string(model::to_string(entry.severity))},
          {"confidence", json::string(model::to_string(entry.confidence))},
          {"title", text(entry.title)},
          {"count", entry.count},
          {"first_seen", time(entry.first_seen)},
          {"last_seen", time(entry.last_seen)},
          {"ended_at", maybe_time(entry.ended_at)},
          {"report", written(entry.json)}};
}

json::object action(const model::HistoryAction& entry) {
  return {{"at", time(entry.at)},           {"server", text(entry.server)},           {"actor", text(entry.actor)},
          {"action", text(entry.action)},   {"finding", text_or_null(entry.finding)}, {"session", text(entry.session)},
          {"outcome", text(entry.outcome)}, {"reason", text(entry.reason)},           {"report", written(entry.json)}};
}

json::object transaction(const model::HistoryTransaction& entry) {
  return {{"server", text(entry.server)},
          {"started_at", time(entry.started_at)},
          {"ended_at", time(entry.ended_at)},
          {"application", text(entry.application)},
          {"user", text(entry.user)},
          {"database", text(entry.database)},
          {"end", text(entry.end)},
          {"why_kept", json::string(model::to_string(entry.why_kept))},
          {"statements", entry.statements},
          {"busy_ms", milliseconds(entry.busy)},
          {"idle_ms", milliseconds(entry.idle)},
          {"rows_written", entry.rows_written},
          {"report", written(entry.json)}};
}

template <class Row>
json::array all(const std::vector<Row>& rows, json::object (*one)(const Row&)) {
  json::array result;
  for (const Row& row : rows) result.push_back(one(row));
  return result;
}

}  // namespace

std::string to_json(const model::HistoryWindow& window, const std::optional<model::LookFailure>& problem) {
  return json::serialize(json::object{{"version", schema_version},
                                      {"from", time(window.from)},
                                      {"to", time(window.to)},
                                      {"step_ms", milliseconds(window.step)},
                                      {"oldest", maybe_time(window.oldest)},
                                      {"newest", maybe_time(window.newest)},
                                      {"connections", connections(window.periods)},
                                      {"findings", all(window.findings, finding)},
                                      {"actions", all(window.actions, action)},
                                      {"transactions", all(window.transactions, transaction)},
                                      {"left_out", json::object{{"connections", window.periods_left_out},
                                                                {"findings", window.findings_left_out},
                                                                {"actions", window.actions_left_out},
                                                                {"transactions", window.transactions_left_out}}},
                                      {"error", failure(problem)}});
}

}  // namespace lockkeeper::report
