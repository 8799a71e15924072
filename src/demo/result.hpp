// What a demonstration has shown, incident by incident: the five columns by which the project is measured.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/options.hpp"

namespace lockkeeper::demo {

enum class Column { reproduced, found, explained, resolved, prevented };
inline constexpr std::array all_columns{Column::reproduced, Column::found, Column::explained, Column::resolved,
                                        Column::prevented};
[[nodiscard]] std::string_view to_string(Column column) noexcept;

enum class Shown {
  not_shown,  ///< Nothing was observed for it; the words say why.
  yes,        ///< Observed in this run.
  no,         ///< It was to be observed, and was not; the words say what was seen instead.
};
/// "yes", "no", "not_shown".
[[nodiscard]] std::string_view to_string(Shown shown) noexcept;

struct Cell {
  Shown shown = Shown::not_shown;
  std::string words;
};

struct IncidentResult {
  int number = 0;
  std::string name;  ///< "webhook"
  std::array<Cell, all_columns.size()> cells = {};
  std::vector<std::string> rules = {};  ///< That spoke, each once, the one that was expected first.
  std::int64_t sessions_ended = 0;
  std::int64_t healthy_transactions = 0;  ///< Of the healthy program beside it, all committed.
  std::int64_t healthy_errors = 0;

  [[nodiscard]] Cell& operator[](Column column) noexcept { return cells[static_cast<std::size_t>(column)]; }
  [[nodiscard]] const Cell& operator[](Column column) const noexcept { return cells[static_cast<std::size_t>(column)]; }
};

struct Result {
  std::string server;  ///< "PostgreSQL 15.20"
  std::vector<IncidentResult> incidents = {};

  /// Whether nothing that was to be shown failed. What nobody tried, or the viewer did not want, is no failure.
  [[nodiscard]] bool as_expected() const noexcept;
};

/// The table, and below it the words of every cell that is not a yes. Ends with a newline.
[[nodiscard]] std::string to_table(const Result& result, const report::Options& options);

/// One object in one line, docs/api/demo.schema.json.
[[nodiscard]] std::string to_json(const Result& result);

}  // namespace lockkeeper::demo
