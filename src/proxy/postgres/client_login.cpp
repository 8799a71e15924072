// From a client's first byte to its first ReadyForQuery.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/auth/client_login.hpp"
#include "proxy/bytes.hpp"
#include "proxy/postgres/client.hpp"
#include "proxy/worker.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::proxy {
namespace {

namespace pg = wire::postgres;

constexpr std::uint16_t newest_minor = 2;
constexpr std::size_t short_secret = 4;          // Protocol 3.0.
constexpr std::size_t long_secret = 32;          // 3.2: as long as PostgreSQL 18's own.
constexpr std::uint32_t places_of_console = 10;  // Beyond max_clients: whoever mends a full proxy must come in.

}  // namespace

bool PostgresClient::refuse(std::string_view sqlstate, std::string_view message) {
  std::string bytes;
  pg::append_error(bytes, {.severity = "FATAL", .sqlstate = sqlstate, .message = message, .detail = {}, .hint = {}});
  say_goodbye_to(bytes);
  over_ = true;
  return false;
}

// False: the client has gone, or its time to log in is over.
io::Task<bool> PostgresClient::more(std::size_t size) {
  while (login_->received.size() < size) {
    const io::Bytes bytes = socket_->receive();
    if (!bytes.empty()) {
      login_->received.append(text_of(bytes));
      continue;
    }
    if (over_ || socket_->ended()) co_return false;
    if (timer_.due(worker_.loop().now())) {
      co_return refuse("08006", "login took too long (login_timeout)");
    }
    co_await wakeup_;
  }
  co_return true;
}

io::Task<bool> PostgresClient::log_in() {
  const auto timeout = setup_->config.proxy.login_timeout;
  if (timeout.count() > 0) timer_.set(worker_.loop().now() + timeout);
  if (!co_await read_startup()) co_return false;
  if (worker_.shared().draining) co_return refuse("57P01", "the proxy is shutting down");
  const std::uint32_t kept = who_->database == console_database ? places_of_console : 0;
  if (++worker_.shared().clients > setup_->config.proxy.max_clients + kept) {
    --worker_.shared().clients;
    co_return refuse(
        "53300", fmt::format("sorry, too many clients already (max_clients = {})", setup_->config.proxy.max_clients));
  }
  counted_ = true;
  if (who_->database == console_database) co_return co_await enter_console();
  route_ = worker_.route(setup_, who_->database, who_->user);
  if (!route_) co_return refuse("3D000", fmt::format("no database \"{}\" is configured", who_->database));
  model::ClientIdentity who = *who_;
  who.server = io::to_string(address_of(*route_));
  who_ = std::make_shared<const model::ClientIdentity>(std::move(who));
  if (route_->auth == AuthMethod::pass_through) co_return co_await pass_through();
  if (!co_await authenticate()) co_return false;
  if (route_->pool_mode == PoolMode::session) co_return co_await enter_session_mode();
  co_return co_await enter_transaction_mode();
}

io::Task<bool> PostgresClient::read_startup() {
  for (;;) {
    if (!co_await more(4)) co_return false;
    const auto size = pg::startup_size(login_->received);
    if (!size || !*size) co_return false;  // As the server does: whoever begins so gets no answer.
    if (!co_await more(**size)) co_return false;
    const std::string packet = login_->received.substr(0, **size);
    const bool more_has_come = login_->received.size() > packet.size();
    const auto startup = pg::decode_startup(packet);
    if (!startup) co_return refuse("08P01", "invalid startup packet layout: expected terminator as last byte");
    login_->received.erase(0, packet.size());
    switch (startup->kind) {
      case pg::StartupKind::ssl_request:
        // What was sent before the handshake was sent in the clear, by whoever sits in between.
        if (more_has_come) co_return refuse("08P01", "received unencrypted data after SSL request");
        if (!co_await answer_tls()) co_return false;
        continue;
      case pg::StartupKind::gss_request:
        if (more_has_come) co_return refuse("08P01", "received unencrypted data after GSSAPI encryption request");
        send(*socket_, "N");
        continue;
      case pg::StartupKind::cancel_request:
        co_await pass_cancel_on(startup->cancel_pid, std::string(startup->cancel_secret));
        co_return false;
      case pg::StartupKind::startup: login_->startup_bytes = packet; co_return take_startup(*startup);
    }
  }
}

// The end of this connection tells the client that its next query is safe, as the server's own does.
io::Task<> PostgresClient::pass_cancel_on(std::uint32_t pid, std::string secret) {
  worker_.cancel_requested(pid, secret, id_);
  while (!cancel_taken_ && !over_ && !socket_->ended() && !timer_.due(worker_.loop().now())) co_await wakeup_;
  over_ = true;
  say_goodbye_to({});
}

void PostgresClient::cancel_taken() {
  cancel_taken_ = true;
  wakeup_.signal();
}

