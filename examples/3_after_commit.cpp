// What may only happen if the transaction was committed: a function after the commit, and work for other threads.
//
//   ./3_after_commit [URL]     without URL on a SQLite file; with one in the tables example_order, example_mail
//
// Says: mail for order 1 was written in the background
#include <chrono>
#include <cstdint>
#include <iostream>
#include <stdexcept>

#include <lockkeeper/background.hpp>
#include <lockkeeper/database.hpp>

#include "example.hpp"

namespace {

using namespace lockkeeper;

/// Background work: gets the database, and begins a transaction of its own.
void write_mail(Database& db, std::int64_t order) {
  db.transact([&](TransactionRef tx) {
    tx.execute(example::sql(tx, "INSERT INTO example_mail (order_id) VALUES (?)"), order);
  });
}

void place_order(Database& db, Background& work, std::int64_t order, bool in_stock) {
  db.transact([&](TransactionRef tx) {
    tx.execute(example::sql(tx, "INSERT INTO example_order (id) VALUES (?)"), order);
    tx.after_commit([order](Database&) { std::cout << "order " << order << " is committed\n"; });
    // The lambda may capture nothing and is not given tx: a transaction that other threads would use after its end is
    // what this refuses to compile.
    work.run_after_commit(tx, [](Database& own, std::int64_t id) { write_mail(own, id); }, order);
    if (!in_stock) throw std::runtime_error("out of stock");  // Neither function is ever called.
  });
}

void after_commit(const example::Place& place) {
  Database db(place.driver(), {.url = place.url()}, {.maximum_size = 4});
  example::make_table(db, "example_order", "id BIGINT PRIMARY KEY");
  example::make_table(db, "example_mail", "order_id BIGINT PRIMARY KEY");
  Background work(db, {.name = "mail", .threads = 2});

  place_order(db, work, 1, true);
  try {
    place_order(db, work, 2, false);
  } catch (const std::runtime_error& error) {
    std::cout << "order 2: " << error.what() << '\n';
  }

  const BackgroundLeft left = work.stop(std::chrono::steady_clock::now() + std::chrono::seconds(30));
  if (!left.not_started.empty()) throw std::runtime_error("work was left undone");
  const auto mails = db.transact({.read_only = true}, [](TransactionRef tx) {
    return tx.query<std::int64_t>("SELECT order_id FROM example_mail");
  });
  for (const auto& [order] : mails) std::cout << "mail for order " << order << " was written in the background\n";
}

}  // namespace

int main(int argc, char** argv) { return example::run(argc, argv, after_commit); }
