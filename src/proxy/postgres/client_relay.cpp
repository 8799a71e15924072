// The relay: whatever wakes the client, all that can be done is done, and then it waits again.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/bytes.hpp"
#include "proxy/postgres/client.hpp"
#include "proxy/worker.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::proxy {

namespace pg = wire::postgres;
using track::postgres::Message;

namespace {

// What one side may have taken without the other having room: then the first is read no further. Large enough that a
// fast reader is never starved, small enough that a thousand stalled clients take 256 MB at most.
constexpr std::size_t most_unsent = 256 * 1024;

}  // namespace

/// From the client to its server.
struct ClientSide {
  PostgresClient& client;

  [[nodiscard]] std::size_t wanted(char type, std::uint32_t size) const {
    return client.session_->wanted_from_client(type, size);
  }
  [[nodiscard]] bool has_output() const { return !client.out_.to_server.empty() || !client.out_.to_client.empty(); }
  void before_message() const { client.send_output(); }
  void forward(Bytes bytes) const {
    if (client.server_ != nullptr) send(client.server_->socket(), bytes);
  }
  void malformed(pg::Malformed why) const {
    // As the server does: it has lost its place in what the client sends, and closes without a word.
    if (why == pg::Malformed::bad_length) {
      client.ending_ = PostgresClient::Ending{"-", {}};
      return;
    }
    end(fmt::format("invalid message from the client: {}", pg::to_string(why)));
  }
  // What was judged before is still to be passed on: the end comes after it.
  void end(std::string message) const { client.ending_ = PostgresClient::Ending{"08P01", std::move(message)}; }

  Next judge(const Message& message, std::size_t& skip) const {
    if (!pg::is_frontend_type(message.type)) {
      end(fmt::format("invalid frontend message type {}", static_cast<int>(message.type)));
      return Next::stop;
    }
    if (client.dropping_) return drop_until_sync(message, skip);
    if (client.session_->needs_server(message) && !client.get_server()) return client.over_ ? Next::stop : Next::hold;
    const auto step = client.session_->client(message, client.out_, client.worker_.wall_now());
    if (step.held) return Next::hold;
    skip = step.skip;
    if (!step.refused.empty()) {
      end(std::string(step.refused));
      return Next::stop;
    }
    if (step.said_goodbye) {
      client.ending_.emplace();
      return Next::stop;
    }
    client.answered_ = client.answered_ || step.answered;
    return Next::go_on;
  }

  // A request was refused before it reached a server: so is all that belongs to it.
  Next drop_until_sync(const Message& message, std::size_t& skip) const {
    skip = SIZE_MAX;
    if (message.type == pg::frontend::terminate) {
      client.ending_.emplace();
      return Next::stop;
    }
    if (message.type != pg::frontend::sync) return Next::go_on;
    client.dropping_ = false;
    pg::append_ready(client.out_.to_client, pg::TransactionStatus::idle);
    return Next::go_on;
  }
};

/// From the server to its client.
struct ServerSide {
  PostgresClient& client;

  [[nodiscard]] std::size_t wanted(char type, std::uint32_t size) const {
    return client.session_->wanted_from_server(type, size);
  }
  [[nodiscard]] bool has_output() const { return !client.out_.to_server.empty() || !client.out_.to_client.empty(); }
  void before_message() const { client.send_output(); }
  void forward(Bytes bytes) const {
    if (client.socket_ && !client.session_->abandoned()) send(*client.socket_, bytes);
  }
  void malformed(pg::Malformed why) const { client.broken_ = pg::to_string(why); }

  Next judge(const Message& message, std::size_t& skip) const {
    const auto step = client.session_->server(message, client.out_, client.worker_.wall_now());
    skip = step.skip;
    if (!step.broken.empty()) {
      skip = SIZE_MAX;
      client.broken_ = step.broken;
      client.server_ends_ = client.server_ends_ || step.server_ends;
      client.send_output();
      return Next::stop;
    }
    client.server_ends_ = client.server_ends_ || step.server_ends;
    client.released_ = step.released;
    if (step.answered) count(step.transaction_over);
    return Next::go_on;
  }

  void count(bool transaction_over) const {
    client.answered_ = true;
    client.cancelled_ = false;
    client.count_answer(client.phase_since_, client.transaction_since_, transaction_over);
  }
};

io::Task<> PostgresClient::relay() {
  phase_since_ = worker_.loop().now();
  for (;;) {
    pump();
    if (over_) co_return;
    wake_at(next_deadline());
    co_await wakeup_;
  }
}

