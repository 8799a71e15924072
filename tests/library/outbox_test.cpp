// The outbox's table: writing, listing, requeueing, purging, migrating. Without a relay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "client/outbox_work.hpp"
#include "library/outbox_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OutboxTable : public OnOutbox {
 protected:
  /// Claims everything that is due, as a relay does.
  [[nodiscard]] client::OutboxClaim claim() {
    const auto found = work_.look();
    return found.empty() ? client::OutboxClaim() : work_.claim(found);
  }
  void record(const client::OutboxClaim& claim, std::size_t index, client::NextStep step) {
    EXPECT_TRUE(
        work_.record({.step = step, .id = claim.messages.at(index).id, .token = claim.token, .error = "why"}, soon()));
  }

  OutboxRelaySettings settings_;
  std::unique_ptr<Database> relays_ =
      std::make_unique<Database>(driver(), target_of(tested().url), OnEngine::settings(2), events_);
  client::OutboxWork work_{*relays_, settings_};
};

TEST_P(OutboxTable, KeepsWhatWasAdded) {
  const std::string payload = "{\"amount\": 17, \"note\": \"quote ' and ? and $1 and \xc3\xa4\"}";
  std::int64_t id = 0;
  db().transact([&](TransactionRef tx) {
    id = outbox_.add(tx, "refund", "order 17", payload);
    EXPECT_GT(outbox_.add(tx, "refund", "", ""), id);
  });
  const auto records = without_outcome();
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].id, id);
  EXPECT_EQ(records[0].topic, "refund");
  EXPECT_EQ(records[0].key, "order 17");
  EXPECT_EQ(records[0].idempotency_key.size(), 36U);
  EXPECT_NE(records[0].idempotency_key, records[1].idempotency_key);
  EXPECT_EQ(records[0].attempts, 0U);
  EXPECT_FALSE(records[0].claimed);
  EXPECT_EQ(records[0].last_error, "");
  const auto age = std::chrono::system_clock::now() - records[0].created_at;
  EXPECT_LT(age, 10min) << "the database runs on this machine, and its times are UTC";
  EXPECT_GT(age, -10min);
  const client::OutboxClaim claimed = claim();
  ASSERT_THAT(claimed.messages, SizeIs(2));
  EXPECT_EQ(claimed.messages[0].payload, payload);
  EXPECT_EQ(claimed.messages[0].idempotency_key, records[0].idempotency_key);
  EXPECT_EQ(claimed.messages[0].created_at, records[0].created_at);
  EXPECT_EQ(claimed.messages[0].attempt, 1U);
  EXPECT_EQ(claimed.messages[1].payload, "");
}

TEST_P(OutboxTable, WhatIsRolledBackIsNotThere) {
  const Error error = error_of([&] {
    db().transact([&](TransactionRef tx) {
      outbox_.add(tx, "topic", "", "never");
      EXPECT_THAT(outbox_.without_outcome(tx, 0ms), SizeIs(1));
      throw Failure({ErrorCode::conflict, "", "no", Blast::statement});
    });
  });
  EXPECT_EQ(error.code, ErrorCode::conflict);
  EXPECT_THAT(without_outcome(), IsEmpty());
  EXPECT_THAT(work_.look(), IsEmpty());
}

TEST_P(OutboxTable, IntentsBelongToATransaction) {
  const Error error = error_of(
      [&] { db().without_transaction([&](TransactionRef session) { outbox_.add(session, "topic", "", ""); }); });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_THAT(error.message, HasSubstr("outside a transaction"));
}

TEST_P(OutboxTable, RefusesNamesThatAreTooLong) {
  db().transact([&](TransactionRef tx) {
    EXPECT_THAT(error_of([&] { outbox_.add(tx, "", "", ""); }).message, HasSubstr("topic has 0 bytes"));
    EXPECT_THAT(error_of([&] { outbox_.add(tx, std::string(256, 't'), "", ""); }).message, HasSubstr("256"));
    EXPECT_THAT(error_of([&] { outbox_.add(tx, "t", std::string(256, 'k'), ""); }).message, HasSubstr("key"));
    EXPECT_GT(outbox_.add(tx, std::string(255, 't'), std::string(255, 'k'), ""), 0);
  });
}

TEST_P(OutboxTable, MigratesOnceHoweverOftenItIsAsked) {
  add("", "kept");
  outbox_.migrate(db());
  EXPECT_THAT(without_outcome(), SizeIs(1));
}

TEST_P(OutboxTable, ManyMayMigrateAtOnce) {
  const Outbox other("other_outbox");
  {
    Session session = connect();
    session.execute("DROP TABLE IF EXISTS other_outbox");
    session.execute("DROP TABLE lockkeeper_schema");
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) threads.emplace_back([&] { other.migrate(db()); });
  for (std::thread& thread : threads) thread.join();
  db().transact([&](TransactionRef tx) { EXPECT_GT(other.add(tx, "t", "", ""), 0); });
  Session session = connect();
  EXPECT_EQ(session.value<int>("SELECT count(*) FROM lockkeeper_schema"), 1);
  session.execute("DROP TABLE other_outbox");
}

