// The relay: whatever wakes the client, all that can be done is done, and then it waits again.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/bytes.hpp"
#include "proxy/mysql/client.hpp"
#include "proxy/worker.hpp"

namespace lockkeeper::proxy {

using track::mysql::Message;
using track::mysql::Step;

namespace {

// What one side may have taken without the other having room: then the first is read no further.
constexpr std::size_t most_unsent = 256 * 1024;

// The server's word within a COM_CHANGE_USER after which some clients send the password as it is, if they are
// encrypted.
bool asks_for_password(std::string_view body) {
  const auto switched = wire::mysql::decode_switch_plugin(body);
  if (switched) return sends_password(switched->plugin);
  const auto data = wire::mysql::decode_more_data(body);
  return data && *data == std::string_view(&wire::mysql::caching_sha2::full, 1);
}

}  // namespace

struct MysqlClientSide {
  MysqlClient& client;

  [[nodiscard]] std::size_t wanted(std::uint32_t size, std::string_view have) const {
    return client.session_->wanted_from_client(size, have);
  }
  void begins(const Message& message) const {
    client.note(client.session_->client(message, client.worker_.wall_now()));
  }
  static void goes_on(std::uint32_t /*size*/) {}
  void forward(std::string_view bytes) const {
    if (client.server_) send(*client.server_, bytes);
  }
  void lost() const { client.session_->lose(); }
};

struct MysqlServerSide {
  MysqlClient& client;

  [[nodiscard]] std::size_t wanted(std::uint32_t size, std::string_view /*have*/) const {
    return client.session_->wanted_from_server(size);
  }
  void begins(const Message& message) const {
    if (client.legs_differ_ && client.session_->changes_user() && asks_for_password(message.body)) {
      return client.close(mysql_errors::insecure_transport,
                          "COM_CHANGE_USER would send the password itself, and only one of the proxy's two connections "
                          "is encrypted: connect anew, or encrypt both or none");
    }
    client.note(client.session_->server(message, client.worker_.wall_now()));
  }
  void goes_on(std::uint32_t size) const { client.session_->server_goes_on(size); }
  void forward(std::string_view bytes) const {
    if (client.socket_) send(*client.socket_, bytes);
  }
  void lost() const { client.session_->lose(); }
};

io::Task<> MysqlClient::relay() {
  phase_since_ = worker_.loop().now();
  for (;;) {
    pump();
    if (over_) co_return;
    wake_at(next_deadline());
    co_await wakeup_;
  }
}

void MysqlClient::pump() {
  from_server();
  from_client();
  note_phase();
  worker_.hand_out_facts();
  check_ends();
  check_deadlines();
}

void MysqlClient::from_client() {
  while (!over_ && socket_) {
    if (server_->unsent() > most_unsent || socket_->unsent() > most_unsent) return;
    const io::Bytes bytes = socket_->receive();
    if (bytes.empty()) return;
    worker_.statistics(pool_).received += bytes.size();
    MysqlClientSide side{*this};
    inbound_.take(text_of(bytes), side);
    last_sequence_ = inbound_.sequence();
  }
}

void MysqlClient::from_server() {
  while (!over_ && server_) {
    if (socket_->unsent() > most_unsent) return;
    const io::Bytes bytes = server_->receive();
    if (bytes.empty()) return;
    worker_.statistics(pool_).sent += bytes.size();
    MysqlServerSide side{*this};
    outbound_.take(text_of(bytes), side);
    last_sequence_ = outbound_.sequence();
    if (who_ != session_->who()) who_ = session_->who();
  }
}

void MysqlClient::note(const Step& step) {
  said_goodbye_ = said_goodbye_ || step.said_goodbye;
  if (!step.lost.empty())
    worker_.log(
        LogLevel::warning,
        fmt::format("{}: the conversation of user \"{}\" cannot be followed any more ({}); it goes on unrecorded",
                    who_->address, who_->user, step.lost));
  if (step.unknown) ++worker_.statistics(pool_).unknown_commands;
  if (!step.answered) return;
  answered_ = true;
  count_answer(phase_since_, transaction_since_, step.transaction_over);
}

// --- Time ---

void MysqlClient::note_phase() {
  if (over_) return;
  Phase phase = Phase::idle;
  if (session_->lost()) {
    phase = Phase::unknown;
  } else if (!session_->idle()) {
    phase = Phase::busy;
  } else if (session_->in_transaction()) {
    phase = Phase::idle_in_transaction;
  }
  if (phase != phase_ || answered_) {
    phase_ = phase;
    phase_since_ = worker_.loop().now();
    answered_ = false;
  }
  if (!session_->in_transaction()) {
    transaction_since_ = io::TimePoint::max();
  } else if (transaction_since_ == io::TimePoint::max()) {
    transaction_since_ = phase_since_;
  }
}

io::TimePoint MysqlClient::next_deadline() const {
  io::TimePoint next = io::TimePoint::max();
  const auto consider = [&](io::TimePoint since, ConfigDuration limit) {
    if (limit.count() > 0 && since != io::TimePoint::max()) next = std::min(next, since + limit);
  };
  if (phase_ == Phase::busy) consider(phase_since_, route_->query_timeout);
  if (phase_ == Phase::idle_in_transaction) consider(phase_since_, route_->idle_transaction_timeout);
  if (phase_ == Phase::idle) consider(phase_since_, route_->client_idle_timeout);
  consider(transaction_since_, route_->transaction_timeout);
  return next;
}

void MysqlClient::check_deadlines() {
  const io::TimePoint now = worker_.loop().now();
  if (over_ || now < next_deadline()) return;
  ++worker_.statistics(pool_).timeouts;
  const auto limit = route_->transaction_timeout;
  const bool transaction = transaction_since_ != io::TimePoint::max() && limit.count() > 0;
  if (transaction && now >= transaction_since_ + limit)
    return close(mysql_errors::timeout, "Connection closed by the proxy: transaction_timeout has passed");
  if (phase_ == Phase::idle_in_transaction)
    return close(mysql_errors::timeout, "Connection closed by the proxy: idle_transaction_timeout has passed");
  if (phase_ == Phase::idle)
    return close(mysql_errors::timeout, "Connection closed by the proxy: client_idle_timeout has passed");
  close(mysql_errors::interrupted,
        fmt::format("Connection closed by the proxy: query_timeout ({} ms) has passed", route_->query_timeout.count()));
}

void MysqlClient::check_ends() {
  if (over_) return;
  if (said_goodbye_) {
    leave(model::TransactionEnd::abandoned);
    return;
  }
  if (server_->ended()) return lost_server();
  // A client that has hung up is not waited for, though there may be something from it to read.
  const bool blocked = !session_->idle();
  if (socket_->ended() || (blocked && socket_->peer_gone())) return leave(model::TransactionEnd::abandoned);
  // As a server does that ends: without a word, which pools know best.
  if (draining_ && phase_ == Phase::idle) leave(model::TransactionEnd::terminated);
}

}  // namespace lockkeeper::proxy
