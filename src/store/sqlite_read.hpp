// Questions to the tables.
#pragma once

#include <string>
#include <vector>

#include <lockkeeper/connection.hpp>

#include "model/history.hpp"

namespace lockkeeper::store {

// All throw Failure as Connection::execute.

/// Inside a transaction of the caller's, so that all parts are of one moment.
[[nodiscard]] model::HistoryWindow read_window(Connection& connection, const model::HistoryQuery& query,
                                               Deadline deadline);

[[nodiscard]] std::vector<model::HistoryShape> read_shapes(Connection& connection, const std::string& server,
                                                           Deadline deadline);

/// Those that have samples, by name. `table`: connection_second or connection_minute.
[[nodiscard]] std::vector<std::string> servers_in(Connection& connection, std::string_view table, Deadline deadline);

}  // namespace lockkeeper::store
