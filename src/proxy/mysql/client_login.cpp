// From a client's first moment to the server's OK.
#include <fmt/format.h>

#include <utility>

#include "base/utf8.hpp"
#include "proxy/bytes.hpp"
#include "proxy/mysql/client.hpp"
#include "proxy/postgres/server_connection.hpp"
#include "proxy/worker.hpp"
#include "wire/mysql/frame.hpp"
#include "wire/mysql/reply.hpp"

namespace lockkeeper::proxy {
namespace {

namespace my = wire::mysql;
using Verdict = LoginRelayStep::Verdict;

struct Whole {
  my::Bytes body;
  my::Header header;
};

// A whole message at the beginning of `received`; `bad`: it is none that a login has.
std::optional<Whole> whole_message(std::string_view received, bool& bad) {
  const auto header = my::read_header(received);
  bad = header && header->body > my::most_login;
  if (!header || bad || received.size() < header->size()) return std::nullopt;
  return Whole{received.substr(my::header_size, header->body), *header};
}

}  // namespace

bool MysqlClient::refuse(MysqlError error, std::string_view message) {
  if (login_) {
    say_goodbye_to(login_->relay.error_for_client(error, message));
  } else {
    std::string bytes;
    my::append_error(bytes, 0, {error.code, {}, message});
    say_goodbye_to(bytes);
  }
  over_ = true;
  return false;
}

io::Task<bool> MysqlClient::log_in() {
  const Config& config = setup_->config;
  if (worker_.shared().draining) co_return refuse(mysql_errors::shutdown, "The proxy is shutting down");
  if (++worker_.shared().clients > config.proxy.max_clients) {
    --worker_.shared().clients;
    co_return refuse(mysql_errors::too_many_connections,
                     fmt::format("Too many connections (max_clients = {})", config.proxy.max_clients));
  }
  counted_ = true;
  route_ = worker_.mysql_route(setup_, server_name_, {});
  if (!route_)
    co_return refuse(mysql_errors::no_connection, fmt::format("no server \"{}\" is configured any more", server_name_));
  if (!co_await wait_for_place()) co_return false;
  if (config.proxy.login_timeout.count() > 0) timer_.set(worker_.loop().now() + config.proxy.login_timeout);
  if (!co_await connect()) co_return false;
  co_return co_await relay_login();
}

io::Task<bool> MysqlClient::wait_for_place() {
  Pools& pools = worker_.shared().pools;
  const io::TimePoint now = worker_.loop().now();
  const PoolKey key = PoolKey::of_mysql(server_name_);
  pool_ = pools.open(key, *route_of(setup_->config, key), setup_->config.proxy, {}, now);
  pool::AcquireRequest request{pool_, id_, pool::WorkerId(worker_.number())};
  if (route_->queue_timeout.count() > 0) request.deadline = now + route_->queue_timeout;
  waiting_since_ = now;
  give_ = pools.acquire(request, now, waiter_);
  for (;;) {
    if (fail_)
      co_return refuse(mysql_errors::too_many_connections,
                       fmt::format("Too many connections: no place at server \"{}\": {}", server_name_,
                                   pool::to_string(std::exchange(fail_, std::nullopt)->why)));
    if (give_) {
      place_ = std::exchange(give_, std::nullopt)->server;
      co_return true;
    }
    if (draining_) co_return refuse(mysql_errors::shutdown, "The proxy is shutting down");
    if (over_ || socket_->ended() || socket_->peer_gone()) co_return false;
    co_await wakeup_;
  }
}

io::Task<bool> MysqlClient::connect() {
  const auto timeout =
      route_->connect_timeout.count() > 0 ? route_->connect_timeout : ConfigDuration(std::chrono::minutes(1));
  auto connected = co_await connect_to(address_of(*route_), worker_.loop().now() + timeout);
  if (!connected) co_return server_failed(connected.error());
  if (!*connected) co_return false;
  server_ = *std::move(connected);
  server_endpoint_ = as_the_server_sees(server_->endpoints());
  connected_at_ = worker_.wall_now();
  login_ = std::make_unique<Login>(LoginRelaySettings{.client_tls = setup_->config.proxy.tls.mode,
                                                      .server_tls = setup_->config.proxy.server_tls.mode,
                                                      .key = worker_.shared().password_key});
  co_return true;
}

io::Task<bool> MysqlClient::relay_login() {
  for (;;) {
    if (!take_from_server() || !take_from_client()) co_return false;
    if (session_) co_return true;
    if (over_ || socket_->ended()) co_return false;
    if (server_->ended()) co_return server_failed(*server_->ended());
    if (draining_) co_return refuse(mysql_errors::shutdown, "The proxy is shutting down");
    if (timer_.due(worker_.loop().now()))
      co_return refuse(mysql_errors::timeout, "Got timeout reading communication packets: login_timeout has passed");
    co_await wakeup_;
  }
}

bool MysqlClient::server_failed(const io::IoError& error) {
  const std::string message =
      fmt::format("no connection to the server at {}: {}", io::to_string(address_of(*route_)), error.message);
  worker_.log(LogLevel::warning, fmt::format("{}: {}", socket_->endpoints().remote, message));
  return refuse(mysql_errors::no_connection, message);
}

bool MysqlClient::take_from_server() {
  while (!session_ && !over_) {
    bool bad = false;
    if (const auto message = whole_message(login_->from_server, bad)) {
      if (!carry_out(login_->relay.server(message->body, message->header.sequence))) return false;
      login_->from_server.erase(0, message->header.size());
      continue;
    }
    if (bad)
      return refuse(mysql_errors::no_connection,
                    fmt::format("what answers at {} is neither MySQL nor MariaDB", io::to_string(address_of(*route_))));
    const io::Bytes bytes = server_->receive();
    if (bytes.empty()) return true;
    login_->from_server.append(text_of(bytes));
  }
  return !over_;
}

bool MysqlClient::take_from_client() {
  while (!session_ && !over_ && login_->relay.client_speaks()) {
    bool bad = false;
    if (const auto message = whole_message(login_->from_client, bad)) {
      const LoginRelayStep step = login_->relay.client(message->body, message->header.sequence);
      login_->from_client.erase(0, message->header.size());
      if (!carry_out(step)) return false;
      continue;
    }
    if (bad) return refuse(mysql_errors::bad_handshake, "Bad handshake");
    const io::Bytes bytes = socket_->receive();
    if (bytes.empty()) return true;
    login_->from_client.append(text_of(bytes));
  }
  return !over_;
}

bool MysqlClient::carry_out(LoginRelayStep step) {
  if (step.verdict == Verdict::identified && !identified()) return false;
  if (!step.to_server.empty()) send(*server_, step.to_server);
  if (step.server_tls) {
    server_tls_ = true;
    server_->start_tls(*setup_->server_tls, route_->host);
  }
  if (!step.to_server_then.empty()) send(*server_, step.to_server_then);
  if (step.client_tls) {
    // Its handshake may have come with the request for it: none of that has been read by anybody else.
    socket_->give_back(bytes_of(login_->from_client));
    login_->from_client.clear();
    socket_->start_tls(*setup_->client_tls, {});
  }
  if (step.verdict == Verdict::refused) {
    ++worker_.statistics(pool_).failed_logins;
    const std::string user = who_ ? who_->user : login_->relay.request().user;
    const std::string& plugin = login_->relay.plugin();
    worker_.log(LogLevel::info, fmt::format("{}: login of user \"{}\"{}{} refused: {}", socket_->endpoints().remote,
                                            base::printable(user), plugin.empty() ? "" : " by ",
                                            base::printable(plugin.substr(0, 60)), step.reason));
    say_goodbye_to(step.to_client);
    over_ = true;
    return false;
  }
  if (step.verdict == Verdict::accepted) begin_session();
  if (!step.to_client.empty()) send(*socket_, step.to_client);
  return true;
}

bool MysqlClient::identified() {
  const LoginRelay::Request& request = login_->relay.request();
  model::ClientIdentity who;
  who.id = id_.value();
  who.user = request.user;
  who.database = request.database;
  who.application = request.application;
  who.address = socket_->endpoints().remote;
  who.tls = request.tls;
  who.connected_at = worker_.wall_now();
  who.engine = login_->relay.server_version().contains("MariaDB") ? model::Engine::mariadb : model::Engine::mysql;
  route_ = worker_.mysql_route(setup_, server_name_, who.user);
  who.server = io::to_string(address_of(*route_));
  who_ = std::make_shared<const model::ClientIdentity>(std::move(who));
  const std::uint32_t most = route_->max_user_connections;
  if (worker_.shared().mysql_users.enter(server_name_, who_->user, most)) {
    counted_user_ = who_->user;
    return true;
  }
  return refuse(mysql_errors::too_many_of_user,
                fmt::format("User {} already has more than 'max_user_connections' active connections (the proxy's: {})",
                            who_->user, most));
}

void MysqlClient::begin_session() {
  const LoginRelay& login = login_->relay;
  connection_id_ = login.connection_id();
  legs_differ_ = login.legs_differ();
  const model::WallTime now = worker_.wall_now();
  const model::SessionId session{connection_id_, connected_at_};
  session_ = std::make_unique<track::mysql::Session>(
      track::mysql::SessionSettings{.record = setup_->config.proxy.record,
                                    .parameters = setup_->config.proxy.record_parameters,
                                    .keep_literals = route_->keep_literals},
      worker_.mysql_tracking(), who_,
      track::mysql::Connected{login.request().capabilities, login.status(), session, server_endpoint_, now});
  ++worker_.statistics(pool_).logins;
}

}  // namespace lockkeeper::proxy
