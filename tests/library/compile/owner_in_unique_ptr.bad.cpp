// gcc /use of deleted function 'static void\* lockkeeper::Transaction::operator new/
// clang /call to deleted function 'operator new'/
#include <lockkeeper/database.hpp>
#include <memory>

std::unique_ptr<lockkeeper::Transaction> keep(lockkeeper::Database& db) {
  return std::make_unique<lockkeeper::Transaction>(db.begin());
}
