#include <lockkeeper/database.hpp>

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  tx.ref().execute("INSERT INTO audit VALUES (1)");
  return std::move(tx).commit() == lockkeeper::CommitOutcome::committed;
}
