#include "proxy/postgres/client.hpp"

#include <utility>

#include "proxy/worker.hpp"

namespace lockkeeper::proxy {

PostgresClient::PostgresClient(Worker& worker, pool::ClientId id, std::unique_ptr<io::Socket> socket)
    : Client(worker, id, std::move(socket)) {}

PostgresClient::~PostgresClient() {
  if (cancel_pid_ != 0) worker_.shared().cancels.remove(cancel_pid_);
  if (server_ != nullptr) worker_.drop(*server_);
}

void PostgresClient::start() {
  task_ = run();
  task_.start();
}

io::Task<> PostgresClient::run() {
  const bool relays = co_await log_in();
  login_.reset();
  timer_.clear();
  if (relays) co_await relay();
  finish();
}

Standing PostgresClient::standing() const {
  Standing standing;
  if (!session_) {
    standing.state_since = who_ ? who_->connected_at : model::WallTime();
    return standing;
  }
  standing.in_transaction = session_->transaction_since().has_value();
  if (server_ != nullptr) standing.server = server_->id();
  standing.state_since = session_->state_since();
  if (waiting()) {
    standing.state = model::ClientState::waiting;
  } else if (!session_->idle()) {
    standing.state = model::ClientState::active;
    standing.state_since = session_->busy_since();
  } else if (session_->in_transaction()) {
    standing.state = session_->status() == wire::postgres::TransactionStatus::failed
                         ? model::ClientState::aborted_in_transaction
                         : model::ClientState::idle_in_transaction;
  }
  return standing;
}

model::RecordedClient PostgresClient::recorded() const {
  model::RecordedClient client = session_->recorded(worker_.wall_now());
  client.unread_bytes = socket_ ? static_cast<std::int64_t>(socket_->unsent()) : 0;
  if (waiting()) {
    client.state = model::ClientState::waiting;
    client.state_since =
        worker_.wall_now() - std::chrono::duration_cast<model::Duration>(worker_.loop().now() - waiting_since_);
  }
  return client;
}

}  // namespace lockkeeper::proxy
