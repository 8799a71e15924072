#include "client/drivers/postgres_exchange.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "client/drivers/commit_words.hpp"
#include "client/drivers/postgres_canceller.hpp"
#include "client/drivers/postgres_errors.hpp"
#include "client/drivers/socket_wait.hpp"

namespace lockkeeper::client {
namespace {

// How long a cancelled statement may take to stop: a round trip and the end of an uninterruptible step.
constexpr std::chrono::seconds grace{1};

// A cancel request can overtake its statement, and the server then forgets it; so it is repeated during the grace.
constexpr std::chrono::milliseconds cancel_interval{200};

std::uint64_t affected_rows(PGresult* result) {
  const std::string_view count = PQcmdTuples(result);
  std::uint64_t number = 0;
  std::from_chars(count.data(), count.data() + count.size(), number);
  return number;
}

Rows rows_of(PGresult* result) {
  Rows rows;
  const int columns = PQnfields(result);
  std::vector<std::string> names;
  for (int column = 0; column < columns; ++column) names.emplace_back(PQfname(result, column));
  rows.set_columns(std::move(names));
  for (int row = 0, count = PQntuples(result); row < count; ++row) {
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        rows.append(std::nullopt);
      } else {
        const auto length = static_cast<std::size_t>(PQgetlength(result, row, column));
        rows.append(std::string_view(PQgetvalue(result, row, column), length));
      }
    }
  }
  rows.set_affected(affected_rows(result));
  return rows;
}

// Text parameters end with a zero byte for libpq, which a view does not promise.
bool send_statement(PGconn* connection, const Statement& statement) {
  std::vector<std::string> texts;
  texts.reserve(statement.parameters.size());
  std::vector<const char*> values;
  for (const Parameter& parameter : statement.parameters) {
    values.push_back(parameter ? texts.emplace_back(*parameter).c_str() : nullptr);
  }
  return PQsendQueryParams(connection, std::string(statement.sql).c_str(), static_cast<int>(values.size()), nullptr,
                           values.data(), nullptr, nullptr, 0) == 1;
}

// PostgreSQL answers COMMIT in a failed transaction with success and the tag ROLLBACK.
bool is_silent_rollback(const Statement& statement, PGresult* result) {
  return std::string_view(PQcmdStatus(result)) == "ROLLBACK" && ends_transaction_with_commit(statement.sql);
}

Error too_late(std::string_view what) {
  return {ErrorCode::deadline, "", "the deadline passed; " + std::string(what), Blast::connection};
}

}  // namespace

Outcome Exchange::run() {
  if (std::chrono::steady_clock::now() >= deadline_) {
    outcome_.error = too_late("the statement was not sent");
    return std::move(outcome_);
  }
  if (!send()) return give_up({ErrorCode::connection_lost, "", trimmed(PQerrorMessage(connection_)), {}});
  while (!is_complete()) {
    if (!wait_for_result()) return give_up(too_late("the server did not stop the statement in time"));
    const PgResult result(PQgetResult(connection_));
    take(result);
    if (stuck_ || (is_lost() && !is_complete())) break;
  }
  return finish();
}

bool Exchange::send() {
  synced_ = !is_batch_;
  if (is_batch_ && PQenterPipelineMode(connection_) == 0) return false;
  for (const Statement& statement : statements_) {
    if (!send_statement(connection_, statement)) return false;
  }
  return !is_batch_ || PQpipelineSync(connection_) == 1;
}

// True when PQgetResult would not block: a result is complete, or the session is lost.
bool Exchange::wait_for_result() {
  while (!is_lost() && PQisBusy(connection_) != 0) {
    if (!wait_or_cancel()) return false;
  }
  return true;
}

