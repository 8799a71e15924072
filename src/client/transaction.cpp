// The owner and its savepoints, and the words of transaction.hpp.
#include <exception>
#include <utility>

#include <lockkeeper/transaction.hpp>

#include "client/transaction_scope.hpp"

namespace lockkeeper {

std::string_view to_string(Propagation propagation) noexcept {
  switch (propagation) {
    case Propagation::required: return "required";
    case Propagation::requires_new: return "requires_new";
    case Propagation::nested: return "nested";
    case Propagation::mandatory: return "mandatory";
    case Propagation::supports: return "supports";
    case Propagation::not_supported: return "not_supported";
    case Propagation::never: return "never";
  }
  return "required";
}

std::string_view to_string(CommitOutcome outcome) noexcept {
  switch (outcome) {
    case CommitOutcome::committed: return "committed";
    case CommitOutcome::rolled_back: return "rolled_back";
    case CommitOutcome::unknown: return "unknown";
  }
  return "unknown";
}

std::string_view to_string(Isolation isolation) noexcept {
  switch (isolation) {
    case Isolation::read_uncommitted: return "read_uncommitted";
    case Isolation::read_committed: return "read_committed";
    case Isolation::repeatable_read: return "repeatable_read";
    case Isolation::serializable: return "serializable";
  }
  return "serializable";
}

namespace {

client::TransactionScope& not_moved_from(const std::shared_ptr<client::TransactionScope>& scope) {
  if (scope) return *scope;
  throw Failure(
      {ErrorCode::misuse, "", "this transaction or savepoint was ended or moved from before", Blast::statement});
}

}  // namespace

Transaction::Transaction(std::shared_ptr<client::TransactionScope> scope) noexcept : scope_(std::move(scope)) {}

Transaction::Transaction(Transaction&& other) noexcept : scope_(std::exchange(other.scope_, nullptr)) {}

Transaction::~Transaction() {
  if (scope_ && !scope_->over()) scope_->abandon();
}

TransactionRef Transaction::ref() & {
  static_cast<void>(not_moved_from(scope_));
  return TransactionRef(scope_);
}

CommitOutcome Transaction::commit() && {
  const client::CommitResult result = not_moved_from(scope_).succeed();
  scope_.reset();
  if (result.refused) throw Failure(*result.error);
  return result.outcome;
}

void Transaction::rollback() && noexcept {
  if (const auto scope = std::exchange(scope_, nullptr); scope && !scope->over()) scope->fail({});
}

Savepoint::Savepoint(Savepoint&& other) noexcept : scope_(std::exchange(other.scope_, nullptr)), id_(other.id_) {}

void Savepoint::release() && {
  not_moved_from(scope_).transaction("a savepoint").release(id_);
  scope_.reset();
}

void Savepoint::rollback() && {
  client::TransactionBody& body = not_moved_from(scope_).transaction("a savepoint");
  body.require_last(id_);
  body.roll_back_to(id_);
  scope_.reset();
}

Savepoint::~Savepoint() {
  if (scope_) scope_->drop_savepoint(id_);
}

}  // namespace lockkeeper
