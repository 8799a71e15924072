#include <lockkeeper/database.hpp>

lockkeeper::TransactionRef same(lockkeeper::TransactionRef tx) { return tx; }

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  same(tx.ref()).execute("DELETE FROM todo");
  return std::move(tx).commit() == lockkeeper::CommitOutcome::committed;
}
