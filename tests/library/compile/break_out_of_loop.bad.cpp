// clang /invalid invocation of method '~Transaction' on object 'tx' while it is in the 'unconsumed' state/
#include <lockkeeper/database.hpp>

void import(lockkeeper::Database& db, int batches) {
  for (int batch = 0; batch < batches; ++batch) {
    lockkeeper::Transaction tx = db.begin();
    if (tx.ref().value<int>("SELECT count(*) FROM todo") == 0) break;
    if (std::move(tx).commit() != lockkeeper::CommitOutcome::committed) return;
  }
}
