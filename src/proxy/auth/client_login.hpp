// A client's login, from the server's side: messages in; bytes to send and a verdict out. No socket, no clock.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/auth/credentials.hpp"
#include "proxy/auth/crypto.hpp"
#include "proxy/auth/method.hpp"
#include "proxy/auth/users.hpp"
#include "wire/postgres/frame.hpp"

namespace lockkeeper::proxy {

struct LoginRequest {
  AuthMethod method = AuthMethod::scram_sha_256;  ///< Neither automatic nor pass_through.
  std::string user;                               ///< As the start-up packet says.
  std::shared_ptr<const Users> users;             ///< Never null.
  LoginRandom random;                             ///< Fresh for every login.
};

struct Refusal {
  std::string sqlstate;
  std::string message;  ///< What the client is told: PostgreSQL's words, and nothing about why.
  std::string reason;   ///< For our log: why.
};

struct LoginStep {
  enum class Verdict { more, accepted, refused };
  Verdict verdict = Verdict::more;
  std::string bytes;  ///< To send: up to AuthenticationOk when accepted, ErrorResponse when refused.
  std::optional<Credentials> credentials;  ///< When accepted.
  std::optional<Refusal> refusal;          ///< When refused: close once the bytes are sent.
};

/// A wrong user, a user without a fitting secret and a wrong password are the same to the client: the same messages,
/// lengths and words, and nearly the same work. Used from one thread at a time.
class ClientLogin {
 public:
  explicit ClientLogin(LoginRequest request);

  /// Once, first.
  [[nodiscard]] LoginStep start();
  /// For every message, until the verdict is another than `more`. Bodies may be bounded by `most_login_body`.
  [[nodiscard]] LoginStep message(char type, wire::postgres::Bytes body);

  /// Longer ones are refused, so need not be read: a password, or a SASL message with its mechanism.
  static constexpr std::uint32_t most_login_body = most_scram_message + 64;

 private:
  enum class Awaits { start, password, md5, sasl_first, sasl_last, nothing };

  [[nodiscard]] LoginStep ask(Awaits awaits, std::string bytes);
  [[nodiscard]] LoginStep start_sasl();
  [[nodiscard]] LoginStep check_password(wire::postgres::Bytes body);
  [[nodiscard]] LoginStep check_md5(wire::postgres::Bytes body);
  [[nodiscard]] LoginStep sasl_first(wire::postgres::Bytes body);
  [[nodiscard]] LoginStep sasl_last(wire::postgres::Bytes body);
  [[nodiscard]] bool is_password(std::string_view password, std::string& reason) const;

  [[nodiscard]] LoginStep accept(Credentials credentials, std::string bytes = {});
  [[nodiscard]] LoginStep wrong_password(std::string reason);
  [[nodiscard]] LoginStep violation(std::string message, std::string reason);
  [[nodiscard]] LoginStep refuse_scram(const ScramFailure& failure);
  [[nodiscard]] LoginStep refuse(Refusal refusal, std::string_view detail);

  LoginRequest request_;
  const User* user_ = nullptr;  ///< Of the user file; nullptr: not there.
  Awaits awaits_ = Awaits::start;
  std::optional<ScramServer> scram_;
};

}  // namespace lockkeeper::proxy
