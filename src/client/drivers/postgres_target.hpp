// A Target as libpq's keywords and values.
#pragma once

#include <string>
#include <vector>

#include <lockkeeper/driver.hpp>

#include "client/drivers/postgres_handles.hpp"

namespace lockkeeper::client {

struct ConnectParameters {
  std::vector<std::string> keywords;
  std::vector<std::string> values;
  Deadline deadline;  ///< The caller's, or that of a shorter connect_timeout.
};

/// Reads URL, environment and service file (never the network). Fails with code `configuration`.
[[nodiscard]] Result<ConnectParameters> resolve(const Target& target, Deadline deadline);

}  // namespace lockkeeper::client
