// gcc /captures nothing/
// clang /captures nothing/
// A transaction that goes along in a capture: no type tells, so nothing may be captured.
#include <lockkeeper/background.hpp>

void publish(lockkeeper::Database& db, lockkeeper::Background& work) {
  db.transact([&](lockkeeper::TransactionRef tx) {
    work.run([tx](lockkeeper::Database&) mutable { tx.execute("DELETE FROM post"); });
  });
}
