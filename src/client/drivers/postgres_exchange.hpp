// One round trip on a session: statements out, their results in, everything read to the end.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <lockkeeper/connection.hpp>

#include "client/drivers/postgres_handles.hpp"

namespace lockkeeper::client {

/// What came of it. Without an error there is one Rows for each statement.
struct Outcome {
  std::vector<Rows> rows;
  std::optional<Error> error;  ///< The first. Its blast is for the connection to say.
  bool usable = true;          ///< False: the session ended or is in an unknown state, and must be closed.
};

/// Sends all statements and collects all results; used once. As a batch it is libpq's pipeline with one Sync:
/// one implicit transaction.
class Exchange {
 public:
  Exchange(PGconn* connection, std::span<const Statement> statements, bool is_batch, Deadline deadline)
      : connection_(connection), statements_(statements), is_batch_(is_batch), deadline_(deadline) {}

  /// Returns by the deadline plus a grace of about a second for the cancelled statement.
  [[nodiscard]] Outcome run();

 private:
  [[nodiscard]] bool send();
  [[nodiscard]] bool is_complete() const { return synced_ && answered_ >= statements_.size(); }
  [[nodiscard]] bool is_lost() const { return PQstatus(connection_) != CONNECTION_OK; }
  [[nodiscard]] bool wait_for_result();
  [[nodiscard]] bool wait_or_cancel();
  void request_cancel();
  void take(const PgResult& result);
  void take_rows(PGresult* result);
  void take_error(const PGresult* result);
  void refuse_copy(ExecStatusType direction);
  [[nodiscard]] bool drain_copy();
  [[nodiscard]] Outcome finish();
  [[nodiscard]] Outcome give_up(Error error);

  PGconn* connection_;
  std::span<const Statement> statements_;
  bool is_batch_;
  Deadline deadline_;       // Of the next wait: the caller's, then that of each cancel request.
  Deadline last_moment_{};  // The end of the grace.
  bool cancelled_ = false;  // The deadline has passed and we have asked the server to stop.
  bool synced_ = false;     // A batch's Sync is answered.
  bool stuck_ = false;      // In a COPY that cannot be ended politely.
  std::size_t answered_ = 0;
  Outcome outcome_;
};

}  // namespace lockkeeper::client