// Writes what is left to write and reads what has come, after waiting for either. At the deadline asks the server to
// stop and grants the grace; false after that.
bool Exchange::wait_or_cancel() {
  const bool more_to_write = PQflush(connection_) == 1;
  const Interest interest = more_to_write ? Interest::read_or_write : Interest::read;
  if (wait_for_socket(PQsocket(connection_), interest, deadline_)) {
    // Lost here is told by PQgetResult, with the server's last words if there were any.
    static_cast<void>(PQconsumeInput(connection_));
    return true;
  }
  const Deadline now = std::chrono::steady_clock::now();
  if (!cancelled_) last_moment_ = now + grace;
  cancelled_ = true;
  if (now >= last_moment_) return false;
  deadline_ = std::min(now + cancel_interval, last_moment_);
  request_cancel();
  return true;
}

void Exchange::request_cancel() {
  const PgCancel request(PQgetCancel(connection_));
  // If the server does not take it, it does not answer the statement either, and the grace runs out.
  if (request) static_cast<void>(send_cancel(request.get(), cancelled_ ? last_moment_ : deadline_));
}

void Exchange::take(const PgResult& result) {
  if (!result) {
    ++answered_;
    return;
  }
  switch (const ExecStatusType status = PQresultStatus(result.get())) {
    case PGRES_PIPELINE_SYNC: synced_ = true; break;
    case PGRES_PIPELINE_ABORTED: break;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH: refuse_copy(status); break;
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE: take_error(result.get()); break;
    default: take_rows(result.get()); break;
  }
}

void Exchange::take_rows(PGresult* result) {
  if (outcome_.error || outcome_.rows.size() > answered_) return;
  if (is_silent_rollback(statements_[answered_], result)) {
    outcome_.error = Error{ErrorCode::server_error, "", "the transaction had failed before: COMMIT rolled it back",
                           Blast::transaction};
    return;
  }
  outcome_.rows.push_back(rows_of(result));
}

void Exchange::take_error(const PGresult* result) {
  if (outcome_.error) return;
  // An error of the implicit commit comes after the last statement's own result.
  const bool of_statement = answered_ < statements_.size();
  outcome_.error = statement_error(result, of_statement ? statements_[answered_].parameters : std::vector<Parameter>());
}

// In a batch the server reads our next messages as if they were copy data: only closing gets out of that.
void Exchange::refuse_copy(ExecStatusType direction) {
  outcome_.error = misuse("COPY from or to the client is not supported here");
  if (is_batch_ || direction == PGRES_COPY_BOTH) {
    stuck_ = true;
  } else if (direction == PGRES_COPY_IN) {
    stuck_ = PQputCopyEnd(connection_, "COPY from the client is not supported here") < 0;
  } else {
    request_cancel();
    stuck_ = !drain_copy();
  }
}

bool Exchange::drain_copy() {
  for (;;) {
    char* line = nullptr;
    const int length = PQgetCopyData(connection_, &line, 1);
    const PgText owned(line);
    if (length < 0) return true;  // At its end, or lost, which the next result tells.
    if (length == 0 && !wait_or_cancel()) return false;
  }
}

Outcome Exchange::finish() {
  const bool lost = is_lost() && (outcome_.error || !is_complete());
  if (lost && !outcome_.error) {
    outcome_.error = Error{ErrorCode::connection_lost, "", trimmed(PQerrorMessage(connection_)), {}};
  }
  outcome_.usable = !stuck_ && !lost && (!is_batch_ || is_lost() || PQexitPipelineMode(connection_) == 1);
  if (!outcome_.usable && !outcome_.error) {
    outcome_.error = Error{ErrorCode::connection_lost, "", trimmed(PQerrorMessage(connection_)), {}};
  }
  if (cancelled_ && outcome_.error && outcome_.error->code == ErrorCode::cancelled) {
    outcome_.error->code = ErrorCode::deadline;
    outcome_.error->message = "the deadline passed; the statement was cancelled";
  }
  return std::move(outcome_);
}

Outcome Exchange::give_up(Error error) {
  outcome_.error = std::move(error);
  outcome_.usable = false;
  return std::move(outcome_);
}

}  // namespace lockkeeper::client
