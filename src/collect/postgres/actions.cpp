// The acting half of the collector: one guarded statement, then waiting for its effect.
#include <fmt/format.h>

#include <array>
#include <thread>

#include "collect/postgres/collector.hpp"
#include "collect/postgres/failures.hpp"
#include "collect/postgres/queries.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using model::ActionOutcome;
using model::ActionResult;

constexpr auto poll_interval = std::chrono::milliseconds(10);

std::optional<std::string> text(const std::optional<model::WallTime>& time) {
  return time ? std::optional(model::to_rfc3339(*time)) : std::nullopt;
}

// A guarded statement that was cut short may or may not have been carried out: that is an outcome of its own.
ActionResult outcome_of(const Error& error, const std::string& where) {
  if (error.sqlstate == "42501") {
    return {
        ActionOutcome::denied,
        error.message + ". Grant it with: GRANT pg_signal_backend TO <role>; a superuser's session needs a superuser"};
  }
  const std::string message = explain(error, where).message;
  const bool lost = error.blast == Blast::connection || error.blast == Blast::commit_unknown;
  if (lost || error.code == ErrorCode::deadline || error.sqlstate == "57014") {
    return {ActionOutcome::unknown, "it may have been signalled: " + message};
  }
  return {ActionOutcome::skipped, message};
}

// Once the signal was sent, nothing that fails may read as if it had not been.
ActionResult outcome_after_signal(const Error& error, const std::string& where) {
  if (error.code == ErrorCode::deadline) {
    return {ActionOutcome::still_there, "the signal was sent, but whether it has ended was not known in time"};
  }
  return {ActionOutcome::unknown, "the signal was sent, then " + explain(error, where).message};
}

}  // namespace

bool Collector::wait_until_done(const model::Guard& guard, bool terminate, Deadline deadline) {
  const std::string started_at = model::to_rfc3339(guard.session.started_at);
  const std::array<Parameter, 2> parameters{guard.session.pid, started_at};
  while (true) {
    const Rows rows = connection_->execute(still_there(), parameters, deadline);
    if (rows.empty()) return true;
    if (!terminate) {
      // A cancelled statement has ended once the session's state has changed since the guard was taken.
      const auto changed_at = model::parse_time(rows.cell(0, 1).value_or(""));
      if (changed_at != guard.state_changed_at) return true;
    }
    if (std::chrono::steady_clock::now() + poll_interval >= deadline) return false;
    std::this_thread::sleep_for(poll_interval);  // tidy: waits between polls of a condition that has a deadline
  }
}

ActionResult Collector::signal(const model::Guard& guard, bool terminate, Deadline deadline) {
  const auto started_at = text(guard.session.started_at);
  const auto transaction_started_at = text(guard.transaction_started_at);
  const auto state_changed_at = text(guard.state_changed_at);
  const std::array<Parameter, 5> parameters{guard.session.pid, started_at, transaction_started_at, state_changed_at,
                                            model::to_string(guard.state)};
  const Rows rows = connection_->execute(guarded_signal(terminate, guard.only_while_blocking), parameters, deadline);
  if (rows.empty())
    return {ActionOutcome::moved_on, "it moved on: it is gone or no longer as it was when this was decided"};
  if (rows.cell(0, 0) != "t") return {ActionOutcome::moved_on, "it was gone before the signal reached it"};
  try {
    if (wait_until_done(guard, terminate, deadline)) return {ActionOutcome::done, ""};
  } catch (const Failure& failure) {
    drop_if_lost(failure);
    return outcome_after_signal(failure.error(), public_url());
  }
  return {ActionOutcome::still_there, "the signal was sent, but it had not ended when the time was up"};
}

ActionResult Collector::act(const model::Guard& guard, bool terminate, Deadline deadline) {
  try {
    connect(deadline);
  } catch (const Failure& failure) {
    return {ActionOutcome::skipped, explain(failure.error(), public_url()).message};
  }
  if (std::chrono::steady_clock::now() >= deadline) {
    return {ActionOutcome::skipped, "the time was up before anything was sent"};
  }
  try {
    return signal(guard, terminate, deadline);
  } catch (const Failure& failure) {
    drop_if_lost(failure);
    return outcome_of(failure.error(), public_url());
  }
}

ActionResult Collector::terminate(const model::Guard& guard, Deadline deadline, const RollbackProgress& /*progress*/) {
  return act(guard, true, deadline);
}

ActionResult Collector::cancel(const model::Guard& guard, Deadline deadline) {
  if (guard.state != model::SessionState::active) {
    return {ActionOutcome::skipped, "it runs no statement: cancelling does nothing to a sleeping transaction"};
  }
  return act(guard, false, deadline);
}

}  // namespace lockkeeper::collect::postgres
