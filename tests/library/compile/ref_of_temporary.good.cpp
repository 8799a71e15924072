#include <lockkeeper/database.hpp>

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  tx.ref().execute("DELETE FROM todo");
  return std::move(tx).commit() == lockkeeper::CommitOutcome::committed;
}
