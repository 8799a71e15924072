// One MySQL or MariaDB session: what it may do, and what a failure leaves of it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <lockkeeper/connection.hpp>

#include "client/drivers/mysql_cancel.hpp"
#include "client/drivers/mysql_connect.hpp"
#include "client/drivers/mysql_cursor.hpp"
#include "client/drivers/mysql_patience.hpp"
#include "client/drivers/mysql_session.hpp"
#include "client/drivers/mysql_statements.hpp"

namespace lockkeeper::client::mysql {

class MysqlConnection : public Connection {
 public:
  MysqlConnection(Connected connected, const Plan& plan, const Facts& facts);
  ~MysqlConnection() override { close(); }

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
  [[nodiscard]] void* native_handle() noexcept override { return handle_.get(); }
  void close() noexcept override;

  // For its stream.
  [[nodiscard]] bool is_streaming() const noexcept { return streaming_ != nullptr; }
  [[nodiscard]] bool next_chunk(Rows& chunk, std::size_t most_rows, Deadline deadline);
  void abandon_stream() noexcept;

 private:
  // One statement on its way, and what its failure would mean.
  struct Running {
    Running(MysqlConnection& connection, std::string_view sql, std::span<const Parameter> bound, Deadline deadline);

    TransactionStatus before;
    bool may_commit;                        // A lost reply may have been a commit's.
    bool is_sent = false;                   // Before that nothing can have happened.
    std::span<const Parameter> parameters;  // Their values are kept out of messages.
    Patience patience;
    std::optional<Cursor> cursor;
    Fault fault;
  };

  // mysql_run.cpp
  Rows run(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline);
  void require_ready(Deadline deadline);
  void require_room(std::string_view sql, std::span<const Parameter> parameters) const;
  [[nodiscard]] Step begin_statement(Running& running, std::string_view sql);
  [[nodiscard]] Step begin_text(Running& running, std::string_view sql);
  [[nodiscard]] Step begin_prepared(Running& running, std::string_view sql);
  [[nodiscard]] Step prepare(Running& running, std::string_view sql, MYSQL_STMT*& statement);
  [[nodiscard]] Step look_for_placeholders(Running& running, std::string_view sql);
  [[nodiscard]] Rows read_all(Running& running);
  void settle(Running& running);
  [[noreturn]] void fail(Step step, Running& running);
  [[noreturn]] void lose(Error error, Running& running);
  [[nodiscard]] Step absorb_kill(Waiter& waiter);

  // mysql_stream.cpp
  [[noreturn]] void stop_stream();
  [[noreturn]] void fail_stream(Step step);
  [[nodiscard]] Step drop_rows(Running& running);

  // mysql_connection.cpp
  void require_open() const;
  void run_command(Result<void> (*command)(MYSQL*, Waiter&), Deadline deadline);
  std::vector<Rows> run_atomically(std::span<const Statement> statements, Deadline deadline);
  void roll_back() noexcept;
  void end() noexcept;

  Plan plan_;
  Facts facts_;
  ServerInfo server_;
  std::shared_ptr<const KillTarget> target_;
  std::shared_ptr<CancelGate> gate_ = std::make_shared<CancelGate>();
  Statements statements_;               // Before the handle: it must be freed after the session's end.
  Handle handle_;                       // Null once closed.
  std::unique_ptr<Running> streaming_;  // After the handle, with whose session it ends.
};

}  // namespace lockkeeper::client::mysql
