// One connection to an SQLite database: what it may do, and what a failure leaves of it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/connection.hpp>

#include "client/drivers/sqlite_execution.hpp"
#include "client/drivers/sqlite_interruption.hpp"
#include "client/drivers/sqlite_locks.hpp"
#include "client/drivers/sqlite_open.hpp"
#include "client/drivers/sqlite_statements.hpp"

namespace lockkeeper::client::sqlite {

class SqliteStream;

class SqliteConnection : public Connection {
 public:
  SqliteConnection(Session session, std::size_t kept_statements);
  ~SqliteConnection() override { end(); }

  using Connection::execute;
  Rows execute(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) override;
  std::vector<Rows> execute_batch(std::span<const Statement> statements, Deadline deadline) override;
  [[nodiscard]] std::unique_ptr<RowStream> stream(std::string_view sql, std::span<const Parameter> parameters,
                                                  std::size_t chunk_rows, Deadline deadline) override;
  void begin(const BeginOptions& options, Deadline deadline) override;
  void ping(Deadline deadline) override;
  void reset(Deadline deadline) override;
  [[nodiscard]] std::vector<LockWait> lock_waits(std::span<const std::int64_t> waiters, Deadline deadline) override;
  [[nodiscard]] TransactionStatus transaction_status() const noexcept override;
  [[nodiscard]] std::unique_ptr<Canceller> canceller() override;
  [[nodiscard]] const ServerInfo& server() const noexcept override { return server_; }
  [[nodiscard]] void* native_handle() noexcept override {
    if (lock_share_) lock_share_->distrust();
    return session_.database.get();
  }
  void close() noexcept override { end(); }

  // For its stream.
  [[nodiscard]] sqlite3* database() noexcept { return session_.database.get(); }
  [[nodiscard]] Interruption& interruption() noexcept { return *session_.interruption; }
  [[nodiscard]] StatementInUse statement_for(std::string_view sql);
  /// It has ended. `failed`: with this.
  void end_stream(const Error* failed) noexcept;

 private:
  class Attempt;

  /// Does `action` while cancellers and the deadline can stop it.
  template <class Action>
  auto attempt(Deadline deadline, const Action& action);
  [[nodiscard]] Rows run(std::string_view sql, std::span<const Parameter> parameters = {});
  /// Words of our own: no pragma among them counts as the user's.
  void say(std::string_view sql);
  [[nodiscard]] std::vector<Rows> run_all(std::span<const Statement> statements);
  [[nodiscard]] std::vector<Rows> run_as_transaction(std::span<const Statement> statements);
  void roll_back() noexcept;
  /// A transaction for writing takes the write lock at once: one that has read could be refused it later. Where nobody
  /// can write it reads, as on a standby.
  [[nodiscard]] std::string_view begin_words(bool for_writing) const noexcept {
    return for_writing && session_.is_writable ? "BEGIN IMMEDIATE" : "BEGIN";
  }
  [[nodiscard]] bool is_open() const noexcept { return sqlite3_get_autocommit(session_.database.get()) == 0; }
  void require_usable() {
    if (!session_.database || stream_ != nullptr || is_read_only_) look_at_usability();
  }
  void look_at_usability();
  void enter_read_only();
  void set_query_only(std::string_view pragma);
  /// Where the read-only transaction has ended, in whatever way.
  void leave_read_only();
  /// Where it fails it is tried again before the next statement.
  void try_to_leave_read_only() noexcept;
  void tell_locks() noexcept;
  void end() noexcept;

  Session session_;                        // Its database is null once closed.
  std::unique_ptr<LockShare> lock_share_;  // Null once closed.
  ServerInfo server_;
  Statements statements_;
  SqliteStream* stream_ = nullptr;  // What is open.
  bool is_read_only_ = false;       // begin has set PRAGMA query_only, and it is still on.
  bool has_used_pragmas_ = false;   // The user, since the last reset.
};

/// While it lives, cancellers and the deadline can stop what the connection does.
class SqliteConnection::Attempt {
 public:
  Attempt(SqliteConnection& owner, Deadline deadline) noexcept : owner_(owner) { owner.interruption().start(deadline); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() {
    owner_.interruption().finish();
    if (owner_.is_read_only_) owner_.try_to_leave_read_only();
    owner_.tell_locks();
  }

 private:
  SqliteConnection& owner_;
};

template <class Action>
auto SqliteConnection::attempt(Deadline deadline, const Action& action) {
  require_usable();
  if (has_passed(deadline)) throw Failure(too_late("the statement was not begun"));
  try {
    const Attempt attempt(*this, deadline);
    return action();
  } catch (const Failure& failure) {
    if (failure.error().blast == Blast::connection) end();
    throw;
  }
}

}  // namespace lockkeeper::client::sqlite
