// gcc /no matching function for call to '[^']*fetch/
// clang /no matching member function for call to 'fetch'/
#include <lockkeeper/database.hpp>

void mix(lockkeeper::Database& db) {
  db.transact([&](auto& outer) {
    auto posts = outer.template cursor<int>("SELECT id FROM post");
    db.transact({.propagation = lockkeeper::Propagation::requires_new}, [&](auto& inner) { inner.fetch(posts, 10); });
  });
}