io::Task<bool> PostgresClient::answer_tls() {
  const auto& tls = setup_->client_tls;
  if (!tls || socket_->tls_established()) {
    send(*socket_, "N");
    co_return true;
  }
  send(*socket_, "S");
  socket_->start_tls(*tls, {});
  while (!socket_->tls_established()) {
    if (socket_->ended() || over_) co_return false;
    if (timer_.due(worker_.loop().now())) co_return false;
    co_await wakeup_;
  }
  co_return true;
}

bool PostgresClient::take_startup(const Startup& startup) {
  if (startup.major < 3) {  // Errors had no length then.
    say_goodbye_to(
        std::string(fmt::format("EFATAL:  unsupported frontend protocol {}.{}: server supports 3.0 to 3.{}\n",
                                startup.major, startup.minor, newest_minor)) +
        '\0');
    over_ = true;
    return false;
  }
  if (startup.major != 3) {
    return refuse("0A000", fmt::format("unsupported frontend protocol {}.{}: server supports 3.0 to 3.{}",
                                       startup.major, startup.minor, newest_minor));
  }
  if (setup_->config.proxy.tls.mode == ClientTlsMode::require && !socket_->tls_established()) {
    return refuse("28000", "this proxy takes encrypted connections only: connect with sslmode=require");
  }
  const std::string_view user = startup.value("user");
  if (user.empty()) return refuse("28000", "no PostgreSQL user name specified in startup packet");
  model::ClientIdentity who;
  who.id = id_.value();
  who.user = user;
  who.database = startup.value("database").empty() ? user : startup.value("database");
  who.application = startup.value("application_name");
  who.address = socket_->endpoints().remote;
  who.tls = socket_->tls_established();
  who.connected_at = worker_.wall_now();
  who_ = std::make_shared<const model::ClientIdentity>(std::move(who));
  minor_ = std::min(startup.minor, newest_minor);
  std::vector<std::string> extras;
  std::vector<std::string_view> unsupported;
  for (const auto& [name, value] : startup.parameters) {
    if (name == "user" || name == "database") continue;
    if (name.starts_with("_pq_.")) {
      unsupported.push_back(name);
    } else if (track::postgres::follows_client(name)) {
      login_->asked.insert_or_assign(std::string(name), std::string(value));
    } else {
      extras.push_back(fmt::format("{}={}", name, value));
    }
  }
  if (startup.minor > newest_minor || !unsupported.empty())
    pg::append_negotiate_version(login_->negotiation, minor_, unsupported);
  std::ranges::sort(extras);
  for (const std::string& each : extras) login_->startup_key += each + "\n";
  return true;
}

io::Task<bool> PostgresClient::authenticate() {
  auto random = draw_login_random();
  if (!random) co_return refuse("58000", "this system gives no random numbers, without which nobody can log in");
  ClientLogin login({route_->auth, who_->user, setup_->users, *std::move(random)});
  if (!login_->negotiation.empty()) send(*socket_, login_->negotiation);
  LoginStep step = login.start();
  for (;;) {
    if (!step.bytes.empty()) send(*socket_, step.bytes);
    if (step.verdict == LoginStep::Verdict::accepted) break;
    if (step.verdict == LoginStep::Verdict::refused) {
      ++worker_.statistics(pool_).failed_logins;
      worker_.log(LogLevel::info,
                  fmt::format("{}: login of user \"{}\" refused: {}", who_->address, who_->user, step.refusal->reason));
      say_goodbye_to({});
      over_ = true;
      co_return false;
    }
    if (!co_await more(pg::header_size)) co_return false;
    const auto header = pg::read_header(login_->received);
    if (!header || !*header || (*header)->body > ClientLogin::most_login_body)
      co_return refuse("08P01", "invalid message during login");
    if (!co_await more((*header)->size())) co_return false;
    step = login.message((*header)->type, std::string_view(login_->received).substr(pg::header_size, (*header)->body));
    login_->received.erase(0, (*header)->size());
  }
  login_->credentials = std::move(step.credentials);
  co_return true;
}

PoolKey PostgresClient::pool_key() const {
  return {who_->database, who_->user, login_->startup_key, route_->pool_mode};
}

ServerTarget PostgresClient::target_for(const Credentials& credentials) const {
  ServerTarget target;
  target.address = address_of(*route_);
  target.tls_mode = setup_->config.proxy.server_tls.mode;
  target.tls = setup_->server_tls;
  target.credentials = credentials;
  target.credentials.user = route_->user;
  if (route_->password)
    target.credentials = {.user = route_->user, .password = route_->password, .md5_hash = {}, .keys = {}};
  target.startup = {{"user", route_->user}, {"database", route_->database}};
  std::string_view rest = login_->startup_key;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const std::size_t equals = line.find('=');
    target.startup.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  if (route_->connect_timeout.count() > 0) target.timeout = route_->connect_timeout;
  target.most_prepared = setup_->config.proxy.max_prepared_statements;
  return target;
}

