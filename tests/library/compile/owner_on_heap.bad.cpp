// gcc /use of deleted function 'static void\* lockkeeper::Transaction::operator new/
// clang /call to deleted function 'operator new'/
#include <lockkeeper/database.hpp>

lockkeeper::Transaction* keep(lockkeeper::Database& db) { return new lockkeeper::Transaction(db.begin()); }
