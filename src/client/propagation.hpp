// What a new scope does, given the transaction that its thread is in: one pure decision for all seven propagations.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <lockkeeper/transaction.hpp>

#include "client/transaction_texts.hpp"

namespace lockkeeper::client {

enum class ScopeAction {
  begin,      ///< A transaction of its own. One that is current is suspended.
  take_part,  ///< In the current one.
  savepoint,  ///< In the current one, undone alone.
  without,    ///< No transaction. One that is current is suspended.
};

/// The current transaction, as far as a new scope has to agree with it.
struct CurrentTransaction {
  Site site = {};  ///< Where it began.
  std::optional<Isolation> isolation = {};
  bool read_only = false;
  bool deferrable = false;
  std::optional<std::chrono::milliseconds> time_left = {};  ///< Nothing: it has no timeout.
  std::string doomed = {};  ///< Why it can only be rolled back; empty if it can be committed.
};

/// Where a scope is asked for.
struct Surroundings {
  Site here;                                       ///< The new scope's.
  std::optional<CurrentTransaction> current = {};  ///< What it could take part in.
  std::optional<Site> suspended = {};              ///< Of a transaction that is out of reach here.
};

/// The error's code is `misuse` (options that mean nothing), `propagation`, `mismatch` or `rollback_only`; its message
/// names both places.
[[nodiscard]] std::expected<ScopeAction, Error> decide(const TransactionOptions& wanted,
                                                       const Surroundings& surroundings);

/// The same for Database::begin.
[[nodiscard]] std::expected<void, Error> decide_begin(const TransactionOptions& wanted,
                                                      const Surroundings& surroundings);

}  // namespace lockkeeper::client
