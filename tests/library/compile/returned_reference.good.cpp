#include <lockkeeper/database.hpp>

int publish(lockkeeper::Database& db, int& counter) {
  return db.transact([&](auto&) { return ++counter; });
}
