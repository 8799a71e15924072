// The lines of what a transaction ran, in order: docs/http-api.md. Included by .cpp files alone.
#pragma once

#include <boost/json.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

#include "model/transaction_record.hpp"

namespace lockkeeper::report::values {

/// A line of which all is known to be nothing; the fields keep this order.
[[nodiscard]] boost::json::object empty_line();

/// Puts the statement's text and kind into a line.
void name(boost::json::object& line, const model::Statement& statement);

/// So many statements ran here and were not kept.
[[nodiscard]] boost::json::object dropped_line(std::int64_t dropped);

/// Of all that has ended; with `most`, of so many of the last, and one line for the statements before.
[[nodiscard]] boost::json::array ended_lines(const model::TransactionRecord& record,
                                             std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace lockkeeper::report::values
