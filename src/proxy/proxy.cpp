#include "proxy/proxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "proxy/auth/crypto.hpp"
#include "proxy/wall_clock.hpp"
#include "proxy/worker.hpp"

namespace lockkeeper::proxy {
namespace {

io::Backend backend_of(IoBackend configured) {
  switch (configured) {
    case IoBackend::automatic: return io::Backend::automatic;
    case IoBackend::io_uring: return io::Backend::io_uring;
    case IoBackend::epoll: return io::Backend::epoll;
  }
  return io::Backend::automatic;
}

// "127.0.0.1:6432", "[::1]:6432": the configuration has checked them.
io::Address listen_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return {.host = host, .port = static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1))), .path = {}};
}

std::expected<std::shared_ptr<const Setup>, std::string> prepare(const Config& config, const Key& process_key) {
  auto setup = std::make_shared<Setup>();
  setup->config = config;
  if (!config.proxy.users_file.empty()) {
    auto file = read_user_file(config.proxy.users_file, process_key);
    if (!file) return std::unexpected(fmt::format("{}", fmt::join(file.error(), "\n")));
    setup->users = file->users;
  } else if (config.own_user && config.own_user->password) {
    setup->users = Users::only(config.own_user->name, config.own_user->password->view(), process_key);
  } else {
    setup->users = Users::nobody(process_key);
  }
  const ClientTlsConfig& tls = config.proxy.tls;
  if (tls.mode != ClientTlsMode::disable) {
    io::TlsOptions options;
    options.server = true;
    options.certificate_file = tls.certificate;
    options.key_file = tls.key;
    auto context = io::TlsContext::open(options);
    if (!context) return std::unexpected(context.error().message);
    setup->client_tls = *context;
  }
  const ServerTlsConfig& server = config.proxy.server_tls;
  if (server.mode != ServerTlsMode::disable) {
    io::TlsOptions options;
    options.authorities_file = server.authorities;
    options.verify_peer = server.mode == ServerTlsMode::verify_ca || server.mode == ServerTlsMode::verify_full;
    options.verify_host = server.mode == ServerTlsMode::verify_full;
    auto context = io::TlsContext::open(options);
    if (!context) return std::unexpected(context.error().message);
    setup->server_tls = *context;
  }
  return setup;
}

std::string text_of_errors(const ConfigErrors& errors) {
  std::string text;
  for (const ConfigError& each : errors) text += (text.empty() ? "" : "\n") + to_string(each);
  return text;
}

}  // namespace

struct Proxy::Body {
  Body(std::uint32_t count, std::shared_ptr<const Setup> setup, const Key& key)
      : process_key(key), shared(count, std::random_device{}(), std::move(setup)), started_at(wall_now()) {}
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  ~Body() {
    for (const auto& worker : workers) worker->stop();
    shared.pools.forget_workers();
  }

  /// Runs on every worker's own thread, and waits for all of them until the timeout. What comes later is dropped.
  template <class Result>
  [[nodiscard]] std::vector<Result> ask(const std::function<Result(Worker&)>& question,
                                        std::chrono::milliseconds timeout) const;
  [[nodiscard]] std::expected<void, std::string> listen();
  /// Of one address, on all workers: as it was taken. `server`: as for Worker::listen.
  [[nodiscard]] std::expected<std::string, std::string> listen(const std::string& text, const std::string& server);

  Key process_key;
  Shared shared;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::string> addresses;
  std::vector<std::string> mysql_addresses;
  model::WallTime started_at;
  std::uint32_t departed_before = 0;
  io::Backend backend = io::Backend::epoll;
};

template <class Result>
std::vector<Result> Proxy::Body::ask(const std::function<Result(Worker&)>& question,
                                     std::chrono::milliseconds timeout) const {
  struct Answers {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Result> given;
  };
  const auto answers = std::make_shared<Answers>();
  for (const auto& each : workers) {
    Worker& worker = *each;
    worker.post([answers, question, &worker] {
      Result result = question(worker);
      const std::lock_guard guard(answers->mutex);
      answers->given.push_back(std::move(result));
      answers->changed.notify_all();
    });
  }
  std::unique_lock lock(answers->mutex);
  answers->changed.wait_for(lock, timeout, [&] { return answers->given.size() == workers.size(); });
  return std::move(answers->given);
}

