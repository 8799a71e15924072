// A RowReader as the public interface's stream.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "client/drivers/postgres_connection.hpp"
#include "client/drivers/postgres_row_reader.hpp"

namespace lockkeeper::client {

/// Tells its connection when it has ended, and what of it is left then.
class PostgresStream : public RowStream {
 public:
  PostgresStream(PostgresConnection& owner, BoundParameters& bound, Stakes stakes, std::size_t chunk_rows);
  ~PostgresStream() override;

  /// Sends the statement. Throws where it fails at once.
  void start(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline);

  bool next(Rows& chunk, Deadline deadline) override;

 private:
  void settle_if_ended();

  PostgresConnection& owner_;
  RowReader reader_;
  Stakes stakes_;
  std::size_t chunk_rows_;
  bool is_settled_ = false;  // The connection knows.
};

}  // namespace lockkeeper::client
