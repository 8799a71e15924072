#include "proxy/postgres/server_holder.hpp"

#include <utility>

#include "proxy/bytes.hpp"
#include "proxy/wall_clock.hpp"
#include "proxy/worker.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::proxy {

ServerHolder::ServerHolder(Worker& worker, pool::ServerId id, pool::PoolId pool)
    : worker_(worker), id_(id), pool_(pool), wakeup_(worker.loop()) {}

ServerHolder::~ServerHolder() {
  if (!socket_) return;
  socket_->wake(nullptr);
  // A server that is told goodbye closes without a word in its log. Whatever is open is rolled back by it.
  if (!socket_->ended()) {
    std::string bytes;
    wire::postgres::append_terminate(bytes);
    send(*socket_, bytes);
    worker_.loop().close_when_sent(std::move(socket_), worker_.loop().now() + std::chrono::seconds(5));
  }
}

void ServerHolder::connect(ServerTarget target) {
  task_ = live(std::move(target));
  task_.start();
}

io::Task<> ServerHolder::live(ServerTarget target) {
  login_ = std::make_unique<ServerLoginTask>(worker_.loop(), std::move(target));
  auto result = co_await login_->run();
  const auto learned = login_->learned();
  login_.reset();
  Pools& pools = worker_.shared().pools;
  if (!result) {
    pools.connect_failed(id_, result.error(), worker_.loop().now());
    worker_.drop(*this);
    co_return;
  }
  if (learned) pools.learned(pool_, *learned);
  socket_ = std::move(result->socket);
  facts_ = std::move(result->facts);
  connected_at = used_at = worker_.wall_now();
  // New clients are told what the newest connection was: servers are reloaded, promoted and replaced.
  if (const auto told = pools.welcome(pool_); !told || told->all() != facts_->state.parameters.all())
    pools.set_welcome(pool_, facts_->state.parameters);
  socket_->wake(&wakeup_);
  pools.connected(id_, worker_.loop().now());
  co_await watch();
}

void ServerHolder::adopt(std::unique_ptr<io::Socket> socket, std::unique_ptr<ServerFacts> facts) {
  socket_ = std::move(socket);
  facts_ = std::move(facts);
  connected_at = facts_->session.started_at;
  socket_->wake(&wakeup_);
  task_ = watch();
  task_.start();
}

io::Task<> ServerHolder::watch() {
  for (;;) {
    co_await wakeup_;
    if (holder_ != nullptr || !socket_) continue;
    if (!take_unasked()) {
      worker_.drop(*this);
      co_return;
    }
    if (life_ != Life::shown) continue;
    life_ = Life::taken_for_granted;
    worker_.shared().pools.checked(id_, worker_.loop().now());
  }
}

// A Sync is answered by ReadyForQuery alone: it takes no privilege, leaves the unnamed statement as it is, and does not
// show in the server's log.
void ServerHolder::ask_for_life() {
  std::string bytes;
  wire::postgres::append_sync(bytes);
  life_ = Life::asked_for;
  send(*socket_, bytes);
}

// What a server says to nobody: a parameter was reloaded, or it shuts down.
bool ServerHolder::take_unasked() {
  namespace pg = wire::postgres;
  for (;;) {
    const io::Bytes bytes = socket_->receive();
    if (bytes.empty()) break;
    unasked_.append(text_of(bytes));
    for (;;) {
      const auto header = pg::read_header(unasked_);
      constexpr std::uint32_t most = 64 * 1024;
      if (!header || (*header && (*header)->body > most)) return false;
      if (!*header || unasked_.size() < (*header)->size()) break;
      const std::string_view body = std::string_view(unasked_).substr(pg::header_size, (*header)->body);
      if (!take_unasked_message((*header)->type, body)) return false;
      unasked_.erase(0, (*header)->size());
    }
  }
  return !socket_->ended();
}

bool ServerHolder::take_unasked_message(char type, std::string_view body) {
  namespace pg = wire::postgres;
  if (type == pg::backend::parameter_status) {
    if (const auto status = pg::decode_parameter_status(body)) {
      facts_->state.parameters.set(status->name, status->value);
    }
    return true;
  }
  if (type == pg::backend::ready_for_query && life_ == Life::asked_for) {
    life_ = Life::shown;
    return pg::decode_ready(body) == pg::TransactionStatus::idle;
  }
  return type == pg::backend::notice || type == pg::backend::notification;
}

void ServerHolder::hold(Client& client, io::Wakeup& wakeup) {
  holder_ = &client;
  used_at = worker_.wall_now();
  socket_->wake(&wakeup);
}

void ServerHolder::let_go() {
  holder_ = nullptr;
  used_at = worker_.wall_now();
  socket_->wake(&wakeup_);
}

std::unique_ptr<io::Socket> ServerHolder::take_socket() {
  socket_->wake(nullptr);
  return std::move(socket_);
}

}  // namespace lockkeeper::proxy
