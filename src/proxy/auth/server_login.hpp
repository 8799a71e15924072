// A login to a server, from the client's side: the server's authentication requests in; answers out. No socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/auth/credentials.hpp"
#include "wire/postgres/backend.hpp"

namespace lockkeeper::proxy {

/// What the connection to the server is like.
struct ServerLink {
  std::string address;     ///< For messages: "10.0.0.5:5432".
  bool encrypted = false;  ///< TLS is established.
  bool loopback = false;   ///< Nobody but this machine can listen: 127/8, ::1, a Unix socket.
};

struct ServerLoginStep {
  enum class Verdict { more, accepted, failed };
  Verdict verdict = Verdict::more;
  std::string bytes;   ///< To send; may be empty.
  std::string reason;  ///< When failed: what happened and what to do; never holds a secret.
};

/// Takes what the server may ask: nothing, the password (only where nobody can listen), md5, SCRAM-SHA-256. An
/// ErrorResponse of the server is its caller's affair. Used from one thread at a time.
class ServerLogin {
 public:
  /// `nonce`: LoginRandom's, fresh for every login.
  ServerLogin(Credentials credentials, ServerLink link, std::string nonce);

  /// For every message of type 'R', until the verdict is another than `more`.
  [[nodiscard]] ServerLoginStep authentication(wire::postgres::Bytes body);

  /// Once accepted by SCRAM: keys that spare the next login to this server its work. Keep them with the password.
  [[nodiscard]] std::optional<ScramKeys> learned() const;

 private:
  [[nodiscard]] ServerLoginStep ok();
  [[nodiscard]] ServerLoginStep cleartext();
  [[nodiscard]] ServerLoginStep md5(wire::postgres::Bytes salt);
  [[nodiscard]] ServerLoginStep sasl(wire::postgres::Bytes mechanisms);
  [[nodiscard]] ServerLoginStep sasl_continue(wire::postgres::Bytes message);
  [[nodiscard]] ServerLoginStep sasl_final(wire::postgres::Bytes message);
  [[nodiscard]] ServerLoginStep failed(std::string_view what);
  [[nodiscard]] ServerLoginStep cannot(std::string_view method, std::string_view remedy);
  [[nodiscard]] ServerLoginStep lacks(std::string_view method, std::string_view has, std::string_view remedy);
  [[nodiscard]] std::string_view what_we_have() const noexcept;

  Credentials credentials_;
  ServerLink link_;
  std::string nonce_;
  std::optional<ScramClient> scram_;
  bool proved_ = false;    ///< The server has, by SCRAM.
  bool answered_ = false;  ///< Something was asked; a second question would be a trick.
  bool over_ = false;
};

}  // namespace lockkeeper::proxy
