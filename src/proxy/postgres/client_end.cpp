// How a client ends, and what becomes of its server connection.
#include <fmt/format.h>

#include <utility>

#include "proxy/bytes.hpp"
#include "proxy/postgres/client.hpp"
#include "proxy/worker.hpp"
#include "wire/postgres/backend.hpp"

namespace lockkeeper::proxy {

namespace pg = wire::postgres;

namespace {
constexpr std::string_view goodbye("X\0\0\0\4", 5);  // A Terminate.
}

void PostgresClient::check_ends() {
  if (over_) return;
  if (server_ != nullptr && server_->socket().ended()) {
    lost_server();
    if (over_) return;
  }
  if (session_->abandoned() || !socket_) return;
  // A client that has hung up is not waited for, though there may be something from it to read.
  const bool blocked = waiting() || (server_ != nullptr && !session_->idle());
  const bool is_gone = socket_->ended() || (blocked && socket_->peer_gone());
  // What it has asked for before its goodbye is done first: that is held here, for what the server is asked before it.
  const bool has_said_goodbye = session_->holds_client() && inbound_.held().ends_with(goodbye);
  if (is_gone && !has_said_goodbye) vanish();
  if (draining_ && !over_ && !session_->abandoned() && phase_ == Phase::idle && session_->idle() &&
      !session_->in_transaction()) {
    close("57P01", "the proxy is shutting down");
  }
}

void PostgresClient::close(std::string_view sqlstate, std::string_view message) {
  if (over_ || !session_ || session_->abandoned()) {
    if (!session_) over_ = true;
    wakeup_.signal();
    return;
  }
  // Behind half a message nothing can be said.
  if (socket_ && !outbound_.within_message()) {
    std::string bytes;
    pg::append_error(bytes, {.severity = "FATAL", .sqlstate = sqlstate, .message = message, .detail = {}, .hint = {}});
    say_goodbye_to(bytes);
  }
  end_ = model::TransactionEnd::terminated;
  vanish();
  wakeup_.signal();
}

// The client is gone, or is not listened to any more.
void PostgresClient::vanish() {
  if (over_ || !session_ || session_->abandoned()) return;
  if (waiting()) {
    worker_.shared().pools.cancel_wait(std::exchange(waiter_, pool::WaiterId()), worker_.loop().now());
  }
  if (give_) worker_.shared().pools.release(std::exchange(give_, std::nullopt)->server, worker_.loop().now());
  if (socket_) say_goodbye_to({});
  inbound_.stop();
  if (server_ == nullptr) {
    over_ = true;
    return;
  }
  const bool busy = session_->answers_client() && !session_->commit_under_way();
  const bool half = inbound_.within_message();
  const auto step = session_->abandon(end_, out_, worker_.wall_now());
  if (busy && !said_goodbye_) worker_.cancel(*server_);
  // A connection that has half a message cannot be brought to an end; in session mode nobody would have it afterwards.
  if (half || route_->pool_mode == PoolMode::session) {
    if (!busy || half) return give_up_server();
  }
  // After a goodbye what was asked for before is done, however long it takes: as the server does it.
  if (!said_goodbye_) abandon_deadline_ = worker_.loop().now() + setup_->config.proxy.cancel_timeout;
  send_output();
  if (!step.broken.empty()) return give_up_server();
  if (step.released) return finish_abandoned();
}

void PostgresClient::finish_abandoned() {
  if (server_ends_ || route_->pool_mode == PoolMode::session) return give_up_server();
  unlink_and_release();
  over_ = true;
  wakeup_.signal();
}

void PostgresClient::give_up_server() {
  session_->lost_server(end_, worker_.wall_now());
  worker_.drop(*std::exchange(server_, nullptr));
  over_ = true;
  wakeup_.signal();
}

void PostgresClient::lost_server() {
  const bool half = outbound_.within_message();
  const bool told = server_ends_;
  if (!broken_.empty()) {
    worker_.log(LogLevel::error, fmt::format("server connection {} of database \"{}\" {}; it is closed",
                                             server_->facts().session.pid, who_->database, broken_));
  }
  session_->lost_server(model::TransactionEnd::terminated, worker_.wall_now());
  worker_.drop(*std::exchange(server_, nullptr));
  over_ = true;
  wakeup_.signal();
  if (!socket_ || session_->abandoned()) return;
  if (half) {
    // The client must not take half a message, or what would follow it, for anything: it is cut.
    socket_->reset();
    socket_.reset();
    return;
  }
  std::string bytes;
  if (!told) {
    pg::append_error(bytes, {.severity = "FATAL",
                             .sqlstate = "08006",
                             .message = "the server closed the connection unexpectedly",
                             .detail = {},
                             .hint = {}});
  }
  say_goodbye_to(bytes);
}

void PostgresClient::cancel(std::shared_ptr<void> until_done) {
  if (on_console_) {  // Its PAUSE ends.
    cancelled_ = true;
    return wakeup_.signal();
  }
  if (!session_ || session_->abandoned() || over_) return;
  ++worker_.statistics(pool_).cancels;
  if (waiting()) {
    worker_.shared().pools.cancel_wait(std::exchange(waiter_, pool::WaiterId()), worker_.loop().now());
    refuse_request("57014", "canceling statement due to user request");
    wakeup_.signal();
  } else if (server_ != nullptr && session_->answers_client()) {
    cancel_wanted_ = std::move(until_done);
    pass_cancel();
  }
}

// Once the server is at what the client has asked for: what we ask it ourselves is not the client's to cancel.
void PostgresClient::pass_cancel() {
  if (!cancel_wanted_ || server_ == nullptr) return;
  if (session_->works_for_client()) {
    worker_.cancel(*server_, *std::exchange(cancel_wanted_, std::nullopt));
  } else if (!session_->answers_client()) {
    cancel_wanted_.reset();
  }
}

}  // namespace lockkeeper::proxy
