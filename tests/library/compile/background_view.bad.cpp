// gcc /background work owns its arguments/
// clang /background work owns its arguments/
#include <lockkeeper/background.hpp>
#include <string_view>

void publish(lockkeeper::Background& work, std::string_view title) {
  work.run([](lockkeeper::Database& db, std::string_view own) { db.transact([&](auto& tx) { tx.execute(own); }); },
           title);
}