void PostgresClient::pump() {
  take_answers();
  from_server();
  from_client();
  check_ends();
  note_phase();
  check_deadlines();
  worker_.hand_out_facts();
}

// --- A server connection ---

bool PostgresClient::get_server() {
  if (server_ != nullptr) return true;
  if (waiting()) return false;
  const io::TimePoint now = worker_.loop().now();
  pool::AcquireRequest request{pool_, id_, pool::WorkerId(worker_.number())};
  if (route_->queue_timeout.count() > 0) request.deadline = now + route_->queue_timeout;
  waiting_since_ = now;
  give_ = worker_.shared().pools.acquire(request, now, waiter_);
  if (!give_) return false;
  return link_given();
}

bool PostgresClient::link_given() {
  const pool::Give give = *std::exchange(give_, std::nullopt);
  ServerHolder* server = worker_.server(give.server);
  if (server == nullptr || !server->usable()) {
    // It died on its way here: the next one, and before all others.
    if (server != nullptr) {
      worker_.drop(*server);
    } else {
      worker_.shared().pools.gone(give.server, worker_.loop().now());
    }
    pool::AcquireRequest request{pool_, id_, pool::WorkerId(worker_.number())};
    request.again = true;
    if (route_->queue_timeout.count() > 0) request.deadline = waiting_since_ + route_->queue_timeout;
    give_ = worker_.shared().pools.acquire(request, worker_.loop().now(), waiter_);
    return give_ ? link_given() : false;
  }
  worker_.statistics(pool_).wait_us +=
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(give.waited).count());
  link(*server);
  return true;
}

void PostgresClient::link(ServerHolder& server) {
  server_ = &server;
  server.hold(*this, wakeup_);
  outbound_ = Flow();
  released_ = server_ends_ = cancelled_ = false;
  session_->link(server.facts().state, server.facts().session, server.facts().local_endpoint, out_, worker_.wall_now());
  send_output();
}

void PostgresClient::unlink_and_release() {
  session_->unlink();
  cancel_wanted_.reset();
  worker_.release(*std::exchange(server_, nullptr));
  released_ = false;
}

void PostgresClient::take_answers() {
  if (fail_) {
    const pool::Fail failed = *std::exchange(fail_, std::nullopt);
    if (over_ || !session_) return;
    if (failed.why == pool::FailReason::queue_timeout || failed.why == pool::FailReason::queue_full) {
      ++worker_.statistics(pool_).timeouts;
      track::postgres::Facts facts{{worker_.wall_now(), model::ClientOddity{who_, model::OddityKind::queue_timeout,
                                                                            nullptr, session_->unit(), nullptr}}};
      worker_.shared().facts.add(facts, worker_.loop().now());
    }
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(failed.waited).count();
    if (failed.failure) return refuse_request(failed.failure->sqlstate, failed.failure->message);
    refuse_request("53300",
                   fmt::format("no server connection for database \"{}\" and user \"{}\" came free within {} ms ({})",
                               who_->database, who_->user, waited, pool::to_string(failed.why)));
  }
  if (!give_) return;
  if (session_->abandoned()) {  // The client has gone meanwhile.
    worker_.shared().pools.release(std::exchange(give_, std::nullopt)->server, worker_.loop().now());
    return;
  }
  if (link_given()) retry_inbound();
}

void PostgresClient::retry_inbound() {
  ClientSide side{*this};
  inbound_.retry(side);
  after_inbound();
}

void PostgresClient::after_inbound() {
  send_output();
  if (waiting()) session_->foresee(inbound_.held());
  if (!ending_ || over_) return;
  const Ending ending = *std::exchange(ending_, std::nullopt);
  if (ending.sqlstate.empty()) {
    said_goodbye_ = true;
    return vanish();
  }
  if (ending.sqlstate == "-") return vanish();
  close(ending.sqlstate, ending.message);
}

void PostgresClient::refuse_request(std::string_view sqlstate, std::string_view message) {
  session_->foresee({});
  pg::append_error(out_.to_client,
                   {.severity = "ERROR", .sqlstate = sqlstate, .message = message, .detail = {}, .hint = {}});
  // A simple query is its own end; anything else ends with its Sync.
  const bool simple =
      inbound_.held_type() == pg::frontend::query || inbound_.held_type() == pg::frontend::function_call;
  if (simple) pg::append_ready(out_.to_client, pg::TransactionStatus::idle);
  send_output();
  answered_ = true;
  inbound_.drop_held_message();
  dropping_ = !simple;
  retry_inbound();
}

