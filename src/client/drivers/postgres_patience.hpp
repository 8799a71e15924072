// Waiting for a session's server: until the deadline, then, once asked to stop, for a short grace.
#pragma once

#include <lockkeeper/connection.hpp>

#include "client/drivers/grace.hpp"
#include "client/drivers/postgres_handles.hpp"

namespace lockkeeper::client {

/// Drives a non-blocking session on which a statement runs. Every function but is_lost may read and write its socket.
class Patience {
 public:
  Patience(PGconn* connection, Deadline deadline) : connection_(connection), deadline_(deadline) {}

  /// For the next piece of a result: another deadline, and a whole grace after it.
  void renew(Deadline deadline);

  /// Waits until PQgetResult does not block: a result is complete, or the session is lost. False when the grace is
  /// over.
  [[nodiscard]] bool wait_for_result();

  /// The same without waiting: reads what has come.
  [[nodiscard]] bool has_result();

  /// Waits for anything to come or go, once. False when the grace is over.
  [[nodiscard]] bool wait();

  /// Asks the server to stop now, as at the deadline; the grace begins. False where it could not be asked. Asking again
  /// at once costs nothing.
  [[nodiscard]] bool cancel();

  /// Whether the server was asked to stop because a deadline had passed.
  [[nodiscard]] bool has_cancelled() const noexcept { return has_cancelled_; }
  [[nodiscard]] bool is_lost() const noexcept { return PQstatus(connection_) != CONNECTION_OK; }

 private:
  void read_what_has_come();
  void request_cancel();

  PGconn* connection_;
  Deadline deadline_;  // Of the next wait: the caller's, then that of each cancel request.
  Grace grace_;
  bool is_grace_ = false;     // The deadline has passed.
  bool looked_late_ = false;  // After the deadline we look once more at what has come, then no more.
  bool has_cancelled_ = false;
  bool was_taken_ = false;  // The last cancel request.
  Deadline asked_at_{};     // When it was sent.
};

}  // namespace lockkeeper::client
