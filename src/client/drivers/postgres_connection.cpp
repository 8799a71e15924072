#include "client/drivers/postgres_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "base/assert.hpp"
#include "client/drivers/commit_words.hpp"
#include "client/drivers/postgres_canceller.hpp"
#include "client/drivers/postgres_errors.hpp"
#include "client/drivers/postgres_results.hpp"
#include "client/drivers/postgres_stream.hpp"
#include "client/drivers/socket_wait.hpp"
#include "sql/moments.hpp"

namespace lockkeeper::client {
namespace {

std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

ServerInfo describe(PGconn* connection) {
  return {.product = "PostgreSQL",
          .version = PQserverVersion(connection),
          .host = text_or_empty(PQhost(connection)),
          .port = text_or_empty(PQport(connection)),
          .user = text_or_empty(PQuser(connection)),
          .database = text_or_empty(PQdb(connection)),
          .backend_id = PQbackendPID(connection),
          .engine = Engine::postgres};
}

bool holds_zero_byte(const Step& step) {
  const auto in_parameter = [](const Parameter& parameter) {
    return parameter.text() != nullptr && parameter.text()->contains('\0');
  };
  return step.sql.contains('\0') || std::ranges::any_of(step.parameters, in_parameter);
}

void require_no_zero_byte(std::span<const Step> steps) {
  if (std::ranges::none_of(steps, holds_zero_byte)) return;
  throw Failure(misuse("PostgreSQL takes no zero byte in a statement or text parameter", Blast::statement));
}

bool reports_on(PGconn* connection, const char* parameter) {
  const char* value = PQparameterStatus(connection, parameter);
  return value != nullptr && std::string_view(value) == "on";
}

// Given up with the statement: a transaction that failed, or one that its failed COMMIT has ended.
bool spoils_transaction(TransactionStatus before, TransactionStatus after) {
  return after == TransactionStatus::failed || (before == TransactionStatus::open && after == TransactionStatus::idle);
}

// The session lives on, so that what sounds like its end is something else: too few parameters, or the end of a session
// that the server itself had with another (postgres_fdw, dblink).
ErrorCode code_on_a_living_session(const Error& error) {
  if (error.sqlstate == "08P01") return ErrorCode::misuse;
  return error.code == ErrorCode::connection_lost ? ErrorCode::server_error : error.code;
}

bool ends_transaction(std::string_view sql, std::span<const Parameter> parameters) {
  return (sql == "COMMIT" || sql == "ROLLBACK") && parameters.empty();
}

// The simple protocol spares the server parsing, binding and describing what has neither parameters nor rows. It would
// run several statements in one text, so only words that are known to be one go there.
Step::Kind unprepared_kind(std::string_view sql, std::span<const Parameter> parameters) {
  return ends_transaction(sql, parameters) ? Step::Kind::simple : Step::Kind::statement;
}

// What decides the meaning of literals when a statement is prepared, as the server has last reported it.
std::string reading_of(std::string_view sql, const PGconn* connection) {
  std::string reading;
  if (!sql::may_have_literals(sql)) return reading;
  for (const std::string_view name : sql::parameters_of_literals)
    reading.append(text_or_empty(PQparameterStatus(connection, name.data()))).append(1, '\0');
  return reading;
}

// Its own for every connection. A pooler that mixes sessions would otherwise have us run another's `lk_1`; like this
// the statement does not exist, which is an error and not a wrong answer.
std::string name_prefix() {
  std::random_device random;
  return fmt::format("lk_{:08x}{:08x}_", random(), random());
}

}  // namespace

PostgresConnection::PostgresConnection(PgConnection connection, std::size_t kept_statements)
    : connection_(std::move(connection)), server_(describe(connection_.get())), kept_(kept_statements, name_prefix()) {
  PQsetNoticeReceiver(connection_.get(), &PostgresConnection::keep_last_words, this);
}

// Notices are for people at terminals and are dropped; but a FATAL that comes while we are idle reaches us as one.
void PostgresConnection::keep_last_words(void* connection, const PGresult* notice) noexcept {
  const std::string severity = text_or_empty(PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED));
  if (severity != "FATAL" && severity != "PANIC") return;
  static_cast<PostgresConnection*>(connection)->last_words_ = statement_error(notice, BoundParameters());
}

