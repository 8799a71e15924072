// The words that several rules share, so that all findings speak alike.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/finding.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::rules {

/// "1 session", "70 sessions"; `many` where adding an s is not enough.
[[nodiscard]] std::string counted(std::int64_t count, std::string_view one, std::string_view many = "");

/// 1250000 as "1,250,000".
[[nodiscard]] std::string grouped(std::int64_t count);

/// `application "shop" (user alice, database shop)`; without an application name, the user alone.
[[nodiscard]] std::string owner(const model::Session& session);

/// What is held, without repeats: "RowExclusiveLock on public.orders", at most `most` and how many more.
[[nodiscard]] std::vector<std::string> held_locks(std::span<const model::Session* const> sessions,
                                                  std::size_t most = 12);
[[nodiscard]] std::vector<std::string> held_locks(std::span<const model::HeldLock> locks, std::size_t most = 12);

/// What the place of the last statement says about the mistake in the program.
[[nodiscard]] std::string likely_mistake_after(const model::Session& session);

/// Whether it holds anything that ends with its transaction. At top level a failed transaction has given all that back:
/// what it still holds was taken before a savepoint, or (advisory locks alone) for the session.
[[nodiscard]] bool holds_transaction_locks(const model::Session& session);

/// What becomes of the work done so far when sessions are terminated. `rows_modified` of the largest, where the server
/// counts them: they are undone one by one, while the locks are still held.
[[nodiscard]] std::string lost_by_ending(std::int64_t sessions, std::int64_t wrote,
                                         std::optional<std::int64_t> rows_modified = {});

/// `rows_modified`, `rows_locked` and `tables_locked` of the transaction, where the server counts them.
void add_innodb_counts(const model::Session& session, model::Evidence& evidence);

/// What the server still knows of the transaction's statements, where it keeps any.
void add_history(const model::Session& session, model::Evidence& evidence);

[[nodiscard]] std::vector<std::int64_t> pids(std::span<const model::SessionId> sessions);

}  // namespace lockkeeper::rules
