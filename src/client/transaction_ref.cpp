// The borrower's face: each call asks the scope first.
#include <utility>

#include <lockkeeper/transaction.hpp>

#include "client/texts.hpp"
#include "client/transaction_scope.hpp"

namespace lockkeeper {

Rows TransactionRef::run(std::string_view sql, std::span<const Parameter> parameters) {
  return scope_->run(sql, parameters);
}

std::vector<Rows> TransactionRef::run_batch(std::span<const Statement> statements) {
  return scope_->run_batch(statements);
}

std::unique_ptr<RowStream> TransactionRef::open_stream(std::string_view sql, std::span<const Parameter> parameters,
                                                       std::size_t chunk_rows) {
  return scope_->open_stream(sql, parameters, chunk_rows);
}

Savepoint TransactionRef::savepoint() { return {scope_, scope_->transaction("a savepoint").savepoint()}; }

void TransactionRef::set_rollback_only(std::string_view reason, std::source_location where) {
  scope_->transaction("set_rollback_only").mark({client::place(where), std::string(reason)});
}

bool TransactionRef::is_rollback_only() const {
  scope_->require_in_use();
  return scope_->body() && scope_->body()->is_rollback_only();
}

void TransactionRef::outside_effect(std::string_view what) { scope_->outside_effect(what); }

void TransactionRef::before_commit(std::function<void(TransactionRef)> function) {
  scope_->callbacks().add_before(std::move(function));
}

void TransactionRef::after_commit(std::function<void(Database&)> function) {
  scope_->callbacks().add_after(client::CallbackTime::after_commit, std::move(function));
}

void TransactionRef::after_rollback(std::function<void(Database&)> function) {
  scope_->callbacks().add_after(client::CallbackTime::after_rollback, std::move(function));
}

void TransactionRef::after_completion(std::function<void(Database&, CommitOutcome)> function) {
  scope_->callbacks().add_completion(std::move(function));
}

bool TransactionRef::is_active() const noexcept { return scope_->is_active(); }

Database& TransactionRef::database() const { return scope_->database(); }

Engine TransactionRef::engine() const { return scope_->engine(); }

std::source_location TransactionRef::began_at() const noexcept { return scope_->transaction_site().where; }

std::uint64_t TransactionRef::id() const noexcept { return scope_->id(); }

std::optional<Deadline> TransactionRef::deadline() const {
  scope_->require_in_use();
  if (!scope_->body()) return std::nullopt;
  return scope_->body()->deadline();
}

void* TransactionRef::native_handle() const { return scope_->transaction("native_handle").native_handle(); }

}  // namespace lockkeeper
