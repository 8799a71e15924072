// clang /invalid invocation of method 'commit' on a temporary object while it is in the 'consumed' state/
#include <lockkeeper/database.hpp>

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  const bool child = std::move(tx).commit() == lockkeeper::CommitOutcome::committed;
  const bool parent = std::move(tx).commit() == lockkeeper::CommitOutcome::committed;
  return child && parent;
}
