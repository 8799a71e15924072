// gcc /has no member named 'commit'/
// clang /no member named 'commit'/
#include <lockkeeper/database.hpp>

// The child that commits its parent's transaction: incident 5.
void write_post(lockkeeper::TransactionRef tx) {
  tx.execute("INSERT INTO post (title) VALUES ($1)", "hello");
  tx.commit();
}
