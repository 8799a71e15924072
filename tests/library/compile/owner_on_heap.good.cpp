#include <lockkeeper/database.hpp>

// Begun elsewhere, ended here, and a local variable all the time.
lockkeeper::Transaction begin_strict(lockkeeper::Database& db) {
  return db.begin({.isolation = lockkeeper::Isolation::serializable});
}

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = begin_strict(db);
  return std::move(tx).commit() == lockkeeper::CommitOutcome::committed;
}
