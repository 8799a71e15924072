// gcc /does not leave transact/
// clang /does not leave transact/
#include <lockkeeper/database.hpp>
#include <optional>

void publish(lockkeeper::Database& db) {
  auto escaped = db.transact([](auto& tx) { return lockkeeper::TransactionRef(tx); });
  static_cast<void>(escaped);
}
