// COPY to or from the client, which this interface does not have, and the way out of it.
#pragma once

#include <lockkeeper/error.hpp>

#include "client/drivers/postgres_handles.hpp"
#include "client/drivers/postgres_patience.hpp"

namespace lockkeeper::client {

[[nodiscard]] Error copy_refused();

/// Ends the COPY that the session is in; its results are still to be read. False where it cannot be ended politely.
[[nodiscard]] bool end_copy(PGconn* connection, ExecStatusType direction, Patience& patience);

}  // namespace lockkeeper::client