TEST_P(OutboxTable, RefusesATableOfANewerLibrary) {
  connect().execute("UPDATE lockkeeper_schema SET version = 99");
  const Error error = error_of([&] { outbox_.migrate(db()); });
  EXPECT_EQ(error.code, ErrorCode::configuration);
  EXPECT_THAT(error.message, HasSubstr("99"));
}

TEST_P(OutboxTable, MigratesInNobodysTransaction) {
  const Error error = error_of([&] { db().transact([&](TransactionRef) { outbox_.migrate(db()); }); });
  EXPECT_EQ(error.code, ErrorCode::propagation);
}

TEST_P(OutboxTable, SaysWhatToDoWhereTheTableIsMissing) {
  const Outbox missing("no_such_outbox");
  const Error error = error_of([&] { db().transact([&](TransactionRef tx) { missing.add(tx, "t", "", ""); }); });
  EXPECT_THAT(error.message, HasSubstr("Outbox::migrate"));
}

TEST_P(OutboxTable, TakesNamesThatNeedQuoting) {
  const Outbox odd("odd? \"{table}\" $1 outbox");
  odd.migrate(db());
  db().transact([&](TransactionRef tx) { odd.add(tx, "t", "k", "p"); });
  OutboxRelaySettings settings;
  settings.outbox = odd;
  client::OutboxWork work(*relays_, settings);
  EXPECT_THAT(work.claim(work.look()).messages, SizeIs(1));
}

TEST(OutboxName, MustLeaveRoomForItsIndexes) {
  EXPECT_THAT(error_of([] { Outbox(std::string(49, 'x')); }).message, HasSubstr("48"));
  EXPECT_EQ(Outbox("schema." + std::string(48, 'x')).table().size(), 55U);
  EXPECT_EQ(error_of([] { Outbox(""); }).code, ErrorCode::misuse);
}

TEST_P(OutboxTable, AClaimIsOnesOwnUntilItExpires) {
  add("a", "1");
  settings_.claim_time = 300ms;
  const client::OutboxClaim first = claim();
  ASSERT_THAT(first.messages, SizeIs(1));
  eventually([&] { return !work_.look().empty(); }, "the claim expires");
  EXPECT_FALSE(without_outcome().at(0).claimed);
  settings_.claim_time = 1h;  // What follows may take its time.
  const client::OutboxClaim second = claim();
  ASSERT_THAT(second.messages, SizeIs(1));
  EXPECT_THAT(work_.look(), IsEmpty());
  EXPECT_TRUE(without_outcome().at(0).claimed);
  EXPECT_EQ(second.messages[0].attempt, 2U);
  EXPECT_EQ(second.messages[0].idempotency_key, first.messages[0].idempotency_key);
  EXPECT_NE(second.token, first.token);
  EXPECT_EQ(second.taken_again, 1U);
  // The first has lost it: what it wants to happen next is no longer its business.
  const std::int64_t id = first.messages[0].id;
  EXPECT_FALSE(work_.record({.step = client::NextStep::retry, .id = id, .token = first.token}, soon()));
  EXPECT_FALSE(work_.record({.step = client::NextStep::bury, .id = id, .token = first.token}, soon()));
  work_.release(first.token, {id}, soon());
  EXPECT_TRUE(without_outcome().at(0).claimed);
  // But that it was delivered is true whoever says it.
  EXPECT_TRUE(work_.record({.step = client::NextStep::deliver_no_more, .id = id, .token = first.token}, soon()));
  EXPECT_EQ(count_of("delivered"), 1);
  EXPECT_FALSE(work_.record({.step = client::NextStep::bury, .id = id, .token = second.token}, soon()));
  EXPECT_EQ(count_of("delivered"), 1);
}

TEST_P(OutboxTable, WhatWasDeliveredIsSoEvenIfItWasGivenUp) {
  add("", "1");
  const client::OutboxClaim claimed = claim();
  record(claimed, 0, client::NextStep::bury);
  EXPECT_EQ(count_of("dead"), 1);
  record(claimed, 0, client::NextStep::deliver_no_more);
  EXPECT_EQ(count_of("delivered"), 1);
}

TEST_P(OutboxTable, LaterMessagesOfAKeyWaitForTheirElders) {
  const std::int64_t a1 = add("a", "a1"), a2 = add("a", "a2"), b1 = add("b", "b1"), none = add("", "none");
  settings_.batch = 1;
  const client::OutboxClaim first = claim();
  EXPECT_EQ(first.messages.at(0).id, a1);
  settings_.batch = 50;
  const client::OutboxClaim second = claim();
  ASSERT_THAT(second.messages, SizeIs(2)) << "a2 waits for a1";
  EXPECT_EQ(second.messages[0].id, b1);
  EXPECT_EQ(second.messages[1].id, none);
  EXPECT_TRUE(work_.record({.step = client::NextStep::retry, .id = a1, .token = first.token, .pause = 100h}, soon()));
  EXPECT_THAT(work_.look(), IsEmpty()) << "a2 waits while a1 waits for its retry";
  EXPECT_EQ(without_outcome().at(0).attempts, 1U);
  connect().execute(sql("UPDATE lockkeeper_outbox SET state = 'dead' WHERE id = $1"), a1);
  ASSERT_THAT(work_.look(), SizeIs(1));
  EXPECT_EQ(work_.look().at(0).id, a2);
}

