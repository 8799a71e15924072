#include <lockkeeper/database.hpp>
#include <stdexcept>

void publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  if (std::move(tx).commit() != lockkeeper::CommitOutcome::committed) throw std::runtime_error("not published");
}
