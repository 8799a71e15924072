#include "client/drivers/postgres_exchange.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "client/drivers/postgres_copy.hpp"
#include "client/drivers/postgres_errors.hpp"
#include "client/drivers/postgres_results.hpp"

namespace lockkeeper::client {
namespace {

bool send_step(PGconn* connection, const Step& step, BoundParameters& bound) {
  const std::string sql(step.sql);
  const std::string name(step.name);
  switch (step.kind) {
    case Step::Kind::begin:
    case Step::Kind::statement:
      bound.bind(step.parameters);
      return PQsendQueryParams(connection, sql.c_str(), bound.count(), nullptr, bound.values(), bound.lengths(),
                               bound.formats(), 0) == 1;
    case Step::Kind::kept:
      bound.bind(step.parameters);
      return PQsendQueryPrepared(connection, name.c_str(), bound.count(), bound.values(), bound.lengths(),
                                 bound.formats(), 0) == 1;
    case Step::Kind::prepare: return PQsendPrepare(connection, name.c_str(), sql.c_str(), 0, nullptr) == 1;
    case Step::Kind::release:
      // libpq 15 has no message for it.
      return PQsendQueryParams(connection, ("DEALLOCATE " + name).c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) ==
             1;
    case Step::Kind::simple: return PQsendQuery(connection, sql.c_str()) == 1;
  }
  return false;
}

}  // namespace

Outcome Exchange::run() {
  if (std::chrono::steady_clock::now() >= deadline_) {
    outcome_.error = too_late("the statement was not sent");
    return std::move(outcome_);
  }
  if (!send()) return give_up(lost_error(connection_));
  while (!is_complete()) {
    if (!patience_.wait_for_result()) return give_up(too_late("the server did not stop the statement in time"));
    const PgResult result(PQgetResult(connection_));
    take(result);
    if (stuck_ || (patience_.is_lost() && !is_complete())) break;
  }
  return finish();
}

bool Exchange::send() {
  synced_ = !is_pipeline_;
  if (is_pipeline_ && PQenterPipelineMode(connection_) == 0) return false;
  for (const Step& step : steps_) {
    if (!send_step(connection_, step, bound_)) return false;
  }
  return !is_pipeline_ || PQpipelineSync(connection_) == 1;
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
    default: take_success(result.get()); break;
  }
}

void Exchange::take_success(PGresult* result) {
  if (outcome_.error || outcome_.done > answered_) return;
  const Step& step = steps_[answered_];
  if (is_silent_rollback(step.sql, result)) {
    outcome_.error = silent_rollback();
    return;
  }
  ++outcome_.done;
  outcome_.has_discarded = outcome_.has_discarded || discards_prepared_statements(result);
  if (!step.has_rows()) return;
  Rows& rows = outcome_.rows.emplace_back();
  rows.set_columns(column_names(result));
  append_rows(rows, result);
  rows.set_affected(affected_rows(result));
}

void Exchange::take_error(const PGresult* result) {
  if (outcome_.error) return;
  // An error of the implicit commit comes after the last statement's own result.
  const Step step = answered_ < steps_.size() ? steps_[answered_] : Step{};
  bound_.bind(step.parameters);
  outcome_.error = statement_error(result, bound_);
  const bool was_prepared_before =
      step.kind == Step::Kind::kept && (answered_ == 0 || steps_[answered_ - 1].kind != Step::Kind::prepare);
  outcome_.is_stale = (was_prepared_before && may_be_stale(result)) ||
                      (step.kind == Step::Kind::release && is_unknown_statement(outcome_.error->sqlstate));
}

// In a pipeline the server reads our next messages as if they were copy data: only closing gets out of that.
void Exchange::refuse_copy(ExecStatusType direction) {
  outcome_.error = copy_refused();
  stuck_ = is_pipeline_ || !end_copy(connection_, direction, patience_);
}

Outcome Exchange::finish() {
  const bool lost = patience_.is_lost() && (outcome_.error || !is_complete());
  if (lost && !outcome_.error) outcome_.error = lost_error(connection_);
  outcome_.usable = !stuck_ && !lost && (!is_pipeline_ || patience_.is_lost() || PQexitPipelineMode(connection_) == 1);
  if (!outcome_.usable && !outcome_.error) outcome_.error = lost_error(connection_);
  if (patience_.has_cancelled() && outcome_.error) tell_deadline(*outcome_.error);
  return std::move(outcome_);
}

Outcome Exchange::give_up(Error error) {
  outcome_.error = std::move(error);
  outcome_.usable = false;
  return std::move(outcome_);
}

}  // namespace lockkeeper::client
