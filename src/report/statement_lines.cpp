#include "report/statement_lines.hpp"

#include "report/json_values.hpp"

namespace lockkeeper::report::values {

namespace json = boost::json;

namespace {

json::object line_of(const model::FoldedRun& fold) {
  json::object line = empty_line();
  if (fold.first.statement) name(line, *fold.first.statement);
  line["count"] = fold.count;
  line["same_parameters"] = fold.count > 1 && fold.same_parameters;
  line["rows"] = fold.rows;
  line["started_at"] = time(fold.first.started_at);
  line["busy_ms"] = milliseconds(fold.busy);
  line["gap_before_ms"] = milliseconds(fold.gap_before);
  line["longest_gap_ms"] = milliseconds(fold.longest_gap);
  line["error"] = text(fold.last.error);
  return line;
}

}  // namespace

json::object empty_line() {
  return {{"text", ""},          {"kind", "unknown"},     {"count", 1},       {"same_parameters", false},
          {"rows", 0},           {"started_at", nullptr}, {"busy_ms", 0},     {"gap_before_ms", 0},
          {"longest_gap_ms", 0}, {"error", ""},           {"running", false}, {"dropped", 0}};
}

void name(json::object& line, const model::Statement& statement) {
  line["text"] = text(statement.text);
  line["kind"] = json::string(sql::to_string(statement.kind));
}

json::object dropped_line(std::int64_t dropped) {
  json::object line = empty_line();
  line["count"] = 0;
  line["dropped"] = dropped;
  return line;
}

json::array ended_lines(const model::TransactionRecord& record) {
  json::array lines;
  for (const auto& fold : record.first()) lines.push_back(line_of(fold));
  if (record.dropped() > 0) lines.push_back(dropped_line(record.dropped()));
  for (const auto& fold : record.last()) lines.push_back(line_of(fold));
  return lines;
}

}  // namespace lockkeeper::report::values
