// A login that passes between a client and its server, as a machine: what each is told of what the other says.
//
// Pure: whole messages in, bytes and a verdict out. The server asks, the client proves, and we pass on; but each leg
// has TLS of its own, so each counts its packets on its own, and where one leg is encrypted and the other is not,
// the exchange by which caching_sha2_password and sha256_password send a password is made once with each
// (password_key.hpp). What we could not pass on later is
// not offered: compression, and capabilities that nobody here knows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/auth/secret.hpp"
#include "proxy/config.hpp"
#include "proxy/mysql/errors.hpp"
#include "proxy/mysql/password_key.hpp"
#include "wire/mysql/login.hpp"

namespace lockkeeper::proxy {

/// Plugins whose clients send the password itself, under TLS at least. Of these sha256_password has another way
/// without.
[[nodiscard]] bool sends_password(std::string_view plugin) noexcept;

struct LoginRelaySettings {
  ClientTlsMode client_tls = ClientTlsMode::disable;
  ServerTlsMode server_tls = ServerTlsMode::prefer;
  std::shared_ptr<const PasswordKey> key;  ///< nullptr: a client without TLS cannot send its password to us.
};

/// What is to be done, in this order: `to_server` is sent, TLS begun, `to_server_then` sent, `to_client` sent.
struct LoginRelayStep {
  enum class Verdict : std::uint8_t {
    go_on,
    identified,  ///< As go_on, and `request()` says who the client is: not a byte of it has gone to the server yet.
    accepted,    ///< The server has let it in. What follows are commands.
    refused,     ///< By the server, in its own words, or by us: `reason` is not empty then. Both connections end.
  };
  Verdict verdict = Verdict::go_on;
  bool client_tls = false;  ///< Begin TLS with the client: its next message comes in it.
  bool server_tls = false;  ///< Begin TLS with the server.
  std::string to_server = {};
  std::string to_server_then = {};
  std::string to_client = {};
  std::string reason = {};  ///< For the log.
};

class LoginRelay {
 public:
  using Bytes = wire::mysql::Bytes;
  using Step = LoginRelayStep;

  explicit LoginRelay(LoginRelaySettings settings) : settings_(std::move(settings)) {}
  LoginRelay(const LoginRelay&) = delete;
  LoginRelay& operator=(const LoginRelay&) = delete;
  ~LoginRelay() { wipe(password_); }

  /// A whole message's body, at most wire::mysql::most_login bytes, and its packet's number.
  [[nodiscard]] Step server(Bytes body, std::uint8_t sequence);
  [[nodiscard]] Step client(Bytes body, std::uint8_t sequence);
  /// What to say to a client that is turned away now.
  [[nodiscard]] std::string error_for_client(MysqlError error, std::string_view message);

  /// Whether the next message is the client's to send: what it sends before is none of ours to read.
  [[nodiscard]] bool client_speaks() const noexcept { return stage_ != Stage::greeting; }

  // --- Once it is identified ---
  struct Request {
    wire::mysql::Capabilities capabilities;  ///< Of both sides, as far as we pass them on.
    std::string user;
    std::string database;
    std::string application;  ///< The attribute program_name, else _client_name.
    bool tls = false;         ///< Of the client's leg.
  };
  [[nodiscard]] const Request& request() const noexcept { return request_; }
  [[nodiscard]] std::uint32_t connection_id() const noexcept { return connection_id_; }
  [[nodiscard]] const std::string& server_version() const noexcept { return server_version_; }
  [[nodiscard]] bool server_has_tls() const noexcept { return server_tls_; }
  /// One is encrypted, and the other is not.
  [[nodiscard]] bool legs_differ() const noexcept { return request_.tls != server_tls_; }
  /// Whose words pass now.
  [[nodiscard]] const std::string& plugin() const noexcept { return plugin_; }
  /// Of the OK that ended it; once it is accepted.
  [[nodiscard]] wire::mysql::Status status() const noexcept { return status_; }

 private:
  enum class Stage : std::uint8_t {
    greeting,
    request,
    proving,             // Messages pass as they are.
    clear_password,      // The client, under TLS, sends the password itself; the server must get it encrypted.
    server_key,          // ... and was asked for its key.
    key_request,         // The client, without TLS, asks for the key; the server, under TLS, wants the password itself.
    encrypted_password,  // ... and has got ours.
  };

  [[nodiscard]] Step greet(Bytes body);
  [[nodiscard]] Step take_request(Bytes body);
  [[nodiscard]] Step reply(Bytes body);
  [[nodiscard]] Step more_data(Bytes body);
  [[nodiscard]] Step encrypt(Bytes key);
  [[nodiscard]] Step decrypt(Bytes encrypted);
  [[nodiscard]] std::string request_for_server(const wire::mysql::LoginRequest& request, Step& step);
  [[nodiscard]] Step refuse(MysqlError error, std::string reason);
  void use_scramble(Bytes data);
  /// Makes an exchange of a password with each leg, where they differ.
  void exchange_apart() noexcept { stage_ = request_.tls ? Stage::clear_password : Stage::key_request; }
  [[nodiscard]] std::string_view key_request() const noexcept;
  [[nodiscard]] Step no_key();
  void for_server(std::string& out, Bytes body);
  void for_client(std::string& out, Bytes body);

  LoginRelaySettings settings_;
  Stage stage_ = Stage::greeting;
  std::uint8_t server_sequence_ = 0;  // The last packet's, on each leg.
  std::uint8_t client_sequence_ = 0;
  bool greeted_ = false;
  wire::mysql::Capabilities offered_;  // To the client.
  bool server_tls_ = false;
  std::string greeting_plugin_;
  std::string plugin_;
  std::string scramble_;  // Of the plugin.
  std::string password_;  // Of the client, while the server's key is on its way.
  Request request_;
  std::uint32_t connection_id_ = 0;
  std::string server_version_;
  wire::mysql::Status status_;
};

}  // namespace lockkeeper::proxy
