// The scopes that the calling thread is in, outermost first: of all databases, inherited by no other thread.
#pragma once

#include <memory>
#include <string_view>

#include "client/propagation.hpp"
#include "client/transaction_scope.hpp"

namespace lockkeeper::client {

void push_scope(std::shared_ptr<TransactionScope> scope);
/// Forgets it, wherever it is in the stack. On another thread than its own it stays there until it is looked for.
void remove_scope(const TransactionScope& scope) noexcept;

/// The innermost scope on this database that is not over; null if there is none.
[[nodiscard]] std::shared_ptr<TransactionScope> current_scope(const DatabaseShell& database) noexcept;

/// What a new scope has to agree with.
[[nodiscard]] Surroundings surroundings_of(const DatabaseShell& database, const Site& here);

/// Throws `propagation` where the new transaction would wait for ever for one of this very thread: SQLite has one
/// writer at a time.
void refuse_second_writer(const DatabaseShell& database, const TransactionOptions& wanted, const Site& here);

/// Of every transaction that the thread is in on this database, current or suspended.
void declare_outside_effect(const DatabaseShell& database, std::string_view what);

}  // namespace lockkeeper::client
