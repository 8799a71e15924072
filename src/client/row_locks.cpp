#include <lockkeeper/row_locks.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace lockkeeper {
namespace {

Failure misuse(std::string message) { return Failure({ErrorCode::misuse, "", std::move(message), Blast::statement}); }

// Throws outside a transaction, whose end would be the lock's, and where SQLite would lock nothing.
Engine require_lockable(TransactionRef& tx, std::string_view what) {
  if (!tx.is_active()) {
    throw misuse(fmt::format("{} outside a transaction: the lock would be gone with the statement", what));
  }
  const Engine engine = tx.engine();
  // The driver begins transactions that may write with BEGIN IMMEDIATE, and read-only ones with query_only.
  if (engine == Engine::sqlite && tx.value<bool>("PRAGMA query_only")) {
    throw misuse(fmt::format("{} in a read-only transaction of SQLite, which locks nothing", what));
  }
  return engine;
}

void require_names_can_be_locked(Engine engine) {
  if (!detail::is_mysql(engine)) return;
  throw misuse(
      "MySQL and MariaDB have no lock on a name that ends with the transaction (GET_LOCK belongs to the "
      "session): lock a row instead, with for_update");
}

class UpdateStatement {
 public:
  UpdateStatement(Engine engine, const VersionedUpdate& update) : engine_(engine) {
    const std::string version = detail::quote_column(engine, update.version_column);
    sql_ = "UPDATE " + detail::quote_table(engine, update.table) + " SET " + version + " = " + version + " + 1";
    for (const ColumnValue& column : update.set) add(", ", column.column, column.value.view());
    sql_ += " WHERE ";
    for (const ColumnValue& column : update.id) {
      add("", column.column, column.value.view());
      sql_ += " AND ";
    }
    add("", update.version_column, update.expected);
  }

  Rows run(TransactionRef& tx) const { return tx.run(sql_, parameters_); }

 private:
  void add(std::string_view before, std::string_view column, const Parameter& value) {
    sql_ += before;
    sql_ += detail::quote_column(engine_, column);
    sql_ += " = ";
    parameters_.push_back(value);
    detail::append_placeholder(sql_, engine_, parameters_.size());
  }

  Engine engine_;
  std::string sql_;
  std::vector<Parameter> parameters_;
};

// The columns that tell which row it was; not their values, which may be personal data.
std::string describe(const VersionedUpdate& update) {
  std::string text = fmt::format("\"{}\" by", update.table);
  for (const ColumnValue& column : update.id) text += fmt::format(" {}", column.column);
  return text;
}

}  // namespace

std::string_view for_update_clause(Engine engine, WhenLocked when_locked) noexcept {
  if (engine == Engine::sqlite) return "";
  switch (when_locked) {
    case WhenLocked::wait: return " FOR UPDATE";
    case WhenLocked::skip: return " FOR UPDATE SKIP LOCKED";
    case WhenLocked::fail: return " FOR UPDATE NOWAIT";
  }
  return " FOR UPDATE";
}

std::string_view for_share_clause(Engine engine, WhenLocked when_locked) noexcept {
  if (engine == Engine::sqlite) return "";
  // MariaDB knows the older words only.
  const bool is_mariadb = engine == Engine::mariadb;
  switch (when_locked) {
    case WhenLocked::wait: return is_mariadb ? " LOCK IN SHARE MODE" : " FOR SHARE";
    case WhenLocked::skip: return is_mariadb ? " LOCK IN SHARE MODE SKIP LOCKED" : " FOR SHARE SKIP LOCKED";
    case WhenLocked::fail: return is_mariadb ? " LOCK IN SHARE MODE NOWAIT" : " FOR SHARE NOWAIT";
  }
  return " FOR SHARE";
}

namespace detail {

std::string locking_statement(TransactionRef tx, RowLock lock, WhenLocked when_locked, std::string_view select) {
  const std::string_view what = lock == RowLock::update ? "for_update" : "for_share";
  require_inner_statement(what, select);
  const Engine engine = require_lockable(tx, what);
  const std::string_view clause =
      lock == RowLock::update ? for_update_clause(engine, when_locked) : for_share_clause(engine, when_locked);
  // On a line of its own: the statement may end with a comment.
  return fmt::format("{}\n{}", select, clause);
}

}  // namespace detail

void lock_name(TransactionRef tx, std::string_view name) {
  const Engine engine = require_lockable(tx, "lock_name");
  require_names_can_be_locked(engine);
  if (engine == Engine::postgres) tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name);
}

bool try_lock_name(TransactionRef tx, std::string_view name) {
  const Engine engine = require_lockable(tx, "try_lock_name");
  require_names_can_be_locked(engine);
  if (engine != Engine::postgres) return true;
  return tx.value<bool>("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", name);
}

std::int64_t update_versioned(TransactionRef tx, const VersionedUpdate& update) {
  if (update.id.empty()) throw misuse("update_versioned: the id has no column; every row would be changed");
  if (update.expected == std::numeric_limits<std::int64_t>::max()) {
    throw misuse("update_versioned: there is no version after the expected one");
  }
  const std::uint64_t changed = UpdateStatement(tx.engine(), update).run(tx).affected();
  if (changed > 1) {
    throw misuse(fmt::format("update_versioned: {} is the id of {} rows; roll back", describe(update), changed));
  }
  if (changed == 0) {
    throw Failure({ErrorCode::conflict, "",
                   fmt::format("the row of {} has no longer version {}: somebody else has changed or deleted it "
                               "since it was read",
                               describe(update), update.expected),
                   Blast::statement});
  }
  return update.expected + 1;
}

}  // namespace lockkeeper
