// The outbox's tables, made and brought up to date.
#include <fmt/format.h>
#include <lockkeeper/outbox.hpp>
#include <lockkeeper/row_locks.hpp>

#include "client/outbox_sql.hpp"

namespace lockkeeper {
namespace {

// What this library writes. A step for each further version goes into `upgrade`.
constexpr int newest_version = 1;

using RunStatement = std::function<Rows(const std::string& sql, const std::vector<Parameter>& parameters)>;

Failure refused(ErrorCode code, std::string message) {
  return Failure({code, "", std::move(message), Blast::statement});
}

// Every step may be run again: on MySQL and MariaDB each statement commits by itself, and a crash leaves half of them.
void upgrade(const client::OutboxSql& sql, const std::string& table, const RunStatement& run) {
  const std::string component = "outbox " + table;
  run(sql.create_versions(), {});
  const Rows found = run(sql.version(), {Parameter(component)});
  const int version = found.empty() ? 0 : detail::read_cell<int>(found, 0, 0);
  if (version > newest_version) {
    throw refused(ErrorCode::configuration,
                  fmt::format("the outbox table {} has version {}, made by a newer library; this one knows up to {}",
                              table, version, newest_version));
  }
  if (version == newest_version) return;
  for (const std::string& statement : sql.create()) run(statement, {});
  if (found.empty()) {
    run(sql.insert_version(), {Parameter(component), Parameter(newest_version)});
  } else {
    run(sql.update_version(), {Parameter(newest_version), Parameter(component)});
  }
}

constexpr std::string_view lock = "lockkeeper migrate";

// DDL belongs to the transaction on PostgreSQL and SQLite: all or nothing. False: it does not, nothing was done.
bool migrate_in_transaction(Database& db, const std::string& table) {
  return db.transact({.durable = true, .name = "outbox migrate"}, [&](TransactionRef tx) {
    if (detail::is_mysql(tx.engine())) return false;
    lock_name(tx, lock);
    upgrade(client::OutboxSql(tx.engine(), table), table,
            [&](const std::string& sql, const std::vector<Parameter>& parameters) { return tx.run(sql, parameters); });
    return true;
  });
}

// Others wait by the session's own lock, which ends with it whatever happens.
void migrate_statement_by_statement(Database& db, const std::string& table) {
  constexpr int patience_in_seconds = 60;
  Lease lease = db.pool().acquire();
  if (lease.value<std::optional<int>>("SELECT GET_LOCK(?, ?)", lock, patience_in_seconds).value_or(0) != 1) {
    throw refused(ErrorCode::lock_not_available,
                  fmt::format("somebody else has been migrating for {} s; try again", patience_in_seconds));
  }
  const auto unlock = [&] { lease.execute("DO RELEASE_LOCK(?)", lock); };
  try {
    upgrade(
        client::OutboxSql(lease.server().engine, table), table,
        [&](const std::string& sql, const std::vector<Parameter>& parameters) { return lease.run(sql, parameters); });
  } catch (...) {
    try {
      unlock();
    } catch (const Failure&) {
      // The session is gone, and the lock with it; the first failure is the one to tell.
    }
    throw;
  }
  unlock();
}

}  // namespace

void Outbox::migrate(Database& db) const {
  if (!migrate_in_transaction(db, table_)) migrate_statement_by_statement(db, table_);
}

}  // namespace lockkeeper
