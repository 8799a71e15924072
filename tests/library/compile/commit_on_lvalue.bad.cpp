// gcc /passing 'lockkeeper::Transaction' as 'this' argument discards qualifiers/
// clang /is an lvalue, but function has rvalue ref-qualifier/
#include <lockkeeper/database.hpp>

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  return tx.commit() == lockkeeper::CommitOutcome::committed;
}
