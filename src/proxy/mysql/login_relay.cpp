#include "proxy/mysql/login_relay.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/utf8.hpp"
#include "wire/mysql/reply.hpp"

namespace lockkeeper::proxy {
namespace {

namespace my = wire::mysql;
using my::Capability;
using Verdict = LoginRelayStep::Verdict;

constexpr std::string_view caching_sha2_plugin = "caching_sha2_password";
constexpr std::string_view sha256_plugin = "sha256_password";
constexpr std::string_view no_password("\0", 1);

// Among the first 32 bits, all that change nothing about how messages look, or that the tracker knows; not among them:
// compress, zstd, MariaDB's obsolete form of progress reports (bit 29), and whatever will be invented. Of MariaDB's own
// all but COM_MULTI (bit 33), which no server has any more.
constexpr std::uint64_t passed_on = 0xdbff'ffdfU | (std::uint64_t{0x3d} << 32U);

// The program's own name, else its library's: as the doctor calls a session.
std::string application_of(my::Bytes bytes) {
  std::string library;
  my::AttributeReader attributes(bytes);
  while (const auto attribute = attributes.next()) {
    if (attribute->name == "program_name" && !attribute->value.empty()) return std::string(attribute->value);
    if (attribute->name == "_client_name") library = attribute->value;
  }
  return library;
}

}  // namespace

bool sends_password(std::string_view plugin) noexcept {
  return plugin == sha256_plugin || plugin == "mysql_clear_password" || plugin == "dialog";
}

LoginRelay::Step LoginRelay::server(Bytes body, std::uint8_t sequence) {
  server_sequence_ = sequence;
  if (const auto error = my::decode_error(body)) {
    Step step{.verdict = Verdict::refused};
    step.reason = fmt::format("{} (error {})", base::printable(error->message), error->code);
    for_client(step.to_client, body);
    return step;
  }
  return stage_ == Stage::greeting ? greet(body) : reply(body);
}

LoginRelay::Step LoginRelay::greet(Bytes body) {
  const auto greeting = my::decode_greeting(body);
  if (!greeting) return refuse(mysql_errors::no_connection, "what answers there is neither MySQL nor MariaDB");
  server_version_ = greeting->server_version;
  connection_id_ = greeting->connection_id;
  greeting_plugin_ = greeting->plugin;
  use_scramble(std::string(greeting->scramble_begin) + std::string(greeting->scramble_end));
  const bool can_tls = greeting->capabilities.has(Capability::tls);
  if (!can_tls && settings_.server_tls >= ServerTlsMode::require)
    return refuse(mysql_errors::no_connection, "the server does not offer TLS, which server_tls.mode asks for");
  server_tls_ = can_tls && settings_.server_tls != ServerTlsMode::disable;
  offered_ = (greeting->capabilities & my::Capabilities{passed_on}).without(Capability::tls);
  if (settings_.client_tls != ClientTlsMode::disable) offered_ = offered_.with(Capability::tls);
  my::Greeting shown = *greeting;
  shown.capabilities = offered_;
  Step step;
  my::append_greeting(step.to_client, 0, shown);
  greeted_ = true;
  stage_ = Stage::request;
  return step;
}

LoginRelay::Step LoginRelay::client(Bytes body, std::uint8_t sequence) {
  client_sequence_ = sequence;
  switch (stage_) {
    case Stage::greeting: return refuse(mysql_errors::bad_handshake, "the client spoke before it was greeted");
    case Stage::request: return take_request(body);
    case Stage::clear_password: {
      if (body == no_password) break;
      password_ = body;
      stage_ = Stage::server_key;
      Step step;
      for_server(step.to_server, key_request());
      return step;
    }
    case Stage::key_request: {
      if (body == no_password) break;
      if (body != key_request()) {
        return refuse(mysql_errors::insecure_transport,
                      "the client has a public key of the server already, and the proxy is another: let it ask for the "
                      "key (get-server-public-key), or use TLS");
      }
      stage_ = Stage::encrypted_password;
      Step step;
      my::append_more_data(step.to_client, ++client_sequence_, settings_.key->public_pem());
      return step;
    }
    case Stage::encrypted_password: return decrypt(body);
    case Stage::proving:
    case Stage::server_key: break;
  }
  Step step;
  for_server(step.to_server, body);
  return step;
}

LoginRelay::Step LoginRelay::take_request(Bytes body) {
  const auto request = my::decode_login_request(body);
  if (!request) return refuse(mysql_errors::bad_handshake, std::string(my::to_string(request.error())));
  if (request->tls_request) {
    if (!offered_.has(Capability::tls) || request_.tls)
      return refuse(mysql_errors::bad_handshake, "the client asked for TLS, which is not offered");
    request_.tls = true;
    return {.client_tls = true};
  }
  if (settings_.client_tls == ClientTlsMode::require && !request_.tls)
    return refuse(mysql_errors::insecure_transport, "connections without TLS are not allowed here (tls.mode)");
  request_.capabilities = (request->capabilities & offered_).without(Capability::tls);
  request_.user = request->user;
  request_.database = request->database;
  request_.application = application_of(request->attributes);
  plugin_ = request->plugin.empty() ? greeting_plugin_ : std::string(request->plugin);
  Step step{.verdict = Verdict::identified};
  if (legs_differ() && sends_password(plugin_)) {
    // It is in this message already, or a request for a key that would be the other leg's.
    return refuse(mysql_errors::insecure_transport,
                  fmt::format("{} cannot be the client's default where only one of the proxy's two connections is "
                              "encrypted: use caching_sha2_password, or encrypt both or none",
                              base::printable(plugin_.substr(0, 60))));
  }
  step.to_server_then = request_for_server(*request, step);
  stage_ = Stage::proving;
  return step;
}

std::string LoginRelay::request_for_server(const my::LoginRequest& request, Step& step) {
  my::LoginRequest passed = request;
  passed.capabilities = request_.capabilities;
  if (server_tls_) {
    passed.capabilities = passed.capabilities.with(Capability::tls);
    passed.tls_request = true;
    my::append_login_request(step.to_server, ++server_sequence_, passed);
    passed.tls_request = false;
    step.server_tls = true;
  }
  std::string bytes;
  my::append_login_request(bytes, ++server_sequence_, passed);
  return bytes;
}

LoginRelay::Step LoginRelay::reply(Bytes body) {
  Step step;
  switch (my::login_reply(body)) {
    case my::LoginReply::ok:
      step.verdict = Verdict::accepted;
      if (const auto ok = my::decode_ok(body)) status_ = ok->status;
      break;
    case my::LoginReply::more_data: return more_data(body);
    case my::LoginReply::switch_plugin:
    case my::LoginReply::next_factor: {
      const auto asked = my::decode_switch_plugin(body);
      if (!asked) return refuse(mysql_errors::bad_handshake, "the server's request for another plugin is malformed");
      plugin_ = asked->plugin;
      use_scramble(asked->data);
      stage_ = Stage::proving;
      if (legs_differ() && plugin_ == sha256_plugin) {
        if (!request_.tls && !settings_.key) return no_key();
        exchange_apart();
      } else if (request_.tls && !server_tls_ && sends_password(plugin_)) {
        return refuse(mysql_errors::insecure_transport,
                      fmt::format("{} would send the password in the clear to the server, and the client's connection "
                                  "is encrypted: encrypt the server's too, or use caching_sha2_password",
                                  plugin_));
      }
      break;
    }
    case my::LoginReply::error:
    case my::LoginReply::unknown:
      return refuse(mysql_errors::bad_handshake, "the server answered what is no part of a login");
  }
  for_client(step.to_client, body);
  return step;
}

LoginRelay::Step LoginRelay::more_data(Bytes body) {
  const Bytes data = *my::decode_more_data(body);
  if (stage_ == Stage::server_key) return encrypt(data);
  Step step;
  const bool full = plugin_ == caching_sha2_plugin && data == std::string_view(&my::caching_sha2::full, 1);
  if (full && legs_differ()) {
    if (!request_.tls && !settings_.key) return no_key();
    exchange_apart();
  }
  for_client(step.to_client, body);
  return step;
}

LoginRelay::Step LoginRelay::encrypt(Bytes key) {
  const auto encrypted = encrypt_password(key, password_, scramble_);
  wipe(password_);
  if (!encrypted) return refuse(mysql_errors::bad_handshake, "the server's public key cannot be used");
  stage_ = Stage::proving;
  Step step;
  for_server(step.to_server, *encrypted);
  return step;
}

LoginRelay::Step LoginRelay::decrypt(Bytes encrypted) {
  auto password = settings_.key->decrypt_password(encrypted, scramble_);
  if (!password)
    return refuse(mysql_errors::bad_handshake, "the client's password was not encrypted with the key it was given");
  stage_ = Stage::proving;
  Step step;
  for_server(step.to_server, *password);
  wipe(*password);
  return step;
}

std::string_view LoginRelay::key_request() const noexcept {
  static constexpr char sha256_request = 1;
  return {plugin_ == sha256_plugin ? &sha256_request : &my::caching_sha2::request_public_key, 1};
}

LoginRelay::Step LoginRelay::no_key() {
  return refuse(mysql_errors::insecure_transport, "this system's OpenSSL makes no RSA keys: use TLS to the proxy");
}

// 20 bytes, and a zero that is no part of it.
void LoginRelay::use_scramble(Bytes data) {
  if (data.ends_with('\0')) data.remove_suffix(1);
  scramble_ = data;
}

LoginRelay::Step LoginRelay::refuse(MysqlError error, std::string reason) {
  Step step{.verdict = Verdict::refused};
  step.to_client = error_for_client(error, reason);
  step.reason = std::move(reason);
  return step;
}

std::string LoginRelay::error_for_client(MysqlError error, std::string_view message) {
  std::string bytes;
  // In place of a greeting servers give no SQLSTATE: the two have agreed on nothing yet.
  my::append_error(bytes, greeted_ ? ++client_sequence_ : std::uint8_t{0},
                   {error.code, greeted_ ? error.sqlstate : std::string_view(), message});
  return bytes;
}

void LoginRelay::for_server(std::string& out, Bytes body) { my::append_message(out, ++server_sequence_, body); }

void LoginRelay::for_client(std::string& out, Bytes body) {
  my::append_message(out, greeted_ ? ++client_sequence_ : std::uint8_t{0}, body);
}

}  // namespace lockkeeper::proxy
