#include "client/drivers/postgres_row_reader.hpp"

#include <chrono>
#include <utility>

#include "client/drivers/postgres_copy.hpp"
#include "client/drivers/postgres_errors.hpp"
#include "client/drivers/postgres_results.hpp"

namespace lockkeeper::client {

void RowReader::start(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) {
  if (std::chrono::steady_clock::now() >= deadline) {
    ending_.error = too_late("the statement was not sent");
    has_ended_ = true;
    return;
  }
  patience_.renew(deadline);
  sql_ = sql;
  bound_.bind(parameters);
  const bool sent = PQsendQueryParams(connection_, sql_.c_str(), bound_.count(), nullptr, bound_.values(),
                                      bound_.lengths(), bound_.formats(), 0) == 1;
  if (!sent || PQsetSingleRowMode(connection_) != 1) return end_lost(lost_error(connection_));
  while (!has_ended_ && !row_) take_next();
}

bool RowReader::read(Rows& chunk, std::size_t most, Deadline deadline) {
  chunk.clear_rows();
  if (chunk.columns() != columns_) chunk.set_columns(columns_);
  patience_.renew(deadline);
  // Rows that are there already would keep a deadline away for ever; so the server is asked to stop, and what is on its
  // way still counts.
  const bool is_late = !has_ended_ && std::chrono::steady_clock::now() >= deadline;
  if (is_late && !patience_.cancel()) end_lost(too_late("the server did not take the cancel request"));
  for (; !has_ended_; take_next()) {
    if (row_) append_rows(chunk, row_.get());
    row_.reset();
    if (chunk.size() == most || (!chunk.empty() && !patience_.has_result())) return true;
  }
  chunk.set_affected(affected_);
  return !chunk.empty();
}

void RowReader::abandon() {
  patience_.renew(Deadline());
  static_cast<void>(patience_.cancel());
  while (!has_ended_) take_next();
}

// Waits for it, if need be. At the end of the grace the session is given up.
void RowReader::take_next() {
  if (!patience_.wait_for_result()) return end_lost(too_late("the server did not stop the statement in time"));
  take(PgResult(PQgetResult(connection_)));
  if (patience_.is_lost() && ending_.error) ending_.usable = false;
  has_ended_ = has_ended_ || !ending_.usable;
  if (has_ended_ && ending_.error && patience_.has_cancelled()) tell_deadline(*ending_.error);
}

void RowReader::take(PgResult result) {
  if (!result) {
    if (!has_answer_ && !ending_.error) return end_lost(lost_error(connection_));
    has_ended_ = true;
    return;
  }
  switch (const ExecStatusType status = PQresultStatus(result.get())) {
    case PGRES_SINGLE_TUPLE: take_row(std::move(result)); break;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH: refuse_copy(status); break;
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE: take_error(result.get()); break;
    default: take_success(result.get()); break;
  }
}

void RowReader::take_row(PgResult result) {
  if (columns_.empty()) columns_ = column_names(result.get());
  row_ = std::move(result);
}

void RowReader::take_success(PGresult* result) {
  if (columns_.empty()) columns_ = column_names(result);
  has_answer_ = true;
  affected_ = affected_rows(result);
  ending_.has_discarded = discards_prepared_statements(result);
  if (is_silent_rollback(sql_, result)) ending_.error = silent_rollback();
}

void RowReader::take_error(const PGresult* result) {
  if (!ending_.error) ending_.error = statement_error(result, bound_);
}

void RowReader::refuse_copy(ExecStatusType direction) {
  ending_.error = copy_refused();
  ending_.usable = end_copy(connection_, direction, patience_);
}

void RowReader::end_lost(Error error) {
  ending_.error = std::move(error);
  ending_.usable = false;
  has_ended_ = true;
}

}  // namespace lockkeeper::client
