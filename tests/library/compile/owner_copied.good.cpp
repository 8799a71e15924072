#include <lockkeeper/database.hpp>

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  lockkeeper::Transaction moved = std::move(tx);
  lockkeeper::TransactionRef borrowed = moved.ref();
  lockkeeper::TransactionRef copy = borrowed;
  copy.execute("DELETE FROM todo");
  return std::move(moved).commit() == lockkeeper::CommitOutcome::committed;
}
