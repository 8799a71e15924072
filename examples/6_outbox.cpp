// A payment elsewhere that agrees with what was committed here: its intent is a row of the same transaction, and a
// relay sees to it afterwards, again and again until it is done.
//
//   ./6_outbox [URL]     without URL on a SQLite file; with one in the tables example_history and example_outbox
//
// Says: delivered: 1, without outcome: 0
#include <chrono>
#include <cstdint>
#include <future>
#include <iostream>
#include <stdexcept>
#include <string>

#include <lockkeeper/database.hpp>
#include <lockkeeper/outbox.hpp>

#include "example.hpp"

namespace {

using namespace lockkeeper;
using namespace std::chrono_literals;

void refund(Database& db, const Outbox& outbox, std::int64_t order, bool fails) {
  db.transact([&](TransactionRef tx) {
    tx.execute(example::sql(tx, "INSERT INTO example_history (order_id, what) VALUES (?, 'refund')"), order);
    outbox.add(tx, "refund", "order " + std::to_string(order), R"({"amount": 1200})");
    if (fails) throw std::runtime_error("something else went wrong");
  });
}

void outbox(const example::Place& place) {
  Database db(place.driver(), {.url = place.url()}, {.maximum_size = 4});
  example::make_table(db, "example_history", "order_id BIGINT PRIMARY KEY, what VARCHAR(20) NOT NULL");
  const Outbox outbox("example_outbox");
  outbox.migrate(db);  // At start-up; safe in many processes at once.

  refund(db, outbox, 1, false);
  try {
    refund(db, outbox, 2, true);  // Rolled back: neither in the history nor delivered.
  } catch (const std::runtime_error&) {
  }

  // The bank answers at the second attempt. A real one is given the idempotency key: it may be asked twice.
  std::promise<void> paid;
  OutboxRelay relay(db, {.outbox = outbox, .first_pause = 10ms},
                    [&](const OutboxMessage& message, Deadline /*deadline*/) -> DeliveryResult {
                      std::cout << message.topic << " for " << message.key << ", attempt " << message.attempt << '\n';
                      if (message.attempt == 1) return {Delivery::retry_later, "the bank is closed"};
                      paid.set_value();
                      return Delivery::delivered;
                    });
  if (paid.get_future().wait_for(30s) != std::future_status::ready) throw std::runtime_error("nothing was delivered");
  relay.stop(std::chrono::steady_clock::now() + 10s);  // Waits until the outcome is recorded.

  const std::size_t open = db.transact([&](TransactionRef tx) { return outbox.without_outcome(tx, 0ms).size(); });
  std::cout << "delivered: " << relay.metrics().delivered << ", without outcome: " << open << '\n';
}

}  // namespace

int main(int argc, char** argv) { return example::run(argc, argv, outbox); }
