// gcc /use of deleted function '[^']*Transaction::Transaction\(const/
// clang /call to (implicitly-)?deleted copy constructor/
#include <lockkeeper/database.hpp>

bool publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  lockkeeper::Transaction copy = tx;
  return std::move(copy).commit() == std::move(tx).commit();
}
