// gcc /returns a value or nothing, not a reference/
// clang /returns a value or nothing, not a reference/
#include <lockkeeper/database.hpp>

void publish(lockkeeper::Database& db, int& counter) {
  auto copied = db.transact([&](auto&) -> int& { return counter; });
  static_cast<void>(copied);
}
