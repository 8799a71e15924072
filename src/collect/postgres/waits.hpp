// pg_blocking_pids lists, for each waiter, every holder and every conflicting waiter ahead of it: n waiters on a hot
// row make n * n / 2 entries. Here each queue becomes a chain: a waiter waits for what is new to it, and for
// the waiter just ahead with all that one waits for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "collect/postgres/rows.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::collect::postgres {

/// Whether two lock modes exclude each other (PostgreSQL manual, table 13.2). False for a mode it does not know.
[[nodiscard]] bool conflicts(std::string_view one, std::string_view other);

/// Translations from the views' numbers to the model's names; nullopt for who is not (or no longer) there.
struct Naming {
  std::function<std::optional<model::SessionId>(std::int64_t pid)> session;
  /// pg_blocking_pids' 0: the prepared transactions that hold the lock of that row.
  std::function<std::vector<model::Holder>(const WaitingRow&)> prepared;
  /// The sessions, but for the waiter's own, that hold the lock of that row in a conflicting mode.
  std::function<std::vector<model::Holder>(const WaitingRow&)> holders;
};

/// One wait per waiter whose blockers are still known, grouped by lock, in queue order. `since` falls back on
/// nothing here: the caller knows the sessions' times.
[[nodiscard]] std::vector<model::Wait> reduce_queues(std::span<const WaitingRow> rows, const Naming& naming);

}  // namespace lockkeeper::collect::postgres