TEST_P(OutboxTable, WhatWasReleasedIsAsIfItHadNotBeenClaimed) {
  add("a", "1");
  const client::OutboxClaim claimed = claim();
  work_.release(claimed.token, {claimed.messages.at(0).id}, soon());
  const client::OutboxClaim again = claim();
  EXPECT_EQ(again.messages.at(0).attempt, 1U);
  EXPECT_EQ(again.taken_again, 0U);
}

TEST_P(OutboxTable, ListsIntentsWithoutOutcomeByTheirAge) {
  add("", "1");
  EXPECT_THAT(without_outcome(), SizeIs(1));
  const auto older_than = [&](milliseconds age) {
    return db().transact([&](TransactionRef tx) { return outbox_.without_outcome(tx, age); });
  };
  EXPECT_THAT(older_than(1h), IsEmpty());
  eventually([&] { return older_than(150ms).size() == 1; }, "it grows older");
  const client::OutboxClaim claimed = claim();
  EXPECT_THAT(without_outcome(), SizeIs(1)) << "a claim is no outcome";
  record(claimed, 0, client::NextStep::deliver_no_more);
  EXPECT_THAT(without_outcome(), IsEmpty());
}

TEST_P(OutboxTable, RequeuesDeadLettersWithAllTheirAttempts) {
  const std::int64_t id = add("k", "1");
  const client::OutboxClaim claimed = claim();
  record(claimed, 0, client::NextStep::bury);
  const auto dead = dead_letters();
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].last_error, "why");
  EXPECT_EQ(dead[0].attempts, 1U);
  EXPECT_TRUE(db().transact([&](TransactionRef tx) { return outbox_.requeue(tx, id); }));
  EXPECT_FALSE(db().transact([&](TransactionRef tx) { return outbox_.requeue(tx, id); })) << "it is not dead";
  EXPECT_FALSE(db().transact([&](TransactionRef tx) { return outbox_.requeue(tx, 123'456); }));
  EXPECT_THAT(dead_letters(), IsEmpty());
  const client::OutboxClaim again = claim();
  EXPECT_EQ(again.messages.at(0).idempotency_key, claimed.messages[0].idempotency_key);
  EXPECT_EQ(again.messages[0].attempt, 1U);
}

TEST_P(OutboxTable, PurgesOnlyWhatWasDeliveredLongAgo) {
  for (int i = 0; i < 5; ++i) add("", std::to_string(i));
  const client::OutboxClaim claimed = claim();
  for (std::size_t i = 0; i < 3; ++i) record(claimed, i, client::NextStep::deliver_no_more);
  record(claimed, 3, client::NextStep::bury);
  const auto purge = [&](milliseconds age, std::size_t most) {
    return db().transact([&](TransactionRef tx) { return outbox_.purge_delivered(tx, age, most); });
  };
  EXPECT_EQ(purge(1h, 100), 0U);
  // All at once: a purge that looked while they grow old one after the other would delete them one by one.
  connect().execute("UPDATE lockkeeper_outbox SET finished_at = '2001-02-03 04:05:06.000' WHERE state <> 'pending'");
  record(claimed, 4, client::NextStep::deliver_no_more);
  add("", "pending");
  EXPECT_EQ(purge(1h, 2), 2U);
  EXPECT_EQ(purge(1h, 2), 1U);
  EXPECT_EQ(purge(1h, 2), 0U);
  EXPECT_EQ(count_of("delivered"), 1) << "the one that was delivered just now";
  EXPECT_EQ(count_of("dead"), 1);
  EXPECT_EQ(count_of("pending"), 1);
}

// What is locked by somebody else is passed over, and what stands behind it in its key with it.
TEST_P(OutboxTable, PassesOverWhatOthersHaveLocked) {
  if (engine() == Engine::sqlite) GTEST_SKIP() << "there is one writer, and no row locks";
  const std::int64_t a1 = add("a", "a1"), a2 = add("a", "a2"), b1 = add("b", "b1");
  const auto found = work_.look();
  ASSERT_THAT(found, SizeIs(3));
  db().transact([&](TransactionRef tx) {
    tx.execute(sql("UPDATE lockkeeper_outbox SET last_error = 'being looked at' WHERE id = $1"), a1);
    const client::OutboxClaim claimed = work_.claim(found);
    ASSERT_THAT(claimed.messages, SizeIs(1));
    EXPECT_EQ(claimed.messages[0].id, b1);
  });
  const client::OutboxClaim rest = claim();
  ASSERT_THAT(rest.messages, SizeIs(2));
  EXPECT_EQ(rest.messages[1].id, a2);
}

INSTANTIATE_TEST_SUITE_P(Databases, OutboxTable, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
