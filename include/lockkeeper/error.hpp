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
  constraint,            ///< A unique, foreign key, check or not-null constraint refused the statement.
  serialization,         ///< The transaction cannot be serialized with others: run it again from its beginning.
  deadlock,              ///< The database chose this transaction as a deadlock's victim: run it again.
  lock_not_available,    ///< NOWAIT, or a lock timeout: somebody else holds the lock.
  disk_full,             ///< The database has no room to write.
  conversion,            ///< A value cannot become the type that was asked for.

  // Said by pool and transactions, not by drivers.
  pool_timeout,         ///< No connection came free before the acquire timeout.
  pool_deadlock,        ///< Waiting could never end: every holder waits, directly or through locks, for this waiter.
  pool_closed,          ///< The pool is closed or closing.
  nested_acquire,       ///< A unit of work asked for a connection while holding one, and the policy is strict.
  reclaimed,            ///< The pool took the lease back: held longer than its leak policy allows.
  transaction_ended,    ///< The transaction is over; a reference to it was used afterwards.
  foreign_use,          ///< A transaction or lease was used by another thread than the one it belongs to.
  transaction_timeout,  ///< The transaction's own timeout has passed; it can only be rolled back.
  rollback_only,        ///< Commit was asked for, but somebody had marked the transaction: it was rolled back.
  propagation,          ///< There is a transaction where none may be, or none where one must be.
  mismatch,             ///< The inner transaction asks for what the outer one does not give.
  no_progress,          ///< A page of keys does not advance.
  conflict,             ///< The row's version has changed since it was read.
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
    case ErrorCode::constraint: return "constraint";
    case ErrorCode::serialization: return "serialization";
    case ErrorCode::deadlock: return "deadlock";
    case ErrorCode::lock_not_available: return "lock_not_available";
    case ErrorCode::disk_full: return "disk_full";
    case ErrorCode::conversion: return "conversion";
    case ErrorCode::pool_timeout: return "pool_timeout";
    case ErrorCode::pool_deadlock: return "pool_deadlock";
    case ErrorCode::pool_closed: return "pool_closed";
    case ErrorCode::nested_acquire: return "nested_acquire";
    case ErrorCode::reclaimed: return "reclaimed";
    case ErrorCode::transaction_ended: return "transaction_ended";
    case ErrorCode::foreign_use: return "foreign_use";
    case ErrorCode::transaction_timeout: return "transaction_timeout";
    case ErrorCode::rollback_only: return "rollback_only";
    case ErrorCode::propagation: return "propagation";
    case ErrorCode::mismatch: return "mismatch";
    case ErrorCode::no_progress: return "no_progress";
    case ErrorCode::conflict: return "conflict";
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
