// How a transaction ends: COMMIT or ROLLBACK, the connection back to its pool, and an honest word about it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/pool_shell.hpp"
#include "client/transaction_body.hpp"

namespace lockkeeper::client {
namespace {

// What COMMIT gets at least, where the transaction's time is nearly over: cutting it short would leave its outcome
// unknown for the sake of milliseconds.
constexpr std::chrono::seconds least_time_for_commit{30};

}  // namespace

std::optional<Error> TransactionBody::doom_of_server(Undone undone, const Site& site) {
  if (over()) return used_after_end(site_, outcome_);
  look_at_standing();
  switch (standing_) {
    case Standing::ended: return ended_by_statement(site_, ended_by_);
    case Standing::rolled_back:
    case Standing::lost: return failed_before(undone(site), failed_);
    case Standing::open: break;
  }
  if (stream_) return std::nullopt;  // Its end will tell.
  switch (lease_.transaction_status()) {
    case TransactionStatus::failed: return failed_before(undone(site), failed_);
    case TransactionStatus::unknown: return connection_gone(undone(site));
    default: return std::nullopt;
  }
}

std::optional<Error> TransactionBody::doom() {
  if (auto error = doom_of_server(not_committed, site_)) return error;
  if (timer_passed()) return timeout_error();
  if (mark_) return marked(not_committed(site_), *mark_);
  if (marked_silently_.load()) {
    return marked(not_committed(site_), {"a savepoint that was destroyed by another thread (or a want of memory)",
                                         "what should have been undone is not"});
  }
  return std::nullopt;
}

std::optional<Error> TransactionBody::doom_since(std::uint64_t savepoint, const Site& nested) {
  if (auto error = doom_of_server(not_kept, nested)) return error;
  if (!is_last(savepoint)) return still_open(not_kept(nested), "a savepoint");
  if (stream_) return still_open(not_kept(nested), "a stream or cursor");
  if (mark_ && !savepoints_.back().was_marked) return marked(not_kept(nested), *mark_);
  return std::nullopt;
}

std::string_view TransactionBody::what_is_open() const noexcept {
  if (inner_scopes > 0) return "an inner scope";
  if (stream_) return "a stream or cursor";
  if (!savepoints_.empty()) return "a savepoint";
  return {};
}

CommitResult TransactionBody::commit() {
  if (timer_) timer_->stop();  // A cancel must not meet COMMIT.
  look_at_standing();
  if (standing_ == Standing::ended) {
    return unknown(ended_by_statement(site_, ended_by_));
  }
  std::optional<Error> error = doom();
  if (!error && !what_is_open().empty()) error = still_open(not_committed(site_), what_is_open());
  if (!error) return send_commit();
  roll_back();
  return {CommitOutcome::rolled_back, std::move(error), true};
}

// Nothing where the user has set no limit: then the pool's statement timeout holds, if any.
std::optional<Deadline> TransactionBody::commit_deadline() const noexcept {
  const auto end = deadline();
  if (!end) return std::nullopt;
  return std::max<Deadline>(*end, std::chrono::steady_clock::now() + least_time_for_commit);
}

CommitResult TransactionBody::send_commit() {
  try {
    lease_.run("COMMIT", {}, commit_deadline());
  } catch (const Failure& failure) {
    return commit_failed(failure.error());
  }
  if (lease_.transaction_status() != TransactionStatus::idle) {
    return unknown(commit_lost(site_, {ErrorCode::protocol, "", "COMMIT succeeded, yet a transaction is open", {}}));
  }
  finish(CommitOutcome::committed);
  PoolShell::of(pool_).count(TransactionCounter::commit);
  return {};
}

CommitResult TransactionBody::commit_failed(const Error& error) {
  if (error.blast == Blast::commit_unknown) return unknown(commit_lost(site_, error));
  // Refused, the transaction is over on the server; but SQLite keeps it open where COMMIT found the database busy.
  if (lease_.transaction_status() == TransactionStatus::idle) standing_ = Standing::rolled_back;
  roll_back();
  return {CommitOutcome::rolled_back, commit_refused(site_, error), false};
}

CommitResult TransactionBody::unknown(Error error) {
  error.blast = Blast::commit_unknown;
  end_unknown(error);
  return {CommitOutcome::unknown, std::move(error), false};
}

void TransactionBody::end_unknown(const Error& error) noexcept {
  PoolShell& shell = PoolShell::of(pool_);
  shell.count(TransactionCounter::unknown_commit);
  std::vector<LeaseRecord> leases;
  try {
    leases.push_back(lease_.record());
    finish(CommitOutcome::unknown);
    shell.tell(EventKind::unknown_commit, error.message, std::move(leases), {}, error);
  } catch (const std::exception&) {
    finish(CommitOutcome::unknown);  // No memory for the text; the metric has it.
  }
}

RollbackResult TransactionBody::roll_back() noexcept {
  if (timer_) timer_->stop();
  close_stream();
  look_at_standing();
  if (standing_ == Standing::ended) return roll_back_in_vain();
  // A cancel of ours that was on its way may still have met the first one.
  const bool clean = send_rollback() || send_rollback();
  finish(CommitOutcome::rolled_back);
  PoolShell::of(pool_).count(TransactionCounter::rollback);
  return {CommitOutcome::rolled_back, clean};
}

RollbackResult TransactionBody::roll_back_in_vain() noexcept {
  try {
    return {unknown(ended_by_statement(site_, ended_by_)).outcome, true};
  } catch (const std::exception&) {  // No memory for the words.
    finish(CommitOutcome::unknown);
    return {CommitOutcome::unknown, true};
  }
}

void TransactionBody::finish(CommitOutcome outcome) noexcept {
  lease_.give_back();
  outcome_ = outcome;
  over_.store(true, std::memory_order_release);
}

bool TransactionBody::send_rollback() noexcept {
  const TransactionStatus status = lease_.transaction_status();
  if (status == TransactionStatus::idle) return true;
  if (status == TransactionStatus::unknown) return false;
  try {
    lease_.run("ROLLBACK", {}, std::chrono::steady_clock::now() + pool_.settings().rollback_timeout);
  } catch (const std::exception&) {
    return false;  // The lease's return cleans or closes the connection.
  }
  return lease_.transaction_status() == TransactionStatus::idle;
}

}  // namespace lockkeeper::client
