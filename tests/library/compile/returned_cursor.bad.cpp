// gcc /does not leave transact/
// clang /does not leave transact/
#include <lockkeeper/database.hpp>
#include <optional>

void publish(lockkeeper::Database& db) {
  auto escaped = db.transact([](auto& tx) { return tx.template cursor<int>("SELECT 1"); });
  static_cast<void>(escaped);
}
