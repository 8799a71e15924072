// clang /invalid invocation of method 'ref' on object 'tx' while it is in the 'consumed' state/
#include <lockkeeper/database.hpp>

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  const bool done = std::move(tx).commit() == lockkeeper::CommitOutcome::committed;
  tx.ref().execute("INSERT INTO audit VALUES (1)");
  return done;
}
