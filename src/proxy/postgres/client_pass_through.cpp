// Session mode where the server itself asks who a client is: the login is relayed, message by message, until both are
// ready.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "proxy/bytes.hpp"
#include "proxy/postgres/client.hpp"
#include "proxy/worker.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::proxy {
namespace {

namespace pg = wire::postgres;

constexpr std::uint32_t most_login_message = 64 * 1024;
constexpr std::string_view channel_binding_suffix = "-PLUS";

bool binds_channel(std::string_view mechanism) { return mechanism.ends_with(channel_binding_suffix); }

// Channel binding would bind the login to the TLS connection with us, which the server does not have.
std::string without_channel_binding(std::vector<std::string_view> mechanisms) {
  std::string bytes;
  std::erase_if(mechanisms, binds_channel);
  pg::append_sasl_request(bytes, mechanisms);
  return bytes;
}

// It says that it could, and was offered none (RFC 5802, section 7, flag y): a server that offers it ends such a login.
bool misses_channel_binding(std::string_view body) {
  const auto initial = pg::decode_sasl_initial(body);
  return initial && initial->data.starts_with("y");
}

// A whole message at the beginning of `received`: its size; 0: not yet; nullopt: it is none.
std::optional<std::size_t> whole_message(std::string_view received) {
  const auto header = pg::read_header(received);
  if (!header || (*header && (*header)->body > most_login_message)) return std::nullopt;
  return *header && received.size() >= (*header)->size() ? (*header)->size() : 0;
}

// The client's packet for the server: its own words, but for what the configuration puts in their place.
std::string startup_for_server(std::string_view packet, const RouteSettings& route) {
  const auto startup = pg::decode_startup(packet);
  std::vector<std::pair<std::string, std::string>> parameters;
  bool database = false;
  for (const auto& [name, value] : startup->parameters) {
    database = database || name == "database";
    parameters.emplace_back(name, name == "database" ? route.database
                                  : name == "user"   ? route.user
                                                     : std::string(value));
  }
  if (!database) parameters.emplace_back("database", route.database);
  std::string bytes;
  pg::append_startup(bytes, startup->major, startup->minor, parameters);
  return bytes;
}

}  // namespace

io::Task<bool> PostgresClient::pass_through() {
  pool_ = worker_.shared().pools.open(pool_key(), *route_, setup_->config.proxy, target_for({}), worker_.loop().now());
  if (!co_await wait_for_server()) co_return false;
  const pool::Give give = *std::exchange(give_, std::nullopt);
  auto facts = std::make_unique<ServerFacts>(setup_->config.proxy.max_prepared_statements);
  std::unique_ptr<io::Socket> server;
  if (!co_await connect_for_pass_through(server, facts->tls)) {
    worker_.shared().pools.gone(give.server, worker_.loop().now());
    co_return false;
  }
  facts->address = address_of(*route_);
  facts->local_endpoint = as_the_server_sees(server->endpoints());
  send(*server, startup_for_server(login_->startup_bytes, *route_));
  std::string from_server;
  bool ready = false;
  for (bool goes_on = true; goes_on && !ready;) {
    for (io::Bytes bytes = server->receive(); !bytes.empty() && !ready; bytes = server->receive())
      from_server.append(text_of(bytes));
    goes_on = relay_login_from_server(*facts, from_server, ready);
    std::string to_server;
    goes_on = goes_on && relay_login_from_client(to_server);
    if (!to_server.empty()) send(*server, to_server);
    if (ready || !goes_on) break;
    if (server->ended() || socket_->ended() || over_) break;
    if (timer_.due(worker_.loop().now())) {
      goes_on = refuse("08006", "login took too long (login_timeout)");
      break;
    }
    co_await wakeup_;
  }
  server->wake(nullptr);
  if (!ready) {
    worker_.shared().pools.gone(give.server, worker_.loop().now());
    over_ = true;
    co_return false;
  }
  facts->session.started_at = worker_.wall_now();
  facts->state.fresh.user = route_->user;
  facts->state.parameters.share();
  auto holder = std::make_unique<ServerHolder>(worker_, give.server, pool_);
  holder->adopt(std::move(server), std::move(facts));
  ServerHolder& kept = worker_.keep(std::move(holder));
  begin_session();
  session_->parameters = kept.facts().state.parameters;
  session_->learn_application();
  who_ = session_->who();
  link(kept);
  co_return true;
}

