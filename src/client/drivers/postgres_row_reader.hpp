// The rows of one statement as they come, in libpq's single-row mode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/drivers/postgres_exchange.hpp"
#include "client/drivers/postgres_handles.hpp"
#include "client/drivers/postgres_parameters.hpp"
#include "client/drivers/postgres_patience.hpp"

namespace lockkeeper::client {

/// Reads one statement's rows off a session. What an error means for the connection is for the connection to say.
class RowReader {
 public:
  /// `bound` holds the parameters' texts until the reader has ended: errors are told without them.
  RowReader(PGconn* connection, BoundParameters& bound)
      : connection_(connection), bound_(bound), patience_(connection, Deadline()) {}

  /// Sends the statement and waits for its first row or its end.
  void start(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline);

  /// The next rows, at most `most`. False at the end, which `ending` tells about.
  [[nodiscard]] bool read(Rows& chunk, std::size_t most, Deadline deadline);

  /// Stops the statement and reads what is left of it, within the grace.
  void abandon();

  [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
  [[nodiscard]] const Ending& ending() const noexcept { return ending_; }

 private:
  void take_next();
  void take(PgResult result);
  void take_row(PgResult result);
  void take_success(PGresult* result);
  void take_error(const PGresult* result);
  void refuse_copy(ExecStatusType direction);
  void end_lost(Error error);

  PGconn* connection_;
  BoundParameters& bound_;
  Patience patience_;
  std::string sql_;
  std::vector<std::string> columns_;
  PgResult row_;  // Come, but not yet handed out.
  std::uint64_t affected_ = 0;
  bool has_answer_ = false;  // The statement's last result has come.
  bool has_ended_ = false;
  Ending ending_;
};

}  // namespace lockkeeper::client
