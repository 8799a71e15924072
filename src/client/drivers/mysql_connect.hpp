// From a plan to a connected and authenticated session.
#pragma once

#include <string>

#include <lockkeeper/connection.hpp>

#include "client/drivers/mysql_plan.hpp"

namespace lockkeeper::client::mysql {

struct Connected {
  Handle handle;
  /// The plan for a second connection to the same server, to the address that answered where the name has several.
  Plan same_place;
};

/// Connects, checks TLS and authenticates before the deadline. The session is as the server makes it; Session sets it
/// up.
[[nodiscard]] Result<Connected> connect(const Plan& plan, Deadline deadline);

}  // namespace lockkeeper::client::mysql
