// The acting half of the collector: read again, compare, kill, follow.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "collect/mysql/collector.hpp"
#include "collect/mysql/failures.hpp"
#include "collect/mysql/queries.hpp"
#include "collect/mysql/sessions.hpp"
#include "collect/mysql/still_as_guarded.hpp"

namespace lockkeeper::collect::mysql {
namespace {

using model::ActionOutcome;
using model::ActionResult;
using Clock = std::chrono::steady_clock;

// What is read in between has an interval of its own: InnoDB's.
constexpr auto poll_interval = std::chrono::milliseconds(10);

constexpr int no_such_thread = 1094;
constexpr int not_owner = 1095;
constexpr int access_denied = 1227;
constexpr int interrupted = 1317;

// The driver's messages end with the server's number.
bool is_error(const Error& error, int number) { return error.message.ends_with(fmt::format("(error {})", number)); }

ActionResult outcome_of(const Error& error, const std::string& where) {
  if (is_error(error, no_such_thread)) return {ActionOutcome::moved_on, "it was gone before the kill reached it"};
  if (is_error(error, not_owner) || is_error(error, access_denied) || error.code == ErrorCode::permission) {
    return {ActionOutcome::denied,
            error.message +
                ". Grant it with: GRANT CONNECTION_ADMIN ON *.* TO <account>; on MariaDB: GRANT CONNECTION "
                "ADMIN ON *.* TO <account>; a session with SYSTEM_USER needs SYSTEM_USER too"};
  }
  const std::string message = explain(error, where).message;
  const bool lost = error.blast == Blast::connection || error.blast == Blast::commit_unknown;
  if (lost || error.code == ErrorCode::deadline || is_error(error, interrupted))
    return {ActionOutcome::unknown, "it may have been killed: " + message};
  return {ActionOutcome::skipped, message};
}

ActionResult outcome_after_kill(const Error& error, const std::string& where) {
  if (error.code == ErrorCode::deadline)
    return {ActionOutcome::still_there, "it was killed, but whether it has gone was not known in time"};
  return {ActionOutcome::unknown, "it was killed, then " + explain(error, where).message};
}

}  // namespace

std::optional<model::Session> Collector::read_session(std::int64_t id, Deadline deadline) {
  let_it_be_renewed();
  LookRows rows;
  rows.engine = engine_;
  rows.server = server_;
  const NowRow now = read_now(connection_->execute(now_query(), deadline));
  rows.now = now.time;
  rows.backslashes = now.backslashes;
  rows.sessions = read_sessions(connection_->execute(sessions_query(engine_, id), deadline));
  ask_performance_schema(rows, id, deadline);
  if (const auto answer = ask(transactions_query(id), rows.denied.transactions, deadline))
    rows.transactions = read_transactions(*answer);
  last_read_ = Clock::now();
  is_stale_ = rows.sessions.empty() && !rows.transactions.empty();
  if (!rows.sessions.empty()) return to_session(rows.sessions.front(), rows, Directory(rows));
  if (rows.transactions.empty()) return std::nullopt;
  // Its connection has gone, and what it wrote is still being undone.
  SessionRow row;
  row.id = id;
  row.command = "Killed";
  return to_session(row, rows, Directory(rows));
}

bool Collector::still_blocks(const model::SessionId& session, Deadline deadline) {
  const model::Snapshot snapshot = to_model(read_look(deadline), origin_);
  return std::ranges::any_of(snapshot.waits, [&](const model::Wait& wait) {
    return std::ranges::find(wait.blocked_by, model::Holder(session)) != wait.blocked_by.end() ||
           wait.behind == session;
  });
}

// As long as rows are undone the deadline moves on: whoever asked for the kill has to wait for them anyway, and so has
// everybody behind it.
ActionResult Collector::wait_until_done(const model::Guard& guard, bool terminate, Deadline deadline,
                                        const RollbackProgress& progress) {
  const auto patience = deadline - Clock::now();
  RollbackWatch watch(guard.session);
  while (true) {
    const auto session = read_session(guard.session.pid, Clock::now() + patience);
    if (!session) return {ActionOutcome::done, ""};
    if (!terminate && !still_as(guard, *session)) return {ActionOutcome::done, ""};
    if (const auto rollback = watch.see(*session, Clock::now())) {
      if (progress) progress(*rollback);
      if (watch.advanced()) deadline = Clock::now() + patience;
    }
    if (Clock::now() + poll_interval >= deadline) break;
    std::this_thread::sleep_for(poll_interval);  // tidy: waits between polls of a condition that has a deadline
  }
  return {ActionOutcome::still_there, "it was killed, but it had not ended when the time was up"};
}

ActionResult Collector::signal(const model::Guard& guard, bool terminate, Deadline deadline,
                               const RollbackProgress& progress) {
  ActionResult moved_on{ActionOutcome::moved_on,
                        "it moved on: it is gone or no longer as it was when this was decided"};
  if (guard.session.started_at != server_.started_at) {
    return {ActionOutcome::moved_on, "the server was restarted since: its ids mean other sessions now"};
  }
  if (guard.only_while_blocking && !still_blocks(guard.session, deadline)) return moved_on;
  const auto session = read_session(guard.session.pid, deadline);
  if (!session || !still_as(guard, *session)) return moved_on;
  connection_->execute(fmt::format("KILL {} {}", terminate ? "CONNECTION" : "QUERY", guard.session.pid), deadline);
  try {
    return wait_until_done(guard, terminate, deadline, progress);
  } catch (const Failure& failure) {
    drop_if_lost(failure);
    return outcome_after_kill(failure.error(), public_url());
  }
}

ActionResult Collector::act(const model::Guard& guard, bool terminate, Deadline deadline,
                            const RollbackProgress& progress) {
  try {
    connect(deadline);
  } catch (const Failure& failure) {
    return {ActionOutcome::skipped, explain(failure.error(), public_url()).message};
  }
  if (Clock::now() >= deadline) return {ActionOutcome::skipped, "the time was up before anything was sent"};
  try {
    return signal(guard, terminate, deadline, progress);
  } catch (const Failure& failure) {
    drop_if_lost(failure);
    return outcome_of(failure.error(), public_url());
  }
}

ActionResult Collector::terminate(const model::Guard& guard, Deadline deadline, const RollbackProgress& progress) {
  return act(guard, true, deadline, progress);
}

ActionResult Collector::cancel(const model::Guard& guard, Deadline deadline) {
  if (guard.state != model::SessionState::active)
    return {ActionOutcome::skipped, "it runs no statement: KILL QUERY does nothing to a sleeping transaction"};
  return act(guard, false, deadline, {});
}

}  // namespace lockkeeper::collect::mysql
