#include <lockkeeper/database.hpp>

void read(lockkeeper::Database& db) {
  db.transact([&](auto& outer) {
    auto posts = outer.template cursor<int, std::string>("SELECT id, title FROM post WHERE author = $1", 7);
    for (auto page = outer.fetch(posts, 10); !page.empty(); page = outer.fetch(posts, 10)) {
      db.transact({.propagation = lockkeeper::Propagation::requires_new}, [&](auto& inner) {
        for (const auto& [id, title] : page) inner.execute("INSERT INTO copy VALUES ($1, $2)", id, title);
      });
    }
  });
}
