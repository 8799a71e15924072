#include <lockkeeper/database.hpp>

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  return std::move(tx).commit() == lockkeeper::CommitOutcome::committed;
}
