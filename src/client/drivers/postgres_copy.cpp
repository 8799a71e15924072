#include "client/drivers/postgres_copy.hpp"

#include "client/drivers/postgres_errors.hpp"

namespace lockkeeper::client {
namespace {

bool drain(PGconn* connection, Patience& patience) {
  for (;;) {
    char* line = nullptr;
    const int length = PQgetCopyData(connection, &line, 1);
    const PgText owned(line);
    if (length < 0) return true;  // At its end, or lost, which the next result tells.
    if (length == 0 && !patience.wait()) return false;
  }
}

}  // namespace

Error copy_refused() { return misuse("COPY from or to the client is not supported here"); }

bool end_copy(PGconn* connection, ExecStatusType direction, Patience& patience) {
  if (direction == PGRES_COPY_IN) return PQputCopyEnd(connection, "COPY from the client is not supported here") >= 0;
  if (direction != PGRES_COPY_OUT) return false;
  // Where the cancel does not arrive, the grace ends the draining.
  static_cast<void>(patience.cancel());
  return drain(connection, patience);
}

}  // namespace lockkeeper::client
