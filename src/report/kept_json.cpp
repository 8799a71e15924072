#include "report/kept_json.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "report/json.hpp"
#include "report/json_values.hpp"
#include "report/statement_lines.hpp"

namespace lockkeeper::report {

namespace json = boost::json;
using namespace values;

std::string finding_json(const model::Finding& finding, const std::string& url, const Options& options) {
  return json::serialize(values::finding(finding, url, options));
}

std::string transaction_json(const model::TransactionOver& over) {
  const model::TransactionRecord& record = *over.record;
  json::object object{{"started_at", time(record.id().started_at)},
                      {"ended_at", time(over.ended_at)},
                      {"end", text(to_string(over.end))},
                      {"unit", text(over.unit.value())},
                      {"statements", record.statements()},
                      {"dropped", record.dropped()},
                      {"rows_written", record.rows_written()},
                      {"busy_ms", milliseconds(record.busy())},
                      {"idle_ms", milliseconds(record.idle(over.ended_at))},
                      {"lines", ended_lines(record)}};
  if (over.client == nullptr) return json::serialize(object);
  object["client_id"] = over.client->id;
  object["application"] = text(over.client->application);
  object["user"] = text(over.client->user);
  object["database"] = text(over.client->database);
  object["client"] = text(over.client->address);
  return json::serialize(object);
}

std::string alert_json(const AlertOf& alert, const model::Finding& finding, const Options& options) {
  const std::string words = fmt::format("{}{}: {} [{} on {}]", alert.change == "closed" ? "over: " : "",
                                        to_string(finding.severity), finding.title, finding.id.value(), alert.server);
  return json::serialize(json::object{{"version", schema_version},
                                      {"alert", text(alert.alert)},
                                      {"server", text(alert.server)},
                                      {"change", text(alert.change)},
                                      {"at", time(alert.at)},
                                      {"text", text(words)},
                                      {"finding", values::finding(finding, alert.url, options)}});
}

}  // namespace lockkeeper::report
