// Hand-made answers of a server and hand-made row structs: what the pure tests of the collector start from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collect/postgres/rows.hpp"
#include "collect/postgres/to_model.hpp"

namespace lockkeeper::collect::postgres {

using Cells = std::vector<std::optional<std::string>>;

/// One sound row for each statement of a look, in the order of its SELECT list.
[[nodiscard]] Cells facts_cells();
[[nodiscard]] Cells activity_cells();
[[nodiscard]] Cells held_cells();
[[nodiscard]] Cells waiting_cells();
[[nodiscard]] Cells prepared_cells();
[[nodiscard]] Cells slot_cells();

/// The five answers of a look, before they are turned into Rows.
using Answers = std::vector<std::vector<Cells>>;
[[nodiscard]] Answers sound_answers();
[[nodiscard]] std::vector<Rows> to_rows(const Answers& answers);

/// Cells as one answer, however many they are.
[[nodiscard]] Rows rows_of(std::size_t columns, const std::vector<Cells>& table);

inline constexpr model::WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} +
                                      std::chrono::hours{12}};

/// Facts of a server on which nothing happens, seen by the superuser `postgres` (oid 10) at noon.
[[nodiscard]] LookRows quiet_server();

/// A client's session that started at noon less an hour.
[[nodiscard]] ActivityRow client(std::int64_t pid, std::string state);
/// What an ordinary role sees of another role's session.
[[nodiscard]] ActivityRow hidden_client(std::int64_t pid);
[[nodiscard]] ActivityRow worker(std::int64_t pid, std::int64_t leader);

[[nodiscard]] LockRow relation_lock(std::string name, std::string mode);
[[nodiscard]] LockRow transaction_lock(std::int64_t xid, std::string mode);

/// The id that `client(pid, ...)` has in the model.
[[nodiscard]] model::SessionId id_of(std::int64_t pid);

[[nodiscard]] model::Snapshot model_of(const LookRows& rows);

/// The session of that pid; a failure and an empty session where there is none.
[[nodiscard]] model::Session session_in(const model::Snapshot& snapshot, std::int64_t pid);

/// Every text that the snapshot holds, wherever it is.
[[nodiscard]] std::vector<std::string> all_strings(const model::Snapshot& snapshot);

}  // namespace lockkeeper::collect::postgres
