// gcc /does not go to background work/
// clang /does not go to background work/
#include <lockkeeper/background.hpp>

void publish(lockkeeper::Database& db, lockkeeper::Background& work) {
  db.transact([&](lockkeeper::TransactionRef tx) {
    work.run([](lockkeeper::Database&, lockkeeper::TransactionRef* own) { own->execute("DELETE FROM post"); }, &tx);
  });
}
