#include "proxy/worker.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "proxy/bytes.hpp"
#include "proxy/mysql/client.hpp"
#include "proxy/postgres/client.hpp"
#include "proxy/wall_clock.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::proxy {

/// A cancel request on its way: a connection of its own, which the server closes when it has done it.
struct Worker::CancelTask {
  CancelTask(Worker& owner, pool::ServerId target)
      : worker(owner), server(target), wakeup(*owner.loop_), timer(*owner.loop_, wakeup) {}

  io::Task<> run(io::Address address, std::uint32_t pid, std::string secret, std::chrono::milliseconds timeout) {
    const io::TimePoint deadline = worker.loop_->now() + timeout;
    timer.set(deadline);
    co_await send_it(std::move(address), pid, std::move(secret), deadline);
    done = true;
    until_done.reset();
    if (lost)
      worker.log(LogLevel::warning,
                 fmt::format("a cancel request to server process {} was sent, and not done within {} ms "
                             "(cancel_timeout): its connection is not used again",
                             pid, timeout.count()));
    if (ServerHolder* holder = worker.server(server)) {
      holder->cancel_lost = holder->cancel_lost || lost;
      if (--holder->cancels == 0 && holder->release_later) worker.release(*holder);
    }
    worker.reap_wakeup_.signal();
  }

  io::Task<> send_it(io::Address address, std::uint32_t pid, std::string secret, io::TimePoint deadline) {
    const auto connecting = worker.loop_->connect(address, deadline, wakeup);
    std::unique_ptr<io::Socket> socket;
    while (!socket) {
      if (auto result = connecting->result()) {
        if (!*result)
          co_return worker.log(LogLevel::warning,
                               fmt::format("a cancel request could not be sent: {}", result->error().message));
        socket = std::move(**result);
        break;
      }
      if (timer.due(worker.loop_->now())) co_return;
      co_await wakeup;
    }
    socket->wake(&wakeup);
    std::string bytes;
    wire::postgres::append_cancel_request(bytes, pid, secret);
    send(*socket, bytes);
    for (;;) {
      while (!socket->receive().empty()) {
      }
      if (socket->ended()) co_return;
      if (timer.due(worker.loop_->now())) break;
      co_await wakeup;
    }
    lost = true;
  }

  Worker& worker;
  pool::ServerId server;
  std::shared_ptr<void> until_done;
  io::Wakeup wakeup;
  io::Timer timer;
  bool lost = false;  ///< Sent, and not known to be done.
  bool done = false;
  io::Task<> task;
};

Worker::Worker(Shared& shared, std::uint32_t number, std::unique_ptr<io::Loop> loop)
    : shared_(shared),
      number_(number),
      loop_(std::move(loop)),
      reap_wakeup_(*loop_),
      tick_wakeup_(*loop_),
      tick_timer_(*loop_, tick_wakeup_) {}

Worker::~Worker() { stop(); }

std::expected<std::uint16_t, io::IoError> Worker::listen(const io::Address& address, bool reuse_port,
                                                         const std::string& server) {
  auto door = std::make_unique<Door>();
  door->server = server;
  door->wakeup = std::make_unique<io::Wakeup>(*loop_);
  auto listener = loop_->listen(address, *door->wakeup, reuse_port);
  if (!listener) return std::unexpected(listener.error());
  door->listener = std::move(*listener);
  const std::uint16_t port = door->listener->port();
  doors_.push_back(std::move(door));
  return port;
}

void Worker::start() {
  loop_->post([this] {
    reaper_ = reap();
    reaper_.start();
    if (number_ == 0) {
      ticker_ = tick();
      ticker_.start();
    }
    for (const auto& door : doors_) {
      door->task = accept_clients(*door);
      door->task.start();
    }
  });
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), fmt::format("lk-proxy-{}", number_).c_str());
    loop_->run();
  });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
  // The thread is gone: what it owned is ours now. Clients first, they point at servers.
  doors_.clear();
  clients_.clear();
  cancels_.clear();
  servers_.clear();
  reaper_ = {};
  ticker_ = {};
  hand_out_facts();
}

// The wall clock is read once a second, and between that the loop's own clock is added: a set clock is noticed, and a
// message costs no system call.
model::WallTime Worker::wall_now() const {
  const io::TimePoint now = loop_->now();
  if (now == wall_at_) return wall_now_;  // Still the same turn.
  if (now - wall_read_at_ > std::chrono::seconds(1) || now < wall_read_at_) {
    wall_read_at_ = now;
    // The turn began a while ago: what it notes must not lie ahead of clocks that others have read since.
    wall_ = proxy::wall_now() - std::chrono::ceil<model::Duration>(io::Clock::now() - now);
  }
  wall_at_ = now;
  wall_now_ = wall_ + std::chrono::duration_cast<model::Duration>(now - wall_read_at_);
  return wall_now_;
}

