#include "demo/result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <utility>

#include "report/page.hpp"

namespace lockkeeper::demo {
namespace {

using report::Paint;

constexpr std::size_t column_width = 12;
constexpr std::size_t name_width = 16;

std::string_view in_table(Shown shown) noexcept { return shown == Shown::not_shown ? "not shown" : to_string(shown); }

std::string in_column(std::string_view word, Column column) {
  return fmt::format("{:<{}}", word, column == all_columns.back() ? 0 : column_width);
}

Paint paint_of(Shown shown) noexcept {
  switch (shown) {
    case Shown::yes: return Paint::green;
    case Shown::no: return Paint::red;
    case Shown::not_shown: return Paint::dim;
  }
  return Paint::plain;
}

void add_row(report::Page& page, const IncidentResult& incident) {
  std::string row = fmt::format("{:<{}}", fmt::format("{} {}", incident.number, incident.name), name_width);
  for (const Column column : all_columns)
    row += page.paint(paint_of(incident[column].shown), in_column(in_table(incident[column].shown), column));
  page.line(row);
}

// What one incident's cells with the same words say: "explained, resolved not shown: what came before it failed".
std::vector<std::string> remarks_on(const IncidentResult& incident) {
  std::vector<std::string> remarks;
  std::set<std::size_t> told;
  for (std::size_t index = 0; index < all_columns.size(); ++index) {
    const Cell& cell = incident.cells[index];
    if (cell.shown == Shown::yes || told.contains(index)) continue;
    std::string columns;
    for (std::size_t other = index; other < all_columns.size(); ++other) {
      if (incident.cells[other].shown != cell.shown || incident.cells[other].words != cell.words) continue;
      told.insert(other);
      columns += fmt::format("{}{}", columns.empty() ? "" : ", ", to_string(all_columns[other]));
    }
    remarks.push_back(fmt::format("{} {}: {}", columns, in_table(cell.shown), cell.words));
  }
  return remarks;
}

// What holds for several incidents is told once.
void add_remarks(report::Page& page, const std::vector<IncidentResult>& incidents) {
  std::vector<std::pair<std::string, std::string>> remarks;  // and the incidents it is about
  for (const IncidentResult& incident : incidents) {
    for (const std::string& remark : remarks_on(incident)) {
      const auto known = std::ranges::find(remarks, remark, [](const auto& entry) { return entry.first; });
      if (known == remarks.end()) {
        remarks.emplace_back(remark, incident.name);
      } else {
        known->second += fmt::format(", {}", incident.name);
      }
    }
  }
  for (const auto& [remark, names] : remarks) page.paragraph("  ", fmt::format("{}: {}", names, remark));
}

boost::json::object json_of(const IncidentResult& incident) {
  boost::json::object columns;
  for (const Column column : all_columns)
    columns.emplace(to_string(column), boost::json::object{{"shown", to_string(incident[column].shown)},
                                                           {"words", incident[column].words}});
  return {{"number", incident.number},
          {"name", incident.name},
          {"columns", std::move(columns)},
          {"rules", boost::json::array(incident.rules.begin(), incident.rules.end())},
          {"sessions_ended", incident.sessions_ended},
          {"healthy_transactions", incident.healthy_transactions},
          {"healthy_errors", incident.healthy_errors}};
}

}  // namespace

std::string_view to_string(Column column) noexcept {
  switch (column) {
    case Column::reproduced: return "reproduced";
    case Column::found: return "found";
    case Column::explained: return "explained";
    case Column::resolved: return "resolved";
    case Column::prevented: return "prevented";
  }
  return "";
}

std::string_view to_string(Shown shown) noexcept {
  switch (shown) {
    case Shown::not_shown: return "not_shown";
    case Shown::yes: return "yes";
    case Shown::no: return "no";
  }
  return "";
}

bool Result::as_expected() const noexcept {
  return std::ranges::all_of(incidents, [](const IncidentResult& incident) {
    return std::ranges::none_of(incident.cells, [](const Cell& cell) { return cell.shown == Shown::no; });
  });
}

std::string to_table(const Result& result, const report::Options& options) {
  report::Page page(options);
  std::string heading = fmt::format("{:<{}}", "", name_width);
  for (const Column column : all_columns) heading += in_column(to_string(column), column);
  page.line(page.paint(Paint::bold, heading));
  for (const IncidentResult& incident : result.incidents) add_row(page, incident);
  add_remarks(page, result.incidents);
  return page.text();
}

std::string to_json(const Result& result) {
  boost::json::array incidents;
  for (const IncidentResult& incident : result.incidents) incidents.push_back(json_of(incident));
  return boost::json::serialize(boost::json::object{{"version", 1},
                                                    {"server", result.server},
                                                    {"as_expected", result.as_expected()},
                                                    {"incidents", std::move(incidents)}}) +
         "\n";
}

}  // namespace lockkeeper::demo
