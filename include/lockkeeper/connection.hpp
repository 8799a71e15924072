// One connection to one database server, as narrow as the doctor and the pool need it.
//
// Everything that waits takes an absolute deadline. The truth about transactions is the status the
// server last reported, never a guess from the SQL text.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/error.hpp>
#include <lockkeeper/parameter.hpp>
#include <lockkeeper/rows.hpp>

namespace lockkeeper {

/// An absolute point on the monotonic clock: immune to wall-clock jumps, never re-armed.
using Deadline = std::chrono::steady_clock::time_point;

/// What the server last said about our transaction. PostgreSQL: ReadyForQuery's I, T or E. MySQL and MariaDB:
/// SERVER_STATUS_IN_TRANS of the last reply. SQLite: sqlite3_get_autocommit.
enum class TransactionStatus {
  idle,     ///< No transaction is open.
  open,     ///< A transaction is open and usable.
  failed,   ///< A transaction is open, has failed, and can only be rolled back (PostgreSQL alone).
  unknown,  ///< The connection is lost, closed, or in the middle of something.
};

/// The database behind a connection, where a caller's SQL has to differ.
enum class Engine { postgres, mysql, mariadb, sqlite };

/// The four levels of the SQL standard. SQLite gives serializable whatever is asked for: never less.
enum class Isolation { read_uncommitted, read_committed, repeatable_read, serializable };

/// How a transaction begins.
struct BeginOptions {
  std::optional<Isolation> isolation = {};  ///< Nothing: the session's default.
  bool read_only = false;
  bool deferrable =
      false;  ///< PostgreSQL, with serializable and read_only: waits for a safe snapshot, then never fails.
  /// It may go to the server with the first statement, which spares a round trip; then that fails where it cannot
  /// begin. Until then the server knows of no transaction, though transaction_status says `open`. PostgreSQL; others
  /// begin at once.
  bool with_first_statement = false;
};

/// One statement of a batch. `sql` is exactly one statement; placeholders are the server's own ($1 on PostgreSQL, ? on
/// MySQL and MariaDB, either on SQLite).
struct Statement {
  std::string_view sql;
  std::vector<Parameter> parameters;
};

/// What a connection tells about its server, fixed when the connection is made.
struct ServerInfo {
  std::string product;  ///< "PostgreSQL", "MySQL", "MariaDB", "SQLite"
  int version = 0;  ///< major * 10000 + minor: 150020 is PostgreSQL 15.20. Others: major * 10000 + minor * 100 + patch.
  std::string host;  ///< Where we are connected: host name, address or socket folder. SQLite: empty.
  std::string port;
  std::string user;
  std::string database;  ///< SQLite: the file.
  std::int64_t backend_id =
      0;  ///< The session's id on the server (PostgreSQL: backend pid). SQLite: below 0, of this process.
  Engine engine = Engine::postgres;
};

/// Session `waiter` waits for a lock that session `blocker` holds or is queued for ahead of it. Backend ids.
struct LockWait {
  std::int64_t waiter = 0;
  std::int64_t blocker = 0;
};

/// Asks the server to stop what a connection is running. Outlives its connection and may be used from any thread.
class Canceller {
 public:
  virtual ~Canceller() = default;

  /// Sends the request and returns once the server has taken it; whether a statement was running, and
  /// whether it stops, is seen by whoever executes it. Throws Failure where the server cannot be reached.
  virtual void cancel(Deadline deadline) = 0;
};

/// The rows of one running statement, chunk by chunk, in bounded memory. Belongs to its connection, which takes
/// nothing else until the stream has ended or is destroyed, and which must outlive it.
class RowStream {
 public:
  RowStream() = default;
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;

  /// Abandons what was not read: the statement is cancelled and the rest drained within about a second; where
  /// that fails the connection is closed. Never throws.
  virtual ~RowStream() = default;