io::Task<bool> PostgresClient::connect_for_pass_through(std::unique_ptr<io::Socket>& socket, bool& tls) {
  const auto timeout =
      route_->connect_timeout.count() > 0 ? route_->connect_timeout : ConfigDuration(std::chrono::minutes(1));
  const io::TimePoint deadline = worker_.loop().now() + timeout;
  const io::Address address = address_of(*route_);
  auto connected = co_await connect_to(address, deadline);
  if (!connected)
    co_return refuse("08006", fmt::format("no connection to the server at {}: {}", io::to_string(address),
                                          connected.error().message));
  if (!*connected) co_return false;
  socket = *std::move(connected);
  const ServerTlsMode mode = setup_->config.proxy.server_tls.mode;
  if (mode == ServerTlsMode::disable || !address.path.empty()) co_return true;
  std::string request;
  pg::append_ssl_request(request);
  send(*socket, request);
  std::string answer;
  while (answer.empty() || (tls && !socket->tls_established())) {
    if (answer.empty()) {
      answer = text_of(socket->receive());
      if (answer == "N" && mode == ServerTlsMode::prefer) co_return true;
      if (!answer.empty() && answer != "S") co_return refuse("08006", why_no_tls(answer, address));
      if (answer == "S") {
        socket->start_tls(*setup_->server_tls, address.host);
        tls = true;
        continue;
      }
    }
    if (const auto& ended = socket->ended())
      co_return refuse("08006",
                       fmt::format("no TLS with the server at {}: {}", io::to_string(address), ended->message));
    if (socket_->ended() || over_) co_return false;
    if (worker_.loop().now() >= deadline)
      co_return refuse(
          "08006", fmt::format("the server at {} did not answer in time (connect_timeout)", io::to_string(address)));
    co_await wakeup_;
  }
  co_return true;
}

bool PostgresClient::relay_login_from_client(std::string& to_server) {
  for (io::Bytes bytes = socket_->receive(); !bytes.empty(); bytes = socket_->receive())
    login_->received.append(text_of(bytes));
  while (!login_->received.empty()) {
    const auto size = whole_message(login_->received);
    if (!size || login_->received.front() != pg::frontend::password)
      return refuse("08P01", "invalid message during login");
    if (*size == 0) break;
    if (std::exchange(login_->binding_hidden, false) &&
        misses_channel_binding(std::string_view(login_->received).substr(pg::header_size, *size - pg::header_size)))
      return refuse("28000",
                    "the server offers channel binding, which no proxy can pass on, and takes a client that could have "
                    "it for one that was deceived: connect with channel_binding=disable, or have the proxy ask for "
                    "passwords (auth = \"scram-sha-256\" with a users file)");
    to_server.append(login_->received, 0, *size);
    login_->received.erase(0, *size);
  }
  return true;
}

bool PostgresClient::relay_login_from_server(ServerFacts& facts, std::string& received, bool& ready) {
  std::string to_client;
  while (!ready && !received.empty()) {
    const auto size = whole_message(received);
    if (!size)
      return refuse("08P01", fmt::format("what answers at {} is no PostgreSQL server", io::to_string(facts.address)));
    if (*size == 0) break;
    const char type = received.front();
    const std::string_view body = std::string_view(received).substr(pg::header_size, *size - pg::header_size);
    if (auto instead = login_message_for_client(facts, type, body)) {
      to_client += *instead;
    } else {
      to_client.append(received, 0, *size);
    }
    ready = type == pg::backend::ready_for_query;
    received.erase(0, *size);
  }
  if (!to_client.empty()) send(*socket_, to_client);
  return true;
}

// What the client gets in the place of a message; nullopt: the message itself.
std::optional<std::string> PostgresClient::login_message_for_client(ServerFacts& facts, char type,
                                                                    std::string_view body) {
  if (type == pg::backend::authentication) {
    const auto request = pg::decode_authentication(body);
    if (request && request->kind == pg::Authentication::sasl) {
      const auto mechanisms = pg::sasl_mechanisms(request->data);
      login_->binding_hidden = std::ranges::any_of(mechanisms, binds_channel);
      return without_channel_binding(mechanisms);
    }
  } else if (type == pg::backend::parameter_status) {
    if (const auto status = pg::decode_parameter_status(body)) {
      facts.state.parameters.set(status->name, status->value);
    }
  } else if (type == pg::backend::negotiate_version) {
    if (const auto negotiated = pg::decode_negotiate_version(body))
      minor_ = static_cast<std::uint16_t>(std::min<std::uint32_t>(minor_, negotiated->minor));
  } else if (type == pg::backend::backend_key_data) {
    const auto key = pg::decode_backend_key(body);
    if (!key) return std::nullopt;
    facts.session.pid = key->pid;
    facts.secret = key->secret;
    // A secret as long as the protocol version that the two have agreed on allows: its length is the server's.
    const auto own = worker_.shared().cancels.make({worker_.number(), id_}, key->secret.size());
    std::string bytes;
    if (!own) return bytes;
    cancel_pid_ = own->pid;
    pg::append_backend_key(bytes, own->pid, own->secret);
    return bytes;
  }
  return std::nullopt;
}

}  // namespace lockkeeper::proxy
