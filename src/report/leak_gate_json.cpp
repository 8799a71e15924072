#include <boost/json.hpp>

#include <algorithm>
#include <vector>

#include "report/json.hpp"
#include "report/json_fields.hpp"
#include "report/json_values.hpp"
#include "report/leak_gate.hpp"
#include "report/leak_gate_words.hpp"

namespace lockkeeper::report {

namespace json = boost::json;
using namespace values;

namespace {

constexpr std::int64_t baseline_version = 1;

json::object key(const model::LeakKey& leak) {
  return {{"kind", json::string(to_string(leak.kind))}, {"test", text(leak.test)}, {"statement", text(leak.statement)}};
}

json::object leak(const model::Leak& leak) {
  json::object object = key(leak.key);
  object.emplace("is_test", leak.is_test);
  object.emplace("others", texts(leak.others));
  object.emplace("count", leak.count);
  object.emplace("known", leak.known);
  object.emplace("title", text(title_of(leak)));
  object.emplace("explanation", text(explanation_of(leak)));
  object.emplace("fix", text(fix_of(leak.key.kind)));
  object.emplace("at", time(leak.at));
  object.emplace("open_for_ms", leak.open_for ? json::value(milliseconds(*leak.open_for)) : json::value(nullptr));
  object.emplace("abandoned", leak.abandoned);
  object.emplace("next_test", text(leak.next_test));
  object.emplace("client", text(leak.client));
  object.emplace("statements", statement_lines(leak.ran));
  return object;
}

}  // namespace

std::string to_json(const model::GateReport& report, int status) {
  json::array leaks;
  for (const model::Leak& each : report.leaks) leaks.push_back(leak(each));
  json::array gone;
  for (const model::LeakKey& each : report.gone) gone.push_back(key(each));
  return json::serialize(json::object{{"version", schema_version},
                                      {"command_status", status},
                                      {"complete", report.facts_lost == 0},
                                      {"tests", report.tests},
                                      {"clients", report.clients},
                                      {"transactions", report.transactions},
                                      {"facts_lost", report.facts_lost},
                                      {"still_connected", report.still_connected},
                                      {"most_held_by", text(report.most_held_by)},
                                      {"most_held", report.most_held},
                                      {"units_at_once", report.units_at_once},
                                      {"smallest_pool", report.smallest_pool},
                                      {"leaks", std::move(leaks)},
                                      {"gone", std::move(gone)}});
}

std::string to_baseline(const model::GateReport& report) {
  std::vector<model::LeakKey> keys;
  for (const model::Leak& each : report.leaks) keys.push_back(each.key);
  std::ranges::sort(keys);
  std::string lines = "{\"version\": " + std::to_string(baseline_version) + ", \"known\": [";
  std::string separator = "\n";
  for (const model::LeakKey& each : keys) {
    lines += separator + json::serialize(key(each));
    separator = ",\n";
  }
  return lines + "\n]}\n";
}

std::expected<std::vector<model::LeakKey>, std::string> read_baseline(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return std::unexpected("it is not JSON: " + error.message());
  const auto* object = value.if_object();
  if (object == nullptr) return std::unexpected("it is not an object");
  FieldProblem problem;
  const Fields fields(*object, problem);
  const std::int64_t version = fields.integer("version");
  if (!problem.any() && version != baseline_version)
    problem.tell("version",
                 "is " + std::to_string(version) + ", and this program knows " + std::to_string(baseline_version));
  std::vector<model::LeakKey> keys;
  fields.objects("known", [&keys](const Fields& each) {
    const auto kind = model::parse_leak_kind(each.text("kind"));
    if (!kind) each.tell("kind", "is none of left_open, foreign_commit, foreign_rollback, begin_inside_transaction");
    keys.push_back({kind.value_or(model::LeakKind::left_open), each.text("test"), each.text("statement")});
  });
  if (problem.any()) return std::unexpected(problem.field + " " + problem.message);
  return keys;
}

}  // namespace lockkeeper::report
