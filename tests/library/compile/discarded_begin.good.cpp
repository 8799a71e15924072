#include <lockkeeper/database.hpp>

void publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  std::move(tx).rollback();
}
