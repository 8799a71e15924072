// A pool, a transaction, typed rows, and a transaction that fails.
//
//   ./1_hello                                         on a SQLite file that it makes and removes
//   ./1_hello postgresql://user@localhost/database    on a server (or mysql://...), in the table example_post
//
// Says: 2 posts, 0 connections in use
#include <cstdint>
#include <iostream>
#include <string>

#include <lockkeeper/database.hpp>

#include "example.hpp"

namespace {

using namespace lockkeeper;

void insert_post(TransactionRef tx, std::int64_t id, const std::string& title) {
  tx.execute(example::sql(tx, "INSERT INTO example_post (id, title) VALUES (?, ?)"), id, title);
}

void hello(const example::Place& place) {
  // Connects here, so that a wrong address is known at once. All settings: <lockkeeper/pool_settings.hpp>.
  Database db(place.driver(), {.url = place.url()}, {.name = "hello", .maximum_size = 4});
  example::make_table(db, "example_post", "id INTEGER PRIMARY KEY, title VARCHAR(80) NOT NULL");

  // Commits when the function returns and rolls back when it throws. The tx that it lends cannot be committed by
  // others.
  db.transact([](TransactionRef tx) {
    insert_post(tx, 1, "Hello");
    insert_post(tx, 2, "It's a parameter, so nothing is quoted");
  });

  // Here the second statement fails: the first is undone, the connection is back in the pool.
  try {
    db.transact([](TransactionRef tx) {
      insert_post(tx, 3, "Never seen");
      insert_post(tx, 1, "There is a post 1");
    });
  } catch (const Failure& failure) {
    std::cout << "refused: " << to_string(failure.error().code) << '\n';
  }

  const auto posts = db.transact({.read_only = true}, [](TransactionRef tx) {
    return tx.query<std::int64_t, std::string>("SELECT id, title FROM example_post ORDER BY id");
  });
  for (const auto& [id, title] : posts) std::cout << id << ": " << title << '\n';
  std::cout << posts.size() << " posts, " << db.pool().metrics().in_use << " connections in use\n";
}

}  // namespace

int main(int argc, char** argv) { return example::run(argc, argv, hello); }
