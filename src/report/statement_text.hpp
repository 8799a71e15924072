// A transaction's statements as lines of a page.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/finding.hpp"
#include "report/options.hpp"
#include "report/page.hpp"

namespace lockkeeper::report {

/// "1 row", "2 rows".
[[nodiscard]] std::string plural(std::int64_t count, std::string_view word);

/// How it began and what it did last: what was between is counted.
void add_statements(Page& page, const std::vector<model::StatementLine>& lines, const Options& options);

}  // namespace lockkeeper::report