// --- Bytes ---

void PostgresClient::send_output() {
  if (!out_.to_server.empty()) {
    if (server_ != nullptr) send(server_->socket(), out_.to_server);
    out_.to_server.clear();
  }
  if (!out_.to_client.empty()) {
    if (socket_ && !session_->abandoned()) send(*socket_, out_.to_client);
    out_.to_client.clear();
  }
}

void PostgresClient::from_client() {
  while (socket_ && !over_ && !session_->abandoned()) {
    // Who waits is read on only as far as that may tell whose work it is.
    if (waiting() && inbound_.held().size() >= track::postgres::Session::most_foreseen) return;
    if (session_->holds_client() && inbound_.held().size() >= most_unsent) return;
    if (server_ != nullptr && server_->socket().unsent() > most_unsent) return;
    if (socket_->unsent() > most_unsent) return;
    const io::Bytes bytes = socket_->receive();
    if (bytes.empty()) return;
    worker_.statistics(pool_).received += bytes.size();
    ClientSide side{*this};
    inbound_.take(text_of(bytes), side);
    after_inbound();
  }
}

void PostgresClient::from_server() {
  while (server_ != nullptr && !over_) {
    if (socket_ && !session_->abandoned() && socket_->unsent() > most_unsent) return;
    const io::Bytes bytes = server_->socket().receive();
    if (bytes.empty()) return;
    worker_.statistics(pool_).sent += bytes.size();
    ServerSide side{*this};
    const bool has_held = session_->holds_client();
    outbound_.take(text_of(bytes), side);
    if (who_ != session_->who()) who_ = session_->who();
    send_output();
    if (!broken_.empty()) return lost_server();
    if (has_held && !session_->holds_client() && !session_->abandoned()) retry_inbound();
    pass_cancel();
    // Given back only where nothing of another message is on its way there.
    if (server_ == nullptr || !released_ || !session_->idle() || inbound_.within_message()) continue;
    if (session_->abandoned()) return finish_abandoned();
    if (!server_ends_) unlink_and_release();
  }
}

// --- Time ---

void PostgresClient::note_phase() {
  if (!session_ || over_) return;
  Phase phase = Phase::idle;
  if (waiting()) {
    phase = Phase::waiting;
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

io::TimePoint PostgresClient::next_deadline() const {
  if (session_->abandoned()) return abandon_deadline_;
  io::TimePoint next = abandon_deadline_;  // Of a query that was cancelled.
  const auto consider = [&](io::TimePoint since, ConfigDuration limit) {
    if (limit.count() > 0 && since != io::TimePoint::max()) next = std::min(next, since + limit);
  };
  if (phase_ == Phase::busy && !cancelled_) consider(phase_since_, route_->query_timeout);
  if (phase_ == Phase::idle_in_transaction) consider(phase_since_, route_->idle_transaction_timeout);
  if (phase_ == Phase::idle) consider(phase_since_, route_->client_idle_timeout);
  consider(transaction_since_, route_->transaction_timeout);
  return next;
}

void PostgresClient::check_deadlines() {
  const io::TimePoint now = worker_.loop().now();
  if (over_ || now < next_deadline()) return;
  const auto passed = [&](io::TimePoint since, ConfigDuration limit) {
    return limit.count() > 0 && since != io::TimePoint::max() && now >= since + limit;
  };
  if (session_->abandoned()) return give_up_server();
  ++worker_.statistics(pool_).timeouts;
  if (passed(transaction_since_, route_->transaction_timeout))
    return close("25P04", "terminating connection due to transaction timeout");
  if (phase_ == Phase::idle_in_transaction)
    return close("25P03", "terminating connection due to idle-in-transaction timeout");
  if (phase_ == Phase::idle) return close("57P05", "terminating connection due to idle-session timeout");
  if (cancelled_)
    return close("57014", fmt::format("query_timeout ({} ms) has passed and the query does not end",
                                      route_->query_timeout.count()));
  // The server says in its own words that the query was cancelled; whose doing it was is said here, between messages.
  cancelled_ = true;
  abandon_deadline_ = now + setup_->config.proxy.cancel_timeout;
  worker_.cancel(*server_);
  worker_.log(LogLevel::warning, fmt::format("{}: query_timeout ({} ms): cancelled a query of user \"{}\"",
                                             who_->address, route_->query_timeout.count(), who_->user));
}

}  // namespace lockkeeper::proxy