Rows PostgresConnection::execute(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) {
  const Step step{.sql = sql, .parameters = parameters};
  require_usable();
  require_no_zero_byte({&step, 1});
  // Nothing was done, and the server need not hear of it.
  if (!begin_words_.empty() && ends_transaction(sql, parameters)) {
    begin_words_.clear();
    return {};
  }
  const Stakes stakes = look_before({&step, 1});
  if (!reads_or_writes_rows(sql)) begin_now(deadline);  // A COPY in one pipeline with it could not be refused.
  Outcome outcome = execute_by_plan(sql, parameters, deadline);
  // Outside a transaction nothing is lost by the failure. The second time it is prepared anew, and cannot be stale.
  const bool try_again = outcome.is_stale && outcome.usable && stakes.before == TransactionStatus::idle;
  if (try_again) outcome = execute_by_plan(sql, parameters, deadline);
  if (outcome.error) fail(outcome, stakes);
  LK_ASSERT(outcome.rows.size() == 1);
  return std::move(outcome.rows.front());
}

// Prepares what is worth it in the round trip of its execution, and has names released in the same; and has the
// transaction begun, where it has not been.
Outcome PostgresConnection::execute_by_plan(std::string_view sql, std::span<const Parameter> parameters,
                                            Deadline deadline) {
  const std::string reading = reading_of(sql, connection_.get());
  const KeptStatements::Plan plan = kept_.plan(sql, reading);
  const bool prepares = !plan.name.empty() && !plan.is_kept;
  const auto releases = prepares ? std::span(kept_.doomed()) : std::span<const std::string>();
  std::vector<Step> steps;
  steps.reserve(releases.size() + 3);
  const std::string begins = std::exchange(begin_words_, {});
  if (!begins.empty()) steps.push_back({.kind = Step::Kind::begin, .sql = begins});
  for (const std::string& name : releases) steps.push_back({.kind = Step::Kind::release, .name = name});
  if (prepares) steps.push_back({.kind = Step::Kind::prepare, .sql = sql, .name = plan.name});
  steps.push_back({.kind = plan.name.empty() ? unprepared_kind(sql, parameters) : Step::Kind::kept,
                   .sql = sql,
                   .name = plan.name,
                   .parameters = parameters});
  Outcome outcome = exchange(steps, false, deadline);
  if (!begins.empty()) {
    if (outcome.done == 0) fail_to_begin(begins, std::move(outcome));
    --outcome.done;
  }
  settle(plan, sql, reading, releases.size(), outcome);
  return outcome;
}

// What the server says it has done to its prepared statements, whatever came of the statement itself.
void PostgresConnection::settle(const KeptStatements::Plan& plan, std::string_view sql, std::string_view reading,
                                std::size_t releases, const Outcome& outcome) {
  kept_.released(std::min(outcome.done, releases));
  const bool prepares = !plan.name.empty() && !plan.is_kept;
  if (prepares && outcome.done > releases) kept_.keep(sql, plan.name, reading);
  if (!outcome.is_stale) return;
  // Where one is missing, they all are: the user has had them discarded.
  if (is_unknown_statement(outcome.error->sqlstate)) return kept_.forget_all();
  kept_.forget(sql);
}

std::vector<Rows> PostgresConnection::execute_batch(std::span<const Statement> statements, Deadline deadline) {
  std::vector<Step> steps;
  steps.reserve(statements.size());
  for (const Statement& statement : statements) {
    steps.push_back({.sql = statement.sql, .parameters = statement.parameters});
  }
  require_usable();
  require_no_zero_byte(steps);
  if (steps.empty()) return {};
  begin_now(deadline);
  const Stakes stakes = look_before(steps);
  Outcome outcome = exchange(steps, true, deadline);
  if (outcome.error) fail(outcome, stakes);
  LK_ASSERT(outcome.rows.size() == statements.size());
  return std::move(outcome.rows);
}

