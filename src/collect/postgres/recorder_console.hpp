// What a recorder tells of itself on its console.
#pragma once

#include <expected>
#include <string>

#include <lockkeeper/driver.hpp>

#include "model/snapshot.hpp"

namespace lockkeeper::collect::postgres {

/// All that the recorder remembers, as JSON lines (report/recording_json.hpp). `url`: of its console, the database
/// `pgbouncer`. Never throws for what the recorder or the network does.
[[nodiscard]] std::expected<std::string, model::LookFailure> read_recorder(Driver& driver, const std::string& url,
                                                                           Deadline deadline);

}  // namespace lockkeeper::collect::postgres
