#include <lockkeeper/database.hpp>

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction first = db.begin();
  const bool child = std::move(first).commit() == lockkeeper::CommitOutcome::committed;
  lockkeeper::Transaction second = db.begin();
  const bool parent = std::move(second).commit() == lockkeeper::CommitOutcome::committed;
  return child && parent;
}