template <class Work>
void Worker::here(Work work) {
  if (on_own_thread()) {
    work();
  } else {
    loop_->post(std::move(work));
  }
}

io::Task<> Worker::accept_clients(Door& door) {
  io::Wakeup& wakeup = *door.wakeup;
  for (;;) {
    while (std::unique_ptr<io::Socket> socket = door.listener->accept()) {
      const pool::ClientId id((std::uint64_t{number_} << 48U) | ++last_client_);
      std::unique_ptr<Client> client;
      if (door.server.empty()) {
        client = std::make_unique<PostgresClient>(*this, id, std::move(socket));
      } else {
        client = std::make_unique<MysqlClient>(*this, id, std::move(socket), door.server);
      }
      Client& accepted = *client;
      clients_.emplace(id, std::move(client));
      accepted.start();
    }
    co_await wakeup;
  }
}

// What is over goes here: not within its own task.
io::Task<> Worker::reap() {
  for (;;) {
    co_await reap_wakeup_;
    for (Client* client : std::exchange(over_, {})) clients_.erase(client->id());
    std::erase_if(cancels_, [](const auto& each) { return each->done; });
    std::erase_if(servers_, [](const auto& each) { return each.second->finished; });
  }
}

std::shared_ptr<const RouteSettings> Worker::remembered(const std::shared_ptr<const Setup>& setup, Routes& routes,
                                                        std::string_view name, std::string_view user, FindRoute find) {
  constexpr std::size_t most = 1'000;  // Whoever is refused has a name too.
  if (routes_of_ != setup) {
    routes_.clear();
    mysql_routes_.clear();
  }
  routes_of_ = setup;
  if (routes.size() >= most) routes.clear();
  auto& known = routes[{std::string(name), std::string(user)}];
  if (known) return known;
  auto settings = find(setup->config, name, user);
  if (settings) known = std::make_shared<const RouteSettings>(*std::move(settings));
  return known;
}

std::shared_ptr<const RouteSettings> Worker::route(const std::shared_ptr<const Setup>& setup, std::string_view database,
                                                   std::string_view user) {
  return remembered(setup, routes_, database, user, route_settings);
}

std::shared_ptr<const RouteSettings> Worker::mysql_route(const std::shared_ptr<const Setup>& setup,
                                                         std::string_view server, std::string_view user) {
  return remembered(setup, mysql_routes_, server, user, mysql_route_settings);
}

void Worker::client_over(Client& client) {
  over_.push_back(&client);
  reap_wakeup_.signal();
}

// --- Decisions of the pool ---

void Worker::give(const pool::Give& give) {
  here([this, give] {
    give.migrate_from&& give.migrate_from->value() == number_&& give.worker.value() != number_ ? move_to(give)
                                                                                               : given(give);
  });
}

void Worker::given(const pool::Give& give) {
  Client* client = this->client(give.client);
  if (client == nullptr) {
    shared_.pools.release(give.server, loop_->now());
    return;
  }
  client->given(give);
}

void Worker::move_to(const pool::Give& give) {
  Worker& other = static_cast<Worker&>(shared_.pools.worker(give.worker));
  const auto found = servers_.find(give.server);
  if (found == servers_.end() || !found->second->usable()) {
    // It died on its way: its client will not find it there, and ask for the next one.
    if (found != servers_.end()) drop(*found->second);
    return other.post([&other, give] { other.given(give); });
  }
  auto facts = std::make_shared<std::unique_ptr<ServerFacts>>(found->second->take_facts());
  std::unique_ptr<io::Socket> socket = found->second->take_socket();
  found->second->finished = true;
  reap_wakeup_.signal();
  loop_->detach(std::move(socket), [&other, give, facts](std::unique_ptr<io::Socket> detached) {
    auto moved = std::make_shared<std::unique_ptr<io::Socket>>(std::move(detached));
    other.post([&other, give, facts, moved] { other.arrived(give, std::move(*moved), std::move(*facts)); });
  });
}

void Worker::arrived(const pool::Give& give, std::unique_ptr<io::Socket> socket, std::unique_ptr<ServerFacts> facts) {
  auto holder = std::make_unique<ServerHolder>(*this, give.server, give.pool);
  holder->adopt(loop_->adopt(std::move(socket)), std::move(facts));
  servers_.insert_or_assign(give.server, std::move(holder));
  given(give);
}

void Worker::fail(const pool::Fail& fail) {
  here([this, fail] {
    if (Client* client = this->client(fail.client)) client->failed(fail);
  });
}

void Worker::connect(const pool::Connect& connect) {
  here([this, connect] {
    auto holder = std::make_unique<ServerHolder>(*this, connect.server, connect.pool);
    ServerHolder& made = *holder;
    servers_.emplace(connect.server, std::move(holder));
    made.connect(shared_.pools.target(connect.pool));
  });
}

void Worker::close(const pool::Close& close) {
  here([this, close] { close_server(close); });
}