std::expected<std::string, std::string> Proxy::Body::listen(const std::string& text, const std::string& server) {
  io::Address address = listen_address(text);
  for (const auto& worker : workers) {
    const auto port = worker->listen(address, workers.size() > 1, server);
    if (!port) return std::unexpected(fmt::format("cannot listen on {}: {}", text, port.error().message));
    address.port = *port;  // The others take the same.
  }
  return io::to_string(address);
}

std::expected<void, std::string> Proxy::Body::listen() {
  const auto setup = shared.setup();
  for (const std::string& text : setup->config.proxy.listen) {
    const auto taken = listen(text, {});
    if (!taken) return std::unexpected(taken.error());
    addresses.push_back(*taken);
  }
  for (const auto& [name, server] : setup->config.mysql) {
    for (const std::string& text : server.listen) {
      const auto taken = listen(text, name);
      if (!taken) return std::unexpected(taken.error());
      mysql_addresses.push_back(*taken);
    }
  }
  if (const std::string& folder = setup->config.proxy.unix_socket_folder; !folder.empty()) {
    const std::uint16_t port =
        setup->config.proxy.listen.empty() ? 6432 : listen_address(setup->config.proxy.listen.front()).port;
    const io::Address address{.host = {}, .port = 0, .path = fmt::format("{}/.s.PGSQL.{}", folder, port)};
    const auto done = workers.front()->listen(address, false);
    if (!done) return std::unexpected(fmt::format("cannot listen on {}: {}", address.path, done.error().message));
    addresses.push_back(address.path);
  }
  return {};
}

