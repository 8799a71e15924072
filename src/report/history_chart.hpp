// Counts over time as lines of bars.
#pragma once

#include <cstddef>
#include <span>

#include "model/history.hpp"
#include "report/page.hpp"

namespace lockkeeper::report {

/// The lines of one server's periods: an axis, a line a state that ever was, mean and maximum beside it.
void add_chart(Page& page, const model::HistoryWindow& window, std::span<const model::ConnectionPeriod> periods,
               std::size_t width);

/// Time of day, or with the day where that is not `today`'s. UTC.
[[nodiscard]] std::string stamp(model::WallTime time, model::WallTime today);

}  // namespace lockkeeper::report
