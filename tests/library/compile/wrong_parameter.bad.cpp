// gcc /takes the transaction: \[\]\(auto& tx\)/
// clang /takes the transaction: \[\]\(auto& tx\)/
#include <lockkeeper/database.hpp>

void publish(lockkeeper::Database& db) {
  db.transact([](lockkeeper::Transaction& tx) { static_cast<void>(std::move(tx).commit()); });
}