Proxy::Proxy(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Proxy::~Proxy() = default;

std::expected<std::unique_ptr<Proxy>, std::string> Proxy::start(const Config& config, Log log) {
  const auto key = draw_key();
  if (!key) return std::unexpected("this system gives no random numbers, without which nobody can log in");
  auto setup = prepare(config, *key);
  if (!setup) return std::unexpected(setup.error());
  const std::uint32_t count = std::max<std::uint32_t>(1, config.proxy.workers);
  auto body = std::make_unique<Body>(count, *setup, *key);
  body->shared.log = std::move(log);
  if (!config.mysql.empty()) body->shared.password_key = PasswordKey::make();
  for (std::uint32_t number = 0; number < count; ++number) {
    auto loop = io::Loop::open({.backend = backend_of(config.proxy.io), .receive_buffer = config.proxy.relay_buffer});
    if (!loop) return std::unexpected(loop.error().message);
    body->backend = (*loop)->backend();
    body->workers.push_back(std::make_unique<Worker>(body->shared, number, std::move(*loop)));
  }
  if (auto listening = body->listen(); !listening) return std::unexpected(listening.error());
  std::vector<PoolEvents*> events;
  for (const auto& worker : body->workers) events.push_back(worker.get());
  Worker& first = *body->workers.front();
  body->shared.pools.attach(std::move(events), [&first](pool::TimePoint when) { first.tick_at(when); });
  for (const auto& worker : body->workers) worker->start();
  return std::unique_ptr<Proxy>(new Proxy(std::move(body)));
}

std::vector<std::string> Proxy::addresses() const { return body_->addresses; }

std::vector<std::string> Proxy::mysql_addresses() const { return body_->mysql_addresses; }

std::string_view Proxy::backend() const { return body_->backend == io::Backend::io_uring ? "io_uring" : "epoll"; }

model::Recording Proxy::recording(std::chrono::milliseconds timeout) const {
  using Clients = std::vector<model::RecordedClient>;
  model::Recording recording;
  recording.name = body_->addresses.empty() ? "" : body_->addresses.front();
  recording.started_at = body_->started_at;
  const std::function<Clients(Worker&)> question = [](Worker& worker) { return worker.recorded(); };
  auto told = body_->ask(question, timeout);
  recording.taken_at = wall_now();
  for (Clients& clients : told) {
    if (recording.clients.empty()) {
      recording.clients = std::move(clients);
    } else {
      std::ranges::move(clients, std::back_inserter(recording.clients));
    }
  }
  const io::TimePoint now = io::Clock::now();
  auto [facts, lost] = body_->shared.facts.look(now);
  recording.facts = std::move(facts);
  recording.facts_lost = lost + (told.size() < body_->workers.size() ? 1 : 0);
  const auto setup = body_->shared.setup();
  for (const PoolInfo& info : body_->shared.pools.list()) {
    model::RecordedPool pool;
    if (const auto route = route_of(setup->config, info.key)) pool.server = io::to_string(address_of(*route));
    if (recording.server.empty()) recording.server = pool.server;
    pool.database = info.key.database;
    pool.user = info.key.user;
    pool.session_mode = info.key.mode == PoolMode::session;
    pool.now.maximum_size = info.settings.size;
    pool.now.in_use = info.counters.in_use;
    pool.now.idle = info.counters.idle;
    pool.now.connecting = info.counters.connecting;
    pool.now.waiting = info.counters.waiting;
    if (info.counters.waiting > 0)
      pool.now.oldest_wait = std::chrono::duration_cast<model::Duration>(now - info.counters.oldest_waiter_since);
    pool.queue_timeouts = info.counters.timeouts;
    pool.queue_timeout = info.queue_timeout;
    std::ranges::copy(info.counters.waits.buckets, pool.waits.begin());
    pool.total_wait = std::chrono::duration_cast<model::Duration>(info.counters.waits.sum);
    std::ranges::copy(info.counters.uses.buckets, pool.uses.begin());
    pool.total_use = std::chrono::duration_cast<model::Duration>(info.counters.uses.sum);
    recording.pools.push_back(std::move(pool));
  }
  return recording;
}

std::uint64_t Proxy::clients_ended_on_console() const { return body_->shared.ended_on_console; }

void Proxy::publish(model::Diagnosis diagnosis) {
  body_->shared.set_diagnosis(std::make_shared<const model::Diagnosis>(std::move(diagnosis)));
}

bool Proxy::wants_dump() const { return body_->shared.dump_wishes.any(); }

void Proxy::give_dump(std::string lines) { body_->shared.dump_wishes.grant(std::move(lines)); }

bool Proxy::crowd_has_left() {
  constexpr std::uint32_t crowd = 256;
  const std::uint32_t departed = body_->shared.departed;
  const bool still_going = departed != std::exchange(body_->departed_before, departed);
  if (departed < crowd || still_going) return false;
  body_->shared.departed -= departed;
  body_->departed_before = 0;
  return true;
}

std::expected<ReloadPlan, std::string> Proxy::reload(const Config& config) {
  const auto before = body_->shared.setup();
  ReloadPlan plan = reload_plan(before->config, config);
  auto merged = reloaded(before->config, config);
  if (!merged) return std::unexpected(text_of_errors(merged.error()));
  auto setup = prepare(*merged, body_->process_key);
  if (!setup) return std::unexpected(setup.error());
  body_->shared.set_setup(*setup);
  body_->shared.pools.apply(*merged, io::Clock::now());
  return plan;
}

void Proxy::on_reload(std::function<std::string()> what) { body_->shared.set_reload(std::move(what)); }

void Proxy::on_orphan(OnOrphan what) { body_->shared.set_on_orphan(std::move(what)); }

bool Proxy::drain(std::chrono::milliseconds timeout, const std::function<bool()>& enough) {
  body_->shared.draining = true;
  for (const auto& worker : body_->workers) worker->begin_drain();
  const auto deadline = io::Clock::now() + timeout;
  while (body_->shared.clients > 0) {
    if (io::Clock::now() >= deadline || enough()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // tidy: waits for the clients; nobody hurries here
  }
  return true;
}

bool Proxy::close_client(std::uint64_t id, std::chrono::milliseconds timeout) {
  const std::function<bool(Worker&)> question = [id](Worker& worker) {
    Client* client = worker.client(pool::ClientId(id));
    if (client == nullptr) return false;
    client->terminate();
    return true;
  };
  const auto told = body_->ask(question, timeout);
  return std::ranges::find(told, true) != told.end();
}

}  // namespace lockkeeper::proxy
