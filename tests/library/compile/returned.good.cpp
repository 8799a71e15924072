#include <lockkeeper/database.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

std::vector<std::tuple<int, std::string>> read(lockkeeper::Database& db) {
  return db.transact({.read_only = true}, [](lockkeeper::TransactionRef tx) {
    std::vector<std::tuple<int, std::string>> posts;
    for (const auto& post : tx.stream<int, std::string>("SELECT id, title FROM post")) posts.push_back(post);
    return posts;
  });
}

std::optional<int> first(lockkeeper::Database& db) {
  return db.transact([](auto& tx) -> std::optional<int> {
    auto ids = tx.template cursor<int>("SELECT id FROM post ORDER BY id");
    const auto page = tx.fetch(ids, 1);
    if (page.empty()) return std::nullopt;
    return std::get<0>(page.front());
  });
}

lockkeeper::Database& database_itself(lockkeeper::Database& db) {
  return *db.transact([](auto& tx) { return &tx.database(); });
}

void with_savepoint(lockkeeper::Database& db) {
  db.transact([](auto& tx) {
    lockkeeper::Savepoint savepoint = tx.savepoint();
    tx.execute("DELETE FROM todo");
    std::move(savepoint).release();
  });
}
