// Functions that each want a transaction, one within the other: who takes part, who can be undone alone, who decides.
//
//   ./2_transactions [URL]     without URL on a SQLite file; with one in the table example_account of that database
//
// Says: Ada has 110
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>

#include <lockkeeper/database.hpp>

#include "example.hpp"

namespace {

using namespace lockkeeper;

/// Wants a transaction, whoever calls: its own, or the one that its caller is in (Propagation::required).
void pay_in(Database& db, const std::string& owner, std::int64_t amount) {
  db.transact([&](TransactionRef tx) {
    if (amount <= 0) throw std::invalid_argument("an amount of nothing");
    tx.execute(example::sql(tx, "UPDATE example_account SET balance = balance + ? WHERE owner = ?"), amount, owner);
  });
}

void transactions(const example::Place& place) {
  Database db(place.driver(), {.url = place.url()}, {.maximum_size = 4});
  example::make_table(db, "example_account", "owner VARCHAR(20) PRIMARY KEY, balance INTEGER NOT NULL");

  db.transact([&](TransactionRef tx) {
    tx.execute("INSERT INTO example_account (owner, balance) VALUES ('Ada', 100), ('Bob', 0)");
    pay_in(db, "Ada", 10);  // Takes part in this transaction, on the same connection: commits nothing.
    // A nested scope is a savepoint: what fails in it is undone alone, and the rest goes on.
    try {
      db.transact({.propagation = Propagation::nested}, [](TransactionRef inner) {
        inner.execute("UPDATE example_account SET balance = 0");
        throw std::runtime_error("changed my mind");
      });
    } catch (const std::runtime_error& error) {
      std::cout << "nested scope undone: " << error.what() << '\n';
    }

    Savepoint savepoint = tx.savepoint();  // The same by hand.
    tx.execute("DELETE FROM example_account");
    std::move(savepoint).rollback();
  });

  // Whoever takes part and fails has failed the whole, even where somebody catches the exception in between.
  try {
    db.transact([&](TransactionRef tx) {
      tx.execute("UPDATE example_account SET balance = balance - 50 WHERE owner = 'Ada'");
      try {
        pay_in(db, "Bob", 0);
      } catch (const std::invalid_argument&) {  // A log line, perhaps; and nobody would have noticed the lost 50.
      }
    });
  } catch (const Failure& failure) {
    std::cout << to_string(failure.error().code) << ": " << failure.what() << '\n';
  }

  db.transact({.read_only = true}, [](TransactionRef tx) {
    std::cout << "Ada has " << tx.value<std::int64_t>("SELECT balance FROM example_account WHERE owner = 'Ada'")
              << '\n';
  });
}

}  // namespace

int main(int argc, char** argv) { return example::run(argc, argv, transactions); }
