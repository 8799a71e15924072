// A relay whose PostgreSQL server is killed while it delivers, and comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include <lockkeeper/outbox.hpp>
#include <lockkeeper/postgres.hpp>

#include "library/recorder.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;

TEST(OutboxRestart, WritesTheOutcomeWhenTheServerIsBack) {
  PostgresServer server = PostgresServer::start({.settings = {{"fsync", "on"}}});
  EventRecorder events;
  PoolSettings pool{.name = "outbox", .maximum_size = 3, .acquire_timeout = 1s, .validation_timeout = 1s};
  Database db(make_postgres_driver(), {.url = server.url()}, pool, events);
  const Outbox outbox;
  outbox.migrate(db);
  db.transact([&](TransactionRef tx) {
    outbox.add(tx, "t", "k", "1");
    outbox.add(tx, "t", "k", "2");
  });
  std::promise<void> begun, killed;
  std::atomic<int> deliveries{0};
  OutboxRelaySettings settings;
  settings.poll_interval = 20ms;
  OutboxRelay relay(db, settings, [&](const OutboxMessage&, Deadline) {
    if (deliveries++ == 0) {
      begun.set_value();
      killed.get_future().wait();
    }
    return Delivery::delivered;
  });
  begun.get_future().wait();
  server.kill_hard();
  killed.set_value();
  wait_until([&] { return relay.metrics().failures >= 2; }, default_patience, "the outcome cannot be written");
  server.start_again();
  wait_until([&] { return relay.metrics().delivered == 2; }, default_patience, "both are delivered");
  EXPECT_EQ(deliveries, 2);
  EXPECT_EQ(relay.metrics().taken_again, 0U);
  EXPECT_TRUE(db.transact([&](TransactionRef tx) { return outbox.without_outcome(tx, 0ms).empty(); }));
}

}  // namespace
}  // namespace lockkeeper::testing
