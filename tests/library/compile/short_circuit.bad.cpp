// clang /invalid invocation of method '~Transaction' on object 'outer' while it is in the 'unknown' state/
#include <lockkeeper/database.hpp>

// Where the inner one was not committed, nobody ends the outer one.
bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction outer = db.begin();
  lockkeeper::Transaction inner = db.begin({.propagation = lockkeeper::Propagation::requires_new});
  const bool kept = std::move(inner).commit() == lockkeeper::CommitOutcome::committed;
  return kept && std::move(outer).commit() == lockkeeper::CommitOutcome::committed;
}
