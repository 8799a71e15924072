#include "proxy/mysql/client.hpp"

#include <utility>

#include "proxy/bytes.hpp"
#include "proxy/worker.hpp"
#include "wire/mysql/reply.hpp"

namespace lockkeeper::proxy {

MysqlClient::MysqlClient(Worker& worker, pool::ClientId id, std::unique_ptr<io::Socket> socket, std::string server)
    : Client(worker, id, std::move(socket)), server_name_(std::move(server)) {}

MysqlClient::~MysqlClient() { leave(model::TransactionEnd::terminated); }

void MysqlClient::start() {
  task_ = run();
  task_.start();
}

io::Task<> MysqlClient::run() {
  const bool relays = co_await log_in();
  login_.reset();
  timer_.clear();
  if (relays) co_await relay();
  leave(model::TransactionEnd::terminated);
  finish();
}

Standing MysqlClient::standing() const {
  Standing standing;
  if (place_) standing.server = place_;
  standing.state_since = who_ ? who_->connected_at : model::WallTime();
  if (!session_) return standing;
  standing.state = session_->state();
  standing.state_since = session_->idle() ? session_->state_since() : session_->busy_since();
  standing.in_transaction = session_->in_transaction();
  return standing;
}

model::RecordedClient MysqlClient::recorded() const {
  model::RecordedClient client = session_->recorded(worker_.wall_now());
  client.unread_bytes = socket_ ? static_cast<std::int64_t>(socket_->unsent()) : 0;
  return client;
}

std::optional<console::ServerView> MysqlClient::own_server() const {
  if (!server_ || !session_) return std::nullopt;
  console::ServerView view;
  view.id = place_->value();
  view.state = pool::ServerState::in_use;
  view.address = server_->endpoints().remote;
  view.local_address = server_endpoint_;
  view.tls = server_tls_;
  view.pid = connection_id_;
  view.connected_at = connected_at_;
  view.used_at = session_->state_since();
  view.client = id_.value();
  return view;
}

// Closed, the server rolls back what is open, once it has done what it is doing.
void MysqlClient::leave(model::TransactionEnd end) {
  if (session_ && server_) {
    if (!session_->idle() && !said_goodbye_ && !server_->ended())
      worker_.shared().orphaned({server_name_, connection_id_, server_endpoint_, who_->user});
    session_->abandon(end, worker_.wall_now());
  }
  if (server_) {
    server_->wake(nullptr);
    if (said_goodbye_) {  // Its goodbye is for the server too.
      constexpr auto patience = std::chrono::seconds(5);
      worker_.loop().close_when_sent(std::move(server_), worker_.loop().now() + patience);
    }
    server_.reset();
  }
  if (counted_user_) worker_.shared().mysql_users.leave(server_name_, *std::exchange(counted_user_, std::nullopt));
  if (place_) worker_.shared().pools.gone(*std::exchange(place_, std::nullopt), worker_.loop().now());
  over_ = true;
}

// Behind half a message, in either direction, nothing can be said.
void MysqlClient::close(MysqlError error, std::string_view message) {
  if (over_) return;
  if (!session_) {
    if (login_) {
      static_cast<void>(refuse(error, message));
    } else {
      over_ = true;
    }
    return wakeup_.signal();
  }
  const bool can_say = !session_->lost() && !outbound_.within_message() && !inbound_.within_message();
  if (socket_ && can_say) {
    std::string bytes;
    const std::uint8_t next = session_->idle() ? std::uint8_t{0} : static_cast<std::uint8_t>(last_sequence_ + 1);
    wire::mysql::append_error(bytes, next, {error.code, error.sqlstate, message});
    say_goodbye_to(bytes);
  }
  leave(model::TransactionEnd::terminated);
  wakeup_.signal();
}

// Without a word of ours: a connection that ends is what drivers and pools know how to take, as without a proxy.
void MysqlClient::lost_server() {
  if (outbound_.within_message() || session_->lost()) {
    // The client must not take half a message, or what would follow it, for anything: it is cut.
    if (socket_) socket_->reset();
    socket_.reset();
  }
  leave(model::TransactionEnd::terminated);
  wakeup_.signal();
}

}  // namespace lockkeeper::proxy
