// gcc /ignoring return(ed)? value/
// clang /ignoring return value|ignoring temporary/
#include <lockkeeper/database.hpp>

void publish(lockkeeper::Database& db) {
  db.begin();
  db.pool();
}
