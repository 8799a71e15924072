#include <lockkeeper/database.hpp>

void import(lockkeeper::Database& db, int batches) {
  for (int batch = 0; batch < batches; ++batch) {
    lockkeeper::Transaction tx = db.begin();
    if (tx.ref().value<int>("SELECT count(*) FROM todo") == 0) {
      std::move(tx).rollback();
      break;
    }
    if (std::move(tx).commit() != lockkeeper::CommitOutcome::committed) return;
  }
}
