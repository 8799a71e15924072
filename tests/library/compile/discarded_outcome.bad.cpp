// gcc /ignoring return value of '[^']*commit\(\)/
// clang /ignoring return value/
#include <lockkeeper/database.hpp>

// Rolled back and unknown would pass as committed.
void publish(lockkeeper::Database& db) {
  lockkeeper::Transaction tx = db.begin();
  std::move(tx).commit();
}
