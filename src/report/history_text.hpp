// The history for people: connections as bars over time, and what was found, done and kept.
#pragma once

#include <string>

#include "model/history.hpp"
#include "report/options.hpp"

namespace lockkeeper::report {

/// Columns that a chart has room for on a page of that width: a query for so many periods fills it.
[[nodiscard]] std::size_t chart_columns(std::size_t width) noexcept;

/// A block a server. Ends with a newline.
[[nodiscard]] std::string to_text(const model::HistoryWindow& window, const Options& options);

}  // namespace lockkeeper::report
