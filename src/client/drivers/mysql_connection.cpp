#include "client/drivers/mysql_connection.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "client/drivers/mysql_commit_words.hpp"
#include "client/drivers/mysql_errors.hpp"
#include "client/drivers/mysql_lock_waits.hpp"

namespace lockkeeper::client::mysql {
namespace {

// What rolling back may take once its caller's deadline has passed.
constexpr std::chrono::seconds rollback_time{1};

ServerInfo describe(const Plan& plan, const Facts& facts) {
  ServerInfo server;
  server.product = facts.is_mariadb ? "MariaDB" : "MySQL";
  server.engine = facts.is_mariadb ? Engine::mariadb : Engine::mysql;
  server.version = version_number(facts.version);
  server.host = plan.host.empty() ? plan.socket : plan.host;
  server.port = plan.host.empty() ? "" : std::to_string(plan.port);
  server.user = facts.user;
  server.database = facts.database;
  server.backend_id = facts.connection_id;
  return server;
}

std::string_view level_name(Isolation isolation) {
  switch (isolation) {
    case Isolation::read_uncommitted: return "READ UNCOMMITTED";
    case Isolation::read_committed: return "READ COMMITTED";
    case Isolation::repeatable_read: return "REPEATABLE READ";
    case Isolation::serializable: break;
  }
  return "SERIALIZABLE";
}

Failure ended_inside(std::size_t index) {
  return Failure(misuse("statement " + std::to_string(index + 1) +
                        " of the batch has ended the batch's transaction: what came before it is committed"));
}

}  // namespace

MysqlConnection::MysqlConnection(Connected connected, const Plan& plan, const Facts& facts)
    : plan_(plan),
      facts_(facts),
      server_(describe(plan, facts)),
      target_(std::make_shared<KillTarget>(
          KillTarget{std::move(connected.same_place), facts.connection_id, facts.identity})),
      statements_(plan.kept_statements),
      handle_(std::move(connected.handle)) {}

Rows MysqlConnection::execute(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) {
  return run(sql, parameters, deadline);
}

std::vector<Rows> MysqlConnection::execute_batch(std::span<const Statement> statements, Deadline deadline) {
  require_open();
  const bool in_transaction = transaction_status() == TransactionStatus::open;
  if (!in_transaction && statements.size() > 1) return run_atomically(statements, deadline);
  std::vector<Rows> results;
  for (const Statement& statement : statements) results.push_back(run(statement.sql, statement.parameters, deadline));
  return results;
}

std::vector<Rows> MysqlConnection::run_atomically(std::span<const Statement> statements, Deadline deadline) {
  const auto ends = [](const Statement& statement) { return may_end_transaction(statement.sql); };
  if (std::ranges::any_of(statements, ends)) {
    throw Failure(
        misuse("a batch outside a transaction commits all or nothing, so none of its statements may commit "
               "by itself (COMMIT, CREATE, ALTER, CALL ...); nothing was sent"));
  }
  std::vector<Rows> results;
  run("START TRANSACTION", {}, deadline);
  try {
    for (const Statement& statement : statements) {
      results.push_back(run(statement.sql, statement.parameters, deadline));
      if (transaction_status() != TransactionStatus::open) throw ended_inside(results.size() - 1);
    }
    run("COMMIT", {}, deadline);
  } catch (const Failure& failure) {
    roll_back();
    Error error = failure.error();
    // The transaction was the batch's own.
    if (error.blast == Blast::transaction) error.blast = Blast::statement;
    throw Failure(std::move(error));
  } catch (...) {
    roll_back();
    throw;
  }
  return results;
}

// Ends the transaction, and forgets the isolation that SET TRANSACTION has left for the next one.
void MysqlConnection::roll_back() noexcept {
  if (!handle_) return;
  try {
    run("ROLLBACK", {}, std::chrono::steady_clock::now() + rollback_time);
  } catch (...) {
    end();  // Nobody must go on in a transaction that is not his.
  }
}

void MysqlConnection::begin(const BeginOptions& options, Deadline deadline) {
  require_open();
  // The server would commit the open one without a word.
  if (transaction_status() == TransactionStatus::open) throw Failure(misuse("a transaction is open already"));
  try {
    if (options.isolation) {
      run("SET TRANSACTION ISOLATION LEVEL " + std::string(level_name(*options.isolation)), {}, deadline);
    }
    run(options.read_only ? "START TRANSACTION READ ONLY" : "START TRANSACTION", {}, deadline);
  } catch (const Failure&) {
    roll_back();
    throw;
  }
}

void MysqlConnection::ping(Deadline deadline) { run_command(&mysql::ping, deadline); }

void MysqlConnection::reset(Deadline deadline) {
  require_open();
  if (transaction_status() == TransactionStatus::open) {
    throw Failure(misuse("a session cannot be reset inside a transaction"));
  }
  run_command(&mysql::reset, deadline);
  statements_.forget_all();
  UntilDeadline waiter(deadline);
  if (auto done = apply_settings(handle_.get(), plan_, waiter); !done) {
    done.error().blast = Blast::connection;  // It would not be the session that its owner knows.
    end();
    throw Failure(std::move(done.error()));
  }
}

// A command that runs no statement: it cannot be killed, and it commits nothing.
void MysqlConnection::run_command(Result<void> (*command)(MYSQL*, Waiter&), Deadline deadline) {
  require_ready(deadline);
  UntilDeadline waiter(deadline);
  auto done = command(handle_.get(), waiter);
  if (done) return;
  Error error = std::move(done.error());
  if (error.code != ErrorCode::deadline) error.code = ErrorCode::connection_lost;
  error.blast = Blast::connection;
  end();
  throw Failure(std::move(error));
}

std::vector<LockWait> MysqlConnection::lock_waits(std::span<const std::int64_t> waiters, Deadline deadline) {
  require_open();
  if (waiters.empty()) return {};
  if (server_.engine == Engine::mariadb) {
    const Deadline turn = std::min(deadline, reserve_look(facts_.identity));
    std::this_thread::sleep_until(turn);  // tidy: waits for its turn; InnoDB's view is made anew once in 100 ms
  }
  try {
    const Rows rows = run(lock_waits_sql(server_.engine, waiters), {}, deadline);
    if (server_.engine == Engine::mariadb) note_look(facts_.identity);
    return read_lock_waits(rows);
  } catch (const Failure& failure) {
    if (!is_hidden_view(failure.error())) throw;
    return {};
  }
}

TransactionStatus MysqlConnection::transaction_status() const noexcept {
  if (!handle_ || is_streaming()) return TransactionStatus::unknown;
  const bool is_open = (handle_.get()->server_status & SERVER_STATUS_IN_TRANS) != 0;
  return is_open ? TransactionStatus::open : TransactionStatus::idle;
}

std::unique_ptr<Canceller> MysqlConnection::canceller() { return std::make_unique<MysqlCanceller>(target_, gate_); }

void MysqlConnection::require_open() const {
  if (!handle_) throw Failure(misuse("the connection is closed", Blast::connection));
  if (is_streaming()) throw Failure(misuse("a stream is open on this connection"));
}

void MysqlConnection::close() noexcept {
  gate_->close();
  const bool is_busy = std::exchange(streaming_, nullptr) != nullptr;
  if (is_busy) handle_.cut();
  handle_.close();
  statements_.forget_all();
}

// After a failure: no goodbye.
void MysqlConnection::end() noexcept {
  gate_->close();
  streaming_.reset();
  handle_.cut();
  statements_.forget_all();
}

}  // namespace lockkeeper::client::mysql
