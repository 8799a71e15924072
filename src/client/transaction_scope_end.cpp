// The end of a scope: what it means depends on its kind.
#include <fmt/format.h>

#include <exception>
#include <utility>

#include "client/pool_shell.hpp"
#include "client/transaction_scope.hpp"
#include "client/transaction_stack.hpp"

namespace lockkeeper::client {
namespace {

void tell_failed_callback(DatabaseShell& database, const Site& site) noexcept {
  std::string text = text_of_current_exception();
  std::optional<Error> error;
  try {
    try {
      throw;
    } catch (const Failure& failure) {
      error = failure.error();
    } catch (...) {
      // Its text has to do.
    }
    text = fmt::format(
        "a function registered for the end of the transaction begun at {} failed: {}\n"
        "  The transaction is over and not affected; the other functions still run.",
        to_text(site), text);
  } catch (...) {  // No memory: as much as there is.
  }
  PoolShell::of(database.pool()).tell(EventKind::callback_failed, std::move(text), {}, {}, std::move(error));
}

}  // namespace

CommitResult TransactionScope::succeed() {
  require_in_use();
  switch (kind_) {
    case ScopeKind::owner: return commit();
    case ScopeKind::part: return end_part();
    case ScopeKind::nested: return end_nested();
    case ScopeKind::without: break;
  }
  return end_without();
}

CommitResult TransactionScope::commit() {
  try {
    if (!body_->doom()) body_->callbacks.run_before(TransactionRef(shared_from_this()));
  } catch (...) {
    fail({});
    throw;
  }
  CommitResult result = body_->commit();
  finish(result.outcome);
  return result;
}

CommitResult TransactionScope::end_part() {
  if (body_->over()) return {body_->outcome(), end_after_transaction(), true};
  if (!body_->is_read_by(*this)) {
    finish(CommitOutcome::committed);
    return {};
  }
  Error error = still_open("the scope begun at " + to_text(site_) + " has failed", "a stream or cursor");
  fail(error.message);
  return {CommitOutcome::rolled_back, std::move(error), true};
}

// The transaction was ended inside the function of a scope that takes part in it.
Error TransactionScope::end_after_transaction() {
  finish(body_->outcome());
  return used_after_end(body_->site(), body_->outcome());
}

CommitResult TransactionScope::end_nested() {
  if (body_->over()) return {body_->outcome(), end_after_transaction(), true};
  if (std::optional<Error> doom = body_->doom_since(savepoint_, site_)) {
    fail(doom->message);
    return {CommitOutcome::rolled_back, std::move(doom), true};
  }
  try {
    body_->release(savepoint_);
  } catch (const Failure& failure) {
    fail(failure.what());
    return {CommitOutcome::rolled_back, failure.error(), true};
  }
  finish(CommitOutcome::committed);
  return {};
}

CommitResult TransactionScope::end_without() {
  try {
    own_callbacks_.run_before(TransactionRef(shared_from_this()));
  } catch (...) {
    fail({});
    throw;
  }
  finish(CommitOutcome::committed);
  return {};
}

void TransactionScope::fail(std::string_view reason) noexcept {
  CommitOutcome outcome = CommitOutcome::rolled_back;
  switch (kind_) {
    case ScopeKind::owner: outcome = body_->roll_back().outcome; break;
    case ScopeKind::part: mark_outer("which took part in it", reason); break;
    case ScopeKind::nested: go_back(); break;
    case ScopeKind::without: break;
  }
  finish(outcome);
}

void TransactionScope::mark_outer(std::string_view role, std::string_view reason) noexcept {
  if (body_->over()) return;
  if (body_->is_read_by(*this)) body_->close_stream();
  try {
    body_->mark({fmt::format("the scope begun at {}, {},", to_text(site_), role), std::string(reason)});
  } catch (const std::exception&) {  // No memory for the words: the mark is what counts.
    body_->mark_silently();
  }
}

void TransactionScope::go_back() noexcept {
  if (body_->over() || !body_->is_open(savepoint_)) return;
  try {
    body_->roll_back_to(savepoint_);
  } catch (const std::exception& error) {
    mark_outer("which could not go back to its savepoint", error.what());
  }
}

void TransactionScope::abandon() noexcept {
  // An exception that leaves the owner's scope means the rollback.
  if (std::uncaught_exceptions() > uncaught_) return fail({});
  const std::chrono::steady_clock::duration age = body_->age();
  std::optional<LeaseRecord> lease;
  std::shared_ptr<DatabaseShell> database = database_;
  try {
    lease = body_->lease_record();
  } catch (const std::exception&) {  // The connection was taken back.
  }
  const RollbackResult result = body_->roll_back();
  tell_abandoned(*database, age, std::move(lease), result.clean);
  finish(result.outcome);
}

void TransactionScope::tell_abandoned(DatabaseShell& database, std::chrono::steady_clock::duration age,
                                      std::optional<LeaseRecord> lease, bool clean) const noexcept {
  PoolShell& shell = PoolShell::of(database.pool());
  shell.count(TransactionCounter::abandoned);
  try {
    std::string text = fmt::format(
        "the transaction begun at {} was left without commit or rollback, {} after it began; it was rolled back. Some "
        "way out of the function that began it (an early return, a break) does not end it.",
        to_text(site_), to_text(age));
    std::vector<LeaseRecord> leases;
    if (lease) {
      if (!lease->last_statement.empty()) text += "\n  It ran last: " + lease->last_statement;
      leases.push_back(std::move(*lease));
    }
    shell.tell(EventKind::abandoned_transaction, std::move(text), leases);
    if (clean) return;
    shell.tell(EventKind::rollback_failed,
               fmt::format("the abandoned transaction begun at {} could not be rolled back; its connection was "
                           "discarded, and the server rolls it back when it notices",
                           to_text(site_)),
               std::move(leases));
  } catch (const std::exception&) {
    return;  // No memory for the text; the metric has it.
  }
}

void TransactionScope::finish(CommitOutcome outcome) noexcept {
  if (over()) return;
  if (kind_ == ScopeKind::part || kind_ == ScopeKind::nested) --body_->inner_scopes;
  outcome_.store(outcome);
  over_.store(true, std::memory_order_release);
  remove_scope(*this);
  for (const auto& each : lone_streams_) {
    if (const auto stream = each.lock()) stream->close();
  }
  const std::shared_ptr<DatabaseShell> database = std::move(database_);
  if (kind_ == ScopeKind::owner) run_after(database, std::exchange(body_->callbacks, {}), outcome);
  if (kind_ == ScopeKind::without) run_after(database, std::exchange(own_callbacks_, {}), outcome);
}

void TransactionScope::run_after(const std::shared_ptr<DatabaseShell>& database, TransactionCallbacks callbacks,
                                 CommitOutcome outcome) const noexcept {
  if (!callbacks.has_after()) return;
  std::shared_ptr<TransactionScope> apart;
  try {
    const auto functions = callbacks.take_after(outcome);
    apart = stand_apart(database);
    for (const auto& function : functions) {
      try {
        if (database->facade() == nullptr) throw Failure(database_gone());
        function(*database->facade());
      } catch (...) {
        tell_failed_callback(*database, site_);
      }
    }
  } catch (...) {
    tell_failed_callback(*database, site_);
  }
  if (apart) apart->finish(CommitOutcome::committed);
}

}  // namespace lockkeeper::client
