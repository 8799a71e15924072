// One PostgreSQL session: what it may do, and what a failure leaves of it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <lockkeeper/connection.hpp>

#include "client/drivers/postgres_exchange.hpp"
#include "client/drivers/postgres_handles.hpp"

namespace lockkeeper::client {

class PostgresConnection : public Connection {
 public:
  explicit PostgresConnection(PgConnection connection);
  ~PostgresConnection() override { end(); }

  using Connection::execute;
  Rows execute(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) override;
  std::vector<Rows> execute_batch(std::span<const Statement> statements, Deadline deadline) override;
  [[nodiscard]] TransactionStatus transaction_status() const noexcept override;
  [[nodiscard]] std::unique_ptr<Canceller> canceller() override;
  [[nodiscard]] const ServerInfo& server() const noexcept override { return server_; }
  void close() noexcept override { end(); }

 private:
  std::vector<Rows> run(std::span<const Statement> statements, bool is_batch, Deadline deadline);
  void require_usable(std::span<const Statement> statements);
  [[nodiscard]] bool may_commit(std::span<const Statement> statements) const;
  [[noreturn]] void fail(Outcome outcome, TransactionStatus before, bool may_have_committed);
  [[nodiscard]] Error lost(Error error);
  void end() noexcept;
  static void keep_last_words(void* connection, const PGresult* notice) noexcept;

  PgConnection connection_;  // Null once closed.
  ServerInfo server_;
  std::shared_ptr<std::atomic<bool>> closed_ = std::make_shared<std::atomic<bool>>(false);
  std::optional<Error> last_words_;  // What the server said, unasked, before it ended the session.
};

}  // namespace lockkeeper::client
