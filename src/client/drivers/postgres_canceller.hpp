// PostgreSQL's cancel request, bounded by a deadline.
#pragma once

#include <atomic>
#include <memory>

#include <lockkeeper/connection.hpp>

#include "client/drivers/postgres_handles.hpp"

namespace lockkeeper::client {

/// Whether a connection was closed, known to its cancellers after it has gone.
using ClosedFlag = std::shared_ptr<const std::atomic<bool>>;

class PostgresCanceller : public Canceller {
 public:
  PostgresCanceller(PgCancel request, ClosedFlag closed) : request_(std::move(request)), closed_(std::move(closed)) {}

  /// Throws with code `deadline` where the server takes connections but does not answer (it hangs).
  void cancel(Deadline deadline) override;

 private:
  PgCancel request_;  // Null on a connection that was closed already.
  ClosedFlag closed_;
};

/// Nothing once the server has taken the request, or why it has not. Never waits past the deadline.
[[nodiscard]] Result<void> send_cancel(PGcancel* request, Deadline deadline);

}  // namespace lockkeeper::client
