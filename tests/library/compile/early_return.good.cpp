#include <lockkeeper/database.hpp>

int create(lockkeeper::Database& db, bool valid) {
  lockkeeper::Transaction tx = db.begin();
  if (!valid) {
    std::move(tx).rollback();
    return 400;
  }
  tx.ref().execute("INSERT INTO account VALUES (1)");
  return std::move(tx).commit() == lockkeeper::CommitOutcome::committed ? 200 : 500;
}

int create_in_function(lockkeeper::Database& db, bool valid) {
  return db.transact([&](auto& tx) {
    if (!valid) return 400;
    tx.execute("INSERT INTO account VALUES (1)");
    return 200;
  });
}