  /// Replaces the chunk's rows by the next ones: at least one row, at most the stream's chunk size; what has arrived is
  /// given without waiting for a full chunk. False at the end. Throws Failure as Connection::execute; the stream has
  /// ended then.
  virtual bool next(Rows& chunk, Deadline deadline) = 0;
};

/// A connection belongs to one thread at a time; only its Canceller may be used from others.
/// Destroying it closes it and never throws.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  /// Runs one statement and returns its rows.
  ///
  /// Outside a transaction it commits by itself. Throws Failure: with blast `statement` or `transaction`
  /// the connection goes on; with `connection` or `commit_unknown` it is closed. When the deadline passes,
  /// the statement is cancelled out of band and given a short grace; if the server answers within it,
  /// the connection survives (code `deadline`, blast `statement` or `transaction`).
  ///
  /// A statement is prepared on the server and kept in the connection's cache of least recently used statements
  /// (Target::prepared_statements). A kept statement that the server has made invalid (a changed table, DISCARD)
  /// is prepared anew where nothing was lost by it; inside a PostgreSQL transaction it fails like any other statement.
  virtual Rows execute(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) = 0;

  /// Runs statements in one round trip (SQLite: one after another) and returns the rows of each, in order.
  ///
  /// Outside a transaction they form one transaction of their own: all commit or none. The first error
  /// ends the batch and is thrown. An empty batch does nothing.
  virtual std::vector<Rows> execute_batch(std::span<const Statement> statements, Deadline deadline) = 0;

  /// Runs one statement whose rows are read as they come, at most `chunk_rows` (>= 1) at a time. Throws as execute.
  /// Until the stream is gone, every other call but transaction_status, canceller, server and close throws `misuse`.
  [[nodiscard]] virtual std::unique_ptr<RowStream> stream(std::string_view sql, std::span<const Parameter> parameters,
                                                          std::size_t chunk_rows, Deadline deadline) = 0;

  /// Opens a transaction, in one round trip where the server allows it. Throws `misuse` where the server cannot
  /// begin what was asked for, and leaves no transaction open whenever it throws on a connection that lives on.
  virtual void begin(const BeginOptions& options, Deadline deadline) = 0;

  /// Asks the server for a sign of life, at the least possible cost. Throws Failure. A transaction that was to begin
  /// with its first statement has begun then.
  virtual void ping(Deadline deadline) = 0;

  /// Puts the session's state back to what it was after connecting (PostgreSQL: DISCARD ALL; MySQL and MariaDB:
  /// COM_RESET_CONNECTION; SQLite: nothing but pragmas that begin has set). Not inside a transaction.
  virtual void reset(Deadline deadline) = 0;

  /// Who holds up whom among these sessions of the server, by the server's own lock tables, only pairs whose waiter is
  /// listed. Empty where the role may not see it. SQLite: for a file's write lock, among this process's connections;
  /// one whose native_handle() was taken holds up nobody as far as it is known. Throws as execute.
  [[nodiscard]] virtual std::vector<LockWait> lock_waits(std::span<const std::int64_t> waiters, Deadline deadline) = 0;

  [[nodiscard]] virtual TransactionStatus transaction_status() const noexcept = 0;

  /// Never null. On a closed connection the canceller throws Failure when used.
  [[nodiscard]] virtual std::unique_ptr<Canceller> canceller() = 0;

  [[nodiscard]] virtual const ServerInfo& server() const noexcept = 0;

  /// The client library's own handle: PGconn*, MYSQL* or sqlite3*; null once closed. Ours to free. Whoever ends
  /// or begins transactions through it is seen by the server's status all the same.
  [[nodiscard]] virtual void* native_handle() noexcept = 0;

  /// Says goodbye and gives the socket back. Safe to call twice. Afterwards only transaction_status
  /// (unknown), server and close may be used; execute throws Failure with code `misuse`.
  virtual void close() noexcept = 0;

  /// Convenience: one statement without parameters.
  Rows execute(std::string_view sql, Deadline deadline) { return execute(sql, {}, deadline); }
};

}  // namespace lockkeeper
