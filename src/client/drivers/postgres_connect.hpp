// Making a connection without blocking in libpq.
#pragma once

#include <lockkeeper/driver.hpp>

#include "client/drivers/postgres_handles.hpp"

namespace lockkeeper::client {

/// A connection that is authenticated, non-blocking and speaks UTF-8.
[[nodiscard]] Result<PgConnection> connect_postgres(const Target& target, Deadline deadline);

}  // namespace lockkeeper::client
