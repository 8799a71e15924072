#include "client/drivers/postgres_stream.hpp"

#include "client/drivers/postgres_errors.hpp"

namespace lockkeeper::client {

PostgresStream::PostgresStream(PostgresConnection& owner, BoundParameters& bound, Stakes stakes, std::size_t chunk_rows)
    : owner_(owner), reader_(owner.handle(), bound), stakes_(stakes), chunk_rows_(chunk_rows) {}

PostgresStream::~PostgresStream() {
  if (is_settled_ || owner_.handle() == nullptr) return;
  bool usable = false;
  try {
    if (!reader_.has_ended()) reader_.abandon();
    usable = reader_.ending().usable;
  } catch (...) {
    // Out of memory: what is still to be read is unknown, so the session is given up.
  }
  owner_.drop_stream(usable);
}

void PostgresStream::start(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) {
  reader_.start(sql, parameters, deadline);
  settle_if_ended();
}

bool PostgresStream::next(Rows& chunk, Deadline deadline) {
  if (owner_.handle() == nullptr) throw Failure(misuse("the connection is closed", Blast::connection));
  if (reader_.read(chunk, chunk_rows_, deadline)) return true;
  settle_if_ended();
  return false;
}

void PostgresStream::settle_if_ended() {
  if (is_settled_ || !reader_.has_ended()) return;
  is_settled_ = true;
  owner_.end_stream(reader_.ending(), stakes_);
}

}  // namespace lockkeeper::client
