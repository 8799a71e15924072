// One PostgreSQL session: what it may do, and what a failure leaves of it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/connection.hpp>

#include "client/drivers/kept_statements.hpp"
#include "client/drivers/postgres_exchange.hpp"
#include "client/drivers/postgres_handles.hpp"
#include "client/drivers/postgres_parameters.hpp"

namespace lockkeeper::client {

/// What is at stake when a statement is sent: the state before it, and whether a lost reply may have been a commit's.
struct Stakes {
  TransactionStatus before = TransactionStatus::unknown;
  bool may_commit = false;
};

class PostgresConnection : public Connection {
 public:
  PostgresConnection(PgConnection connection, std::size_t kept_statements);
  ~PostgresConnection() override { end(); }

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
  [[nodiscard]] void* native_handle() noexcept override;
  void close() noexcept override { end(); }

  // For its stream.
  [[nodiscard]] PGconn* handle() noexcept { return connection_.get(); }
  /// All of it has been read. Throws where it ended with an error.
  void end_stream(const Ending& ending, const Stakes& stakes);
  /// It was given up.
  void drop_stream(bool usable) noexcept;

 private:
  [[nodiscard]] Outcome exchange(std::span<const Step> steps, bool is_batch, Deadline deadline);
  [[nodiscard]] Outcome execute_by_plan(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline);
  void settle(const KeptStatements::Plan& plan, std::string_view sql, std::string_view reading, std::size_t releases,
              const Outcome& outcome);
  void say(const std::string& words, Deadline deadline);
  void begin_now(Deadline deadline);
  [[noreturn]] void fail_to_begin(const std::string& words, Ending ending);
  void require_usable() const;
  void require_alive();
  [[nodiscard]] Stakes look_before(std::span<const Step> steps);
  [[nodiscard]] bool may_commit(std::span<const Step> steps) const;
  [[noreturn]] void fail(const Ending& ending, const Stakes& stakes);
  [[nodiscard]] Error lost(Error error);
  void end() noexcept;
  static void keep_last_words(void* connection, const PGresult* notice) noexcept;

  PgConnection connection_;  // Null once closed.
  ServerInfo server_;
  KeptStatements kept_;
  BoundParameters bound_;
  std::string begin_words_;  // Not empty: a transaction is to begin, with its first statement.
  bool is_streaming_ = false;
  std::shared_ptr<std::atomic<bool>> closed_ = std::make_shared<std::atomic<bool>>(false);
  std::optional<Error> last_words_;  // What the server said, unasked, before it ended the session.
};

}  // namespace lockkeeper::client
