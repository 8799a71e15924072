// clang /address of stack memory associated with local variable 'tx' returned/
#include <lockkeeper/database.hpp>

lockkeeper::TransactionRef escape(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  lockkeeper::TransactionRef borrowed = tx.ref();
  if (std::move(tx).commit() != lockkeeper::CommitOutcome::committed) return borrowed;
  return tx.ref();
}
