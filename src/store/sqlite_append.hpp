// A batch on its way into the tables.
#pragma once

#include <lockkeeper/connection.hpp>

#include "model/history.hpp"

namespace lockkeeper::store {

/// Inside a transaction of the caller's. Throws Failure as Connection::execute.
void append_rows(Connection& connection, const model::HistoryBatch& batch, Deadline deadline);

}  // namespace lockkeeper::store
