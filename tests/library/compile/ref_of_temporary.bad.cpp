// gcc /use of deleted function '[^']*Transaction::ref\(\) &&'/
// clang /call to deleted member function 'ref'|attempt to use a deleted function/
#include <lockkeeper/database.hpp>

void publish(lockkeeper::Database& db) { db.begin().ref().execute("DELETE FROM todo"); }
