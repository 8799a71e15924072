// What went wrong between us and a database, and what is still usable afterwards.
//
// The public interface throws one class, Failure, which holds one Error. A handler asks the
// Error's properties (`code`, `sqlstate`, `blast`) instead of climbing a class hierarchy.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace lockkeeper {

/// How far the damage reaches: what must be given up before work can go on.
enum class Blast {
  statement,       ///< The statement failed; transaction (if any) and connection are as before.
  transaction,     ///< The open transaction can only be rolled back.
  connection,      ///< The connection is gone, or its state is unknown: discard it.
  commit_unknown,  ///< The connection died between COMMIT and its reply: it may have committed.
};

/// The classes of failure that a caller can act on differently. What the server said in detail is in `sqlstate`.
enum class ErrorCode {
  unreachable,           ///< No server answered at that address (refused, no route, no such host or socket).
  authentication,        ///< The server refused who we say we are (wrong password, no pg_hba.conf line, no such role).
  unknown_database,      ///< The server has no database of that name.
  too_many_connections,  ///< The server (or the role, or the database) has no connection slot left.
  not_ready,             ///< The server is starting up, shutting down or recovering.
  protocol,              ///< What answered does not speak the expected protocol.
  connection_lost,       ///< An established connection ended: the server went away or ended our session.
  deadline,              ///< The deadline passed first. Blast tells whether the connection survived it.
  cancelled,             ///< The statement was cancelled, by us or by somebody else.
  permission,            ///< The role may not do this.
  configuration,         ///< The URL, the service file or another setting is wrong; nothing was sent.
  server_error,          ///< Any other error that the server reported; see `sqlstate`.
  misuse,                ///< The caller broke this interface's rules (for example: execute after close).
};

[[nodiscard]] constexpr std::string_view to_string(Blast blast) noexcept {
  switch (blast) {
    case Blast::statement: return "statement";
    case Blast::transaction: return "transaction";
    case Blast::connection: return "connection";
    case Blast::commit_unknown: return "commit_unknown";
  }
  return "connection";
}

[[nodiscard]] constexpr std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::unreachable: return "unreachable";
    case ErrorCode::authentication: return "authentication";
    case ErrorCode::unknown_database: return "unknown_database";
    case ErrorCode::too_many_connections: return "too_many_connections";
    case ErrorCode::not_ready: return "not_ready";
    case ErrorCode::protocol: return "protocol";
    case ErrorCode::connection_lost: return "connection_lost";
    case ErrorCode::deadline: return "deadline";
    case ErrorCode::cancelled: return "cancelled";
    case ErrorCode::permission: return "permission";
    case ErrorCode::configuration: return "configuration";
    case ErrorCode::server_error: return "server_error";
    case ErrorCode::misuse: return "misuse";
  }
  return "server_error";
}

/// One failure. A plain value; never holds a password or a parameter's value.
struct Error {
  ErrorCode code = ErrorCode::server_error;
  std::string sqlstate;  ///< Five characters as the server sent them; empty where no server spoke.
  std::string message;   ///< One or more lines for a human, without a trailing newline.
  Blast blast = Blast::connection;
};

/// The one exception of the public interface.
class Failure : public std::exception {
 public:
  explicit Failure(Error error) : error_(std::move(error)) {}

  [[nodiscard]] const Error& error() const noexcept { return error_; }
  [[nodiscard]] const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

}  // namespace lockkeeper
