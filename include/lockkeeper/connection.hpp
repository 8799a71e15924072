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
#include <utility>
#include <vector>

#include <lockkeeper/error.hpp>

namespace lockkeeper {

/// An absolute point on the monotonic clock: immune to wall-clock jumps, never re-armed.
using Deadline = std::chrono::steady_clock::time_point;

/// What the server last said about our transaction. PostgreSQL: ReadyForQuery's I, T or E.
enum class TransactionStatus {
  idle,     ///< No transaction is open.
  open,     ///< A transaction is open and usable.
  failed,   ///< A transaction is open, has failed, and can only be rolled back.
  unknown,  ///< The connection is lost, closed, or in the middle of something.
};

/// One parameter in text form; nullopt is SQL NULL. The view must live until execute returns.
using Parameter = std::optional<std::string_view>;

/// The rows of one statement, owned: still valid after the connection has gone.
/// All cells are in the server's text form. Row and column indexes start at 0 and must be in range.
class Rows {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return columns_.empty() ? 0 : cells_.size() / columns_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }

  /// The cell's text, or nullopt for SQL NULL. The view lives as long as this object is unchanged.
  [[nodiscard]] std::optional<std::string_view> cell(std::size_t row, std::size_t column) const {
    const Cell& found = cells_.at(row * columns_.size() + column);
    if (found.length < 0) return std::nullopt;
    return std::string_view(bytes_).substr(found.offset, static_cast<std::size_t>(found.length));
  }

  /// Rows inserted, updated, deleted or selected, as the server counted; 0 where it does not count.
  [[nodiscard]] std::uint64_t affected() const noexcept { return affected_; }

  // For drivers: build the value cell by cell, row after row.
  void set_columns(std::vector<std::string> names) { columns_ = std::move(names); }
  void set_affected(std::uint64_t count) noexcept { affected_ = count; }
  void append(std::optional<std::string_view> text) {
    cells_.push_back({bytes_.size(), text ? static_cast<std::int64_t>(text->size()) : -1});
    if (text) bytes_.append(*text);
  }

 private:
  struct Cell {
    std::size_t offset;
    std::int64_t length;  // -1: NULL
  };
  std::vector<std::string> columns_;
  std::vector<Cell> cells_;
  std::string bytes_;
  std::uint64_t affected_ = 0;
};

/// One statement of a batch. `sql` is exactly one statement; placeholders are the server's own ($1 on PostgreSQL).
struct Statement {
  std::string_view sql;
  std::vector<Parameter> parameters;
};

/// What a connection tells about its server, fixed when the connection is made.
struct ServerInfo {
  std::string product;  ///< "PostgreSQL"
  int version = 0;      ///< major * 10000 + minor: 150020 is PostgreSQL 15.20.
  std::string host;     ///< Where we are connected: host name, address or socket folder.
  std::string port;
  std::string user;
  std::string database;
  std::int64_t backend_id = 0;  ///< The session's id on the server (PostgreSQL: backend pid).
};

/// Asks the server to stop what a connection is running. Outlives its connection and may be used from any thread.
class Canceller {
 public:
  virtual ~Canceller() = default;

  /// Sends the request and returns once the server has taken it; whether a statement was running, and
  /// whether it stops, is seen by whoever executes it. Throws Failure where the server cannot be reached.
  virtual void cancel(Deadline deadline) = 0;
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
  virtual Rows execute(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) = 0;

  /// Runs statements in one round trip and returns the rows of each, in order.
  ///
  /// Outside a transaction they form one implicit transaction: all commit or none. The first error
  /// ends the batch and is thrown. An empty batch does nothing.
  virtual std::vector<Rows> execute_batch(std::span<const Statement> statements, Deadline deadline) = 0;

  [[nodiscard]] virtual TransactionStatus transaction_status() const noexcept = 0;

  /// Never null. On a closed connection the canceller throws Failure when used.
  [[nodiscard]] virtual std::unique_ptr<Canceller> canceller() = 0;

  [[nodiscard]] virtual const ServerInfo& server() const noexcept = 0;

  /// Says goodbye and gives the socket back. Safe to call twice. Afterwards only transaction_status
  /// (unknown), server and close may be used; execute throws Failure with code `misuse`.
  virtual void close() noexcept = 0;

  /// Convenience: one statement with text parameters.
  Rows execute(std::string_view sql, Deadline deadline) { return execute(sql, {}, deadline); }
};

}  // namespace lockkeeper
