#include "client/drivers/postgres_connection.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/assert.hpp"
#include "client/drivers/commit_words.hpp"
#include "client/drivers/postgres_canceller.hpp"
#include "client/drivers/postgres_errors.hpp"
#include "client/drivers/socket_wait.hpp"

namespace lockkeeper::client {
namespace {

std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

ServerInfo describe(PGconn* connection) {
  return {"PostgreSQL",
          PQserverVersion(connection),
          text_or_empty(PQhost(connection)),
          text_or_empty(PQport(connection)),
          text_or_empty(PQuser(connection)),
          text_or_empty(PQdb(connection)),
          PQbackendPID(connection)};
}

bool holds_zero_byte(const Statement& statement) {
  const auto in_parameter = [](const Parameter& parameter) { return parameter && parameter->contains('\0'); };
  return statement.sql.contains('\0') || std::ranges::any_of(statement.parameters, in_parameter);
}

bool reports_on(PGconn* connection, const char* parameter) {
  const char* value = PQparameterStatus(connection, parameter);
  return value != nullptr && std::string_view(value) == "on";
}

// Given up with the statement: a transaction that failed, or one that its failed COMMIT has ended.
bool spoils_transaction(TransactionStatus before, TransactionStatus after) {
  return after == TransactionStatus::failed || (before == TransactionStatus::open && after == TransactionStatus::idle);
}

}  // namespace

PostgresConnection::PostgresConnection(PgConnection connection)
    : connection_(std::move(connection)), server_(describe(connection_.get())) {
  PQsetNoticeReceiver(connection_.get(), &PostgresConnection::keep_last_words, this);
}

// Notices are for people at terminals and are dropped; but a FATAL that comes while we are idle reaches us as one.
void PostgresConnection::keep_last_words(void* connection, const PGresult* notice) noexcept {
  const std::string severity = text_or_empty(PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED));
  if (severity != "FATAL" && severity != "PANIC") return;
  static_cast<PostgresConnection*>(connection)->last_words_ = statement_error(notice, {});
}

Rows PostgresConnection::execute(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) {
  const Statement statement{sql, {parameters.begin(), parameters.end()}};
  return std::move(run({&statement, 1}, false, deadline).front());
}

std::vector<Rows> PostgresConnection::execute_batch(std::span<const Statement> statements, Deadline deadline) {
  return run(statements, true, deadline);
}

std::vector<Rows> PostgresConnection::run(std::span<const Statement> statements, bool is_batch, Deadline deadline) {
  require_usable(statements);
  if (statements.empty()) return {};
  const TransactionStatus before = transaction_status();
  const bool commits = may_commit(statements);
  Outcome outcome = Exchange(connection_.get(), statements, is_batch, deadline).run();
  if (outcome.error) fail(std::move(outcome), before, commits);
  LK_ASSERT(outcome.rows.size() == statements.size());
  return std::move(outcome.rows);
}

// Before anything is sent the end of a session is certain and harmless; afterwards it may be a lost commit.
void PostgresConnection::require_usable(std::span<const Statement> statements) {
  if (!connection_) throw Failure(misuse("the connection is closed", Blast::connection));
  if (std::ranges::any_of(statements, holds_zero_byte)) {
    throw Failure(misuse("PostgreSQL takes no zero byte in a statement or parameter", Blast::statement));
  }
  PGconn* connection = connection_.get();
  while (PQstatus(connection) == CONNECTION_OK && has_input(PQsocket(connection))) {
    static_cast<void>(PQconsumeInput(connection));
    static_cast<void>(PQisBusy(connection));  // Reads the messages that have come, the server's last words too.
  }
  // The words come before the end of the socket, and are final.
  if (PQstatus(connection) == CONNECTION_OK && !last_words_) return;
  Error error = lost({ErrorCode::connection_lost, "", trimmed(PQerrorMessage(connection)), Blast::connection});
  end();
  throw Failure(std::move(error));
}

bool PostgresConnection::may_commit(std::span<const Statement> statements) const {
  const auto commits = [](const Statement& statement) { return ends_transaction_with_commit(statement.sql); };
  switch (transaction_status()) {
    case TransactionStatus::failed: return false;  // Even COMMIT only rolls back now.
    case TransactionStatus::open: return std::ranges::any_of(statements, commits);
    case TransactionStatus::idle: break;
    case TransactionStatus::unknown: return true;
  }
  if (statements.size() == 1 && never_commits_by_itself(statements[0].sql)) return false;
  PGconn* connection = connection_.get();
  return !reports_on(connection, "default_transaction_read_only") && !reports_on(connection, "in_hot_standby");
}

void PostgresConnection::fail(Outcome outcome, TransactionStatus before, bool may_have_committed) {
  Error error = std::move(*outcome.error);
  if (outcome.usable) {
    error.blast = spoils_transaction(before, transaction_status()) ? Blast::transaction : Blast::statement;
    throw Failure(std::move(error));
  }
  if (error.code != ErrorCode::deadline && error.code != ErrorCode::misuse) error = lost(std::move(error));
  error.blast = may_have_committed ? Blast::commit_unknown : Blast::connection;
  end();
  throw Failure(std::move(error));
}

// The server's own words about why it ended the session, where it said any, rather than libpq's about the socket.
Error PostgresConnection::lost(Error error) {
  if (error.sqlstate.empty() && last_words_) error = *last_words_;
  error.code = ErrorCode::connection_lost;
  error.blast = Blast::connection;
  return error;
}

TransactionStatus PostgresConnection::transaction_status() const noexcept {
  switch (PQtransactionStatus(connection_.get())) {
    case PQTRANS_IDLE: return TransactionStatus::idle;
    case PQTRANS_INTRANS: return TransactionStatus::open;
    case PQTRANS_INERROR: return TransactionStatus::failed;
    case PQTRANS_ACTIVE:
    case PQTRANS_UNKNOWN: break;  // PQTRANS_UNKNOWN is also libpq's answer for no connection.
  }
  return TransactionStatus::unknown;
}

std::unique_ptr<Canceller> PostgresConnection::canceller() {
  return std::make_unique<PostgresCanceller>(PgCancel(PQgetCancel(connection_.get())), closed_);
}

void PostgresConnection::end() noexcept {
  *closed_ = true;
  connection_.reset();
}

}  // namespace lockkeeper::client
