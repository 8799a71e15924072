// Locks that end with the transaction: on rows, on names, and the optimistic kind that locks nothing.
//
//   auto job = for_update<std::int64_t, std::string>(tx, WhenLocked::skip,
//       "SELECT id, payload FROM job WHERE done = false ORDER BY id LIMIT 1");
//   lock_name(tx, "invoice-numbers");
//   update_versioned(tx, {.table = "post", .id = {{"id", 17}}, .expected = version, .set = {{"title", title}}});
//
// A lock that ends before its transaction protects nothing: others see the old rows until COMMIT. So nothing here can
// be released by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/detail/statement.hpp>
#include <lockkeeper/rows.hpp>
#include <lockkeeper/transaction.hpp>
#include <lockkeeper/value.hpp>

namespace lockkeeper {

/// What a locking read does with rows that somebody else has locked.
enum class WhenLocked {
  wait,  ///< Waits for them, as long as the transaction and its statements may last.
  skip,  ///< Leaves them out (SKIP LOCKED): for queues. MySQL 8.0, MariaDB 10.6.
  fail,  ///< Throws `lock_not_available` at once (NOWAIT). MySQL 8.0, MariaDB 10.3.
};

/// What to write after a SELECT so that its rows are locked for writing: " FOR UPDATE SKIP LOCKED". Empty on SQLite.
[[nodiscard]] std::string_view for_update_clause(Engine engine, WhenLocked when_locked) noexcept;

/// What to write after a SELECT so that nobody may change its rows, though others may lock them so too. Empty on
/// SQLite.
[[nodiscard]] std::string_view for_share_clause(Engine engine, WhenLocked when_locked) noexcept;

namespace detail {

enum class RowLock { update, share };

/// The statement with its clause. Throws `misuse` outside a transaction, and on SQLite in one that cannot write.
[[nodiscard]] std::string locking_statement(TransactionRef tx, RowLock lock, WhenLocked when_locked,
                                            std::string_view select);

template <class... Columns, class... Arguments>
auto run_locking(TransactionRef tx, RowLock lock, WhenLocked when_locked, std::string_view select,
                 const Arguments&... arguments) {
  const std::string sql = locking_statement(tx, lock, when_locked, select);
  if constexpr (sizeof...(Columns) == 0) {
    return tx.execute(sql, arguments...);
  } else {
    return tx.query<Columns...>(sql, arguments...);
  }
}

}  // namespace detail

/// Runs a SELECT and locks the rows it returns until the transaction ends. Rows as tuples where Columns are named, else
/// as Rows. `select` has no locking clause of its own, and no semicolon. Throws as Queries::query, `misuse` outside a
/// transaction, `lock_not_available`, and `deadlock` where the database finds one.
///
/// SQLite locks no rows: a transaction that writes is the only one, from BEGIN on (which has waited for the others). So
/// nothing is locked by anybody else here, whatever `when_locked` says; a read-only transaction is refused (`misuse`).
template <class... Columns, class... Arguments>
auto for_update(TransactionRef tx, WhenLocked when_locked, std::string_view select, const Arguments&... arguments) {
  return detail::run_locking<Columns...>(tx, detail::RowLock::update, when_locked, select, arguments...);
}

/// The same, sharing the lock with other readers who ask for no more.
template <class... Columns, class... Arguments>
auto for_share(TransactionRef tx, WhenLocked when_locked, std::string_view select, const Arguments&... arguments) {
  return detail::run_locking<Columns...>(tx, detail::RowLock::share, when_locked, select, arguments...);
}

/// Waits until no other transaction holds this name, and holds it until the transaction ends: for what is no row, such
/// as the right to run a job. Names are the database's, no tables needed; a name taken twice is held once.
///
/// PostgreSQL: pg_advisory_xact_lock(hashtextextended(name, 0)), which other programs may use too; two names in 2^64
/// share a lock. SQLite: the writing transaction itself, as for_update. MySQL and MariaDB throw `misuse`: their
/// GET_LOCK belongs to the session and would have to be released before COMMIT or forgotten after it; lock a row
/// with for_update there. Throws `misuse` outside a transaction.
void lock_name(TransactionRef tx, std::string_view name);
/// False where another transaction holds the name.
[[nodiscard]] bool try_lock_name(TransactionRef tx, std::string_view name);

/// A column and the value it has or gets.
struct ColumnValue {
  template <class Type>
  ColumnValue(std::string_view name, const Type& new_value) : column(name), value(new_value) {}

  std::string column;
  detail::OwnedParameter value;
};

/// One row to change if nobody has since it was read. Names as in insert_many.
struct VersionedUpdate {
  std::string_view table;
  std::vector<ColumnValue> id;  ///< The primary key: exactly one row.
  /// An integer column that every writer increases.
  std::string_view version_column = "version";
  std::int64_t expected = 0;          ///< The version that was read.
  std::vector<ColumnValue> set = {};  ///< Not the version. Empty: only the version is increased.
};

/// Changes the row and increases its version by one, if it still has the expected one; returns the new version. Throws
/// Failure: `conflict` where the row has another version or is gone, `misuse` where the id is that of several rows
/// (which are changed then: roll back) or names are bad, and what the server says. Works without a transaction too: it
/// is one statement.
std::int64_t update_versioned(TransactionRef tx, const VersionedUpdate& update);

}  // namespace lockkeeper