// A server connection of this pool must have been there once: what it says of itself is what its clients are told.
io::Task<bool> PostgresClient::enter_transaction_mode() {
  Pools& pools = worker_.shared().pools;
  pool_ = pools.open(pool_key(), *route_, setup_->config.proxy, target_for(*login_->credentials), worker_.loop().now());
  auto welcome = pools.welcome(pool_);
  if (!welcome) {
    if (!co_await wait_for_server()) co_return false;
    pools.release(give_->server, worker_.loop().now());
    give_.reset();
    welcome = pools.welcome(pool_);
    if (!welcome) co_return refuse("08006", "the server has not said what it is");
  }
  begin_session();
  greet(*welcome);
  co_return true;
}

io::Task<bool> PostgresClient::wait_for_server() {
  Pools& pools = worker_.shared().pools;
  const io::TimePoint now = worker_.loop().now();
  pool::AcquireRequest request{pool_, id_, pool::WorkerId(worker_.number())};
  if (route_->queue_timeout.count() > 0) request.deadline = now + route_->queue_timeout;
  waiting_since_ = now;
  give_ = pools.acquire(request, now, waiter_);
  for (;;) {
    if (fail_) {
      const pool::Fail failed = *std::exchange(fail_, std::nullopt);
      if (failed.failure) co_return refuse(failed.failure->sqlstate, failed.failure->message);
      co_return refuse("53300", fmt::format("no server connection for database \"{}\" and user \"{}\": {}",
                                            who_->database, who_->user, pool::to_string(failed.why)));
    }
    if (give_) co_return true;
    if (over_ || socket_->ended()) co_return false;
    co_await wakeup_;
  }
}

io::Task<bool> PostgresClient::enter_session_mode() {
  Pools& pools = worker_.shared().pools;
  const ServerTarget target = target_for(*login_->credentials);
  pool_ = pools.open(pool_key(), *route_, setup_->config.proxy, target, worker_.loop().now());
  if (!co_await wait_for_server()) co_return false;
  const pool::Give give = *std::exchange(give_, std::nullopt);
  auto full = target;
  for (const auto& [name, value] : login_->asked) full.startup.emplace_back(name, value);
  ServerLoginTask login(worker_.loop(), std::move(full));
  auto ready = co_await login.run();
  if (!ready) {
    pools.gone(give.server, worker_.loop().now());
    co_return refuse(ready.error().sqlstate, ready.error().message);
  }
  auto holder = std::make_unique<ServerHolder>(worker_, give.server, pool_);
  holder->adopt(std::move(ready->socket), std::move(ready->facts));
  ServerHolder& server = worker_.keep(std::move(holder));
  begin_session();
  const auto parameters = server.facts().state.parameters;
  link(server);
  greet(parameters);
  co_return true;
}

void PostgresClient::begin_session() {
  session_ = std::make_unique<track::postgres::Session>(
      track::postgres::SessionSettings{.mode = route_->pool_mode == PoolMode::session
                                                   ? track::postgres::Mode::session
                                                   : track::postgres::Mode::transaction,
                                       .record = setup_->config.proxy.record,
                                       .parameters = setup_->config.proxy.record_parameters,
                                       .keep_literals = route_->keep_literals,
                                       .named_statements = setup_->config.proxy.max_prepared_statements > 0},
      worker_.tracking(pool_), who_);
  ++worker_.statistics(pool_).logins;
}

// What a server says after AuthenticationOk, which is sent already.
void PostgresClient::greet(const track::postgres::Parameters& parameters) {
  std::string bytes;
  session_->parameters = parameters;
  for (const auto& [name, value] : login_->asked) {
    // The server writes names its own way: DateStyle, TimeZone.
    for (const auto& [its_name, its_value] : parameters.all()) {
      const bool same = std::ranges::equal(its_name, name, [](char left, char right) {
        return std::tolower(static_cast<unsigned char>(left)) == std::tolower(static_cast<unsigned char>(right));
      });
      if (same) session_->parameters.set(its_name, track::postgres::completed(its_name, value, its_value));
    }
  }
  session_->learn_application();
  who_ = session_->who();
  for (const auto& [name, value] : session_->parameters.all()) pg::append_parameter_status(bytes, name, value);
  const auto key = worker_.shared().cancels.make({worker_.number(), id_}, minor_ >= 2 ? long_secret : short_secret);
  if (key) {
    cancel_pid_ = key->pid;
    pg::append_backend_key(bytes, key->pid, key->secret);
  }
  pg::append_ready(bytes, pg::TransactionStatus::idle);
  send(*socket_, bytes);
}

}  // namespace lockkeeper::proxy
