#include <lockkeeper/database.hpp>

void write_post(lockkeeper::TransactionRef tx) { tx.execute("INSERT INTO post (title) VALUES ($1)", "hello"); }

void publish(lockkeeper::Database& db) {
  db.transact([](auto& tx) { write_post(tx); });
  lockkeeper::Transaction tx = db.begin();
  write_post(tx.ref());
  if (std::move(tx).commit() != lockkeeper::CommitOutcome::committed) return;
}
