// The history's tables in SQLite, by version. docs/history.md describes them, and a test compares the two.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include <lockkeeper/connection.hpp>

namespace lockkeeper::store {

/// "LKHS": how a file says that it is a history of ours (PRAGMA application_id).
inline constexpr std::int64_t application_id = 0x4c4b4853;

/// The statements that lead from one version of the schema to the next. Never changed once released.
using SchemaStep = std::vector<std::string>;

/// Step i leads from version i to version i + 1 (PRAGMA user_version).
[[nodiscard]] std::span<const SchemaStep> schema_steps();

/// What a database says it is.
struct SchemaState {
  std::int64_t application = 0;
  std::int64_t version = 0;
  bool has_tables = false;

  [[nodiscard]] bool is_new() const noexcept { return application == 0 && version == 0 && !has_tables; }
};

/// Throws Failure as Connection::execute.
[[nodiscard]] SchemaState schema_of(Connection& connection, Deadline deadline);

/// Nothing if a database in that state may be brought to the newest version; else what is wrong with it and what to do.
/// `newest` is the version that this program knows.
[[nodiscard]] std::string complaint_about(const SchemaState& state, std::int64_t newest);

/// Makes the tables, or brings older ones to the newest version, in one transaction. Others may do the same at the same
/// time. Throws Failure, `configuration` where complaint_about has one.
void migrate(Connection& connection, std::span<const SchemaStep> steps, Deadline deadline);

}  // namespace lockkeeper::store