Outcome PostgresConnection::exchange(std::span<const Step> steps, bool is_batch, Deadline deadline) {
  Outcome outcome = Exchange(connection_.get(), steps, is_batch, bound_, deadline).run();
  if (outcome.has_discarded) kept_.forget_all();
  return outcome;
}

// Words of our own, which commit nothing.
void PostgresConnection::say(const std::string& words, Deadline deadline) {
  const Step step{.kind = Step::Kind::simple, .sql = words};
  const Stakes stakes{.before = transaction_status(), .may_commit = false};
  const Outcome outcome = exchange({&step, 1}, false, deadline);
  if (outcome.error) fail(outcome, stakes);
}

std::unique_ptr<RowStream> PostgresConnection::stream(std::string_view sql, std::span<const Parameter> parameters,
                                                      std::size_t chunk_rows, Deadline deadline) {
  const Step step{.sql = sql, .parameters = parameters};
  require_usable();
  require_no_zero_byte({&step, 1});
  if (chunk_rows == 0) throw Failure(misuse("a stream gives at least one row at a time", Blast::statement));
  begin_now(deadline);
  auto stream = std::make_unique<PostgresStream>(*this, bound_, look_before({&step, 1}), chunk_rows);
  is_streaming_ = true;
  stream->start(sql, parameters, deadline);
  return stream;
}

void PostgresConnection::end_stream(const Ending& ending, const Stakes& stakes) {
  is_streaming_ = false;
  if (ending.has_discarded) kept_.forget_all();
  if (ending.error) fail(ending, stakes);
}

void PostgresConnection::drop_stream(bool usable) noexcept {
  is_streaming_ = false;
  if (!usable) end();
}

void PostgresConnection::require_usable() const {
  if (!connection_) throw Failure(misuse("the connection is closed", Blast::connection));
  if (is_streaming_) throw Failure(misuse("the connection is busy: its stream has not ended", Blast::statement));
}

// Before anything is sent the end of a session is certain and harmless; afterwards it may be a lost commit. What cannot
// commit is sent without the look, which is a system call: the reply tells the same.
Stakes PostgresConnection::look_before(std::span<const Step> steps) {
  const Stakes stakes{.before = transaction_status(), .may_commit = may_commit(steps)};
  if (stakes.may_commit) require_alive();
  return stakes;
}

void PostgresConnection::require_alive() {
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

bool PostgresConnection::may_commit(std::span<const Step> steps) const {
  const auto commits = [](const Step& step) { return ends_transaction_with_commit(step.sql); };
  switch (transaction_status()) {
    case TransactionStatus::failed: return false;  // Even COMMIT only rolls back now.
    case TransactionStatus::open: return std::ranges::any_of(steps, commits);
    case TransactionStatus::idle: break;
    case TransactionStatus::unknown: return true;
  }
  if (steps.size() == 1 && never_commits_by_itself(steps[0].sql)) return false;
  PGconn* connection = connection_.get();
  return !reports_on(connection, "default_transaction_read_only") && !reports_on(connection, "in_hot_standby");
}

void PostgresConnection::fail(const Ending& ending, const Stakes& stakes) {
  Error error = *ending.error;
  if (ending.usable) {
    error.blast = spoils_transaction(stakes.before, transaction_status()) ? Blast::transaction : Blast::statement;
    error.code = code_on_a_living_session(error);
    throw Failure(std::move(error));
  }
  if (error.code != ErrorCode::deadline && error.code != ErrorCode::misuse) error = lost(std::move(error));
  error.blast = stakes.may_commit ? Blast::commit_unknown : Blast::connection;
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
    case PQTRANS_IDLE: return begin_words_.empty() ? TransactionStatus::idle : TransactionStatus::open;
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
  is_streaming_ = false;
  connection_.reset();
}

}  // namespace lockkeeper::client
