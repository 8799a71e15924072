// The lines of what a transaction ran, in order: docs/http-api.md. Included by .cpp files alone.
#pragma once

#include <boost/json.hpp>

#include <cstdint>

#include "model/transaction_record.hpp"

namespace lockkeeper::report::values {

/// A line of which all is known to be nothing; the fields keep this order.
[[nodiscard]] boost::json::object empty_line();

/// Puts the statement's text and kind into a line.
void name(boost::json::object& line, const model::Statement& statement);

/// So many statements ran here and were not kept.
[[nodiscard]] boost::json::object dropped_line(std::int64_t dropped);

/// Of all that has ended.
[[nodiscard]] boost::json::array ended_lines(const model::TransactionRecord& record);

}  // namespace lockkeeper::report::values
