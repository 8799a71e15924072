#include "report/statement_lines.hpp"

#include <algorithm>
#include <vector>

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

json::array ended_lines(const model::TransactionRecord& record, std::size_t most) {
  std::vector<const model::FoldedRun*> folds;
  for (const auto& fold : record.first()) folds.push_back(&fold);
  const std::size_t hole = folds.size();  // Here stood what the record did not keep.
  for (const auto& fold : record.last()) folds.push_back(&fold);
  const std::size_t begin = folds.size() - std::min(most, folds.size());
  const bool hole_is_before = begin > 0 && begin >= hole;
  std::int64_t before = hole_is_before ? record.dropped() : 0;
  for (std::size_t number = 0; number < begin; ++number) before += folds[number]->count;
  json::array lines;
  if (before > 0) lines.push_back(dropped_line(before));
  for (std::size_t number = begin; number < folds.size(); ++number) {
    if (number == hole && !hole_is_before && record.dropped() > 0) lines.push_back(dropped_line(record.dropped()));
    lines.push_back(line_of(*folds[number]));
  }
  return lines;
}

}  // namespace lockkeeper::report::values