// What died meanwhile is gone from the pool as well, and nobody waits for its answer.
void Worker::check(const pool::Check& check) {
  here([this, check] {
    if (ServerHolder* holder = server(check.server)) holder->ask_for_life();
  });
}

void Worker::close_server(const pool::Close& close) {
  const auto found = servers_.find(close.server);
  if (found == servers_.end() || found->second->holder() != nullptr) return;
  if (close.why == pool::CloseReason::silent && found->second->connected()) {
    const auto& facts = found->second->facts();
    log(LogLevel::warning, fmt::format("server process {} at {} was idle and gave no sign of life when asked for one "
                                       "(server_check_after); its connection is closed",
                                       facts.session.pid, io::to_string(facts.address)));
  }
  found->second->finished = true;
  reap_wakeup_.signal();
}

// --- For clients ---

ServerHolder* Worker::server(pool::ServerId id) {
  const auto found = servers_.find(id);
  return found == servers_.end() || found->second->finished ? nullptr : found->second.get();
}

Client* Worker::client(pool::ClientId id) {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second.get();
}

ServerHolder& Worker::keep(std::unique_ptr<ServerHolder> server) {
  ServerHolder& kept = *server;
  servers_.insert_or_assign(kept.id(), std::move(server));
  return kept;
}

void Worker::release(ServerHolder& server) {
  server.let_go();
  if (server.cancels > 0) {  // Whoever came next would be cancelled in its place.
    server.release_later = true;
    return;
  }
  server.release_later = false;
  if (server.cancel_lost) return drop(server);
  shared_.pools.release(server.id(), loop_->now());
}

void Worker::drop(ServerHolder& server) {
  if (server.finished) return;
  server.finished = true;
  reap_wakeup_.signal();
  shared_.pools.gone(server.id(), loop_->now());
}

void Worker::cancel(ServerHolder& server, std::shared_ptr<void> until_done) {
  if (!server.connected() || server.facts().secret.empty()) return;
  ++server.cancels;
  auto task = std::make_unique<CancelTask>(*this, server.id());
  CancelTask& cancel = *task;
  cancel.until_done = std::move(until_done);
  cancels_.push_back(std::move(task));
  const auto timeout = shared_.setup()->config.proxy.cancel_timeout;
  cancel.task = cancel.run(server.facts().address, static_cast<std::uint32_t>(server.facts().session.pid),
                           server.facts().secret, timeout);
  cancel.task.start();
}

// Whoever holds the token last, on whatever thread, lets the asker know.
void Worker::cancel_requested(std::uint32_t pid, const std::string& secret, pool::ClientId asker) {
  std::shared_ptr<void> until_done(nullptr, [alive = std::weak_ptr(alive_), asker](void*) {
    const auto worker = alive.lock();
    if (!worker) return;
    (*worker)->post([worker = *worker, asker] {
      if (Client* found = worker->client(asker)) found->cancel_taken();
    });
  });
  const auto owner = shared_.cancels.find(pid, secret);
  if (!owner) return;
  Worker& other = static_cast<Worker&>(shared_.pools.worker(pool::WorkerId(owner->worker)));
  other.here([&other, client = owner->client, until_done] {
    if (Client* found = other.client(client)) found->cancel(until_done);
  });
}

// Mostly that of the client before.
Statistics& Worker::statistics(pool::PoolId pool) {
  if (asked_statistics_ == nullptr || asked_pool_ != pool) {
    asked_statistics_ = &statistics_[pool.value()];
    asked_pool_ = pool;
  }
  return *asked_statistics_;
}

std::vector<model::RecordedClient> Worker::recorded() const {
  std::vector<model::RecordedClient> clients;
  clients.reserve(clients_.size());
  for (const auto& [id, client] : clients_) {
    if (client->logged_in()) clients.push_back(client->recorded());
  }
  return clients;
}

void Worker::for_each_client(const std::function<void(Client&)>& what) {
  for (const auto& [id, client] : clients_) what(*client);
}

void Worker::for_each_server(const std::function<void(ServerHolder&)>& what) {
  for (const auto& [id, server] : servers_) {
    if (!server->finished && server->connected()) what(*server);
  }
}

void Worker::begin_drain() {
  here([this] {
    draining_ = true;
    doors_.clear();
    for (const auto& [id, client] : clients_) client->drain();
  });
}

// --- Time ---

void Worker::tick_at(pool::TimePoint when) {
  here([this, when] {
    if (when < tick_timer_.when()) tick_timer_.set(when);
  });
}

io::Task<> Worker::tick() {
  for (;;) {
    if (tick_timer_.due(loop_->now())) {
      tick_timer_.clear();
      shared_.pools.tick(loop_->now());
      const auto next = shared_.pools.next_tick();
      if (next < tick_timer_.when()) tick_timer_.set(next);
    }
    co_await tick_wakeup_;
  }
}

}  // namespace lockkeeper::proxy
