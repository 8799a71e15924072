#include <lockkeeper/database.hpp>

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction outer = db.begin();
  lockkeeper::Transaction inner = db.begin({.propagation = lockkeeper::Propagation::requires_new});
  const bool kept = std::move(inner).commit() == lockkeeper::CommitOutcome::committed;
  return std::move(outer).commit() == lockkeeper::CommitOutcome::committed && kept;
}
