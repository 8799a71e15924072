// clang /invalid invocation of method '~Transaction' on object 'tx' while it is in the 'unconsumed' state/
#include <lockkeeper/database.hpp>

// The early return between BEGIN and COMMIT: incident 5.
int create(lockkeeper::Database& db, bool valid) {
  lockkeeper::Transaction tx = db.begin();
  if (!valid) return 400;
  tx.ref().execute("INSERT INTO account VALUES (1)");
  return std::move(tx).commit() == lockkeeper::CommitOutcome::committed ? 200 : 500;
}
