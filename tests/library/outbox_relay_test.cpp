// Relays at work on a database that works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <optional>
#include <stdexcept>
#include <thread>

#include <lockkeeper/unit_of_work.hpp>

#include "library/outbox_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

using Clock = std::chrono::steady_clock;

class Relay : public OnOutbox {
 protected:
  /// Waits until nothing is without outcome any more.
  void until_all_is_over() {
    eventually([&] { return without_outcome().empty(); }, "every message has an outcome");
  }
};

TEST_P(Relay, DeliversWhatIsCommitted) {
  OutboxRelay relay(db(), quick(), receiver_.deliverer());
  const std::int64_t id = db().transact([&](TransactionRef tx) { return outbox_.add(tx, "refund", "order 17", "{}"); });
  until_all_is_over();
  ASSERT_THAT(receiver_.messages(), SizeIs(1));
  const OutboxMessage message = receiver_.messages()[0];
  EXPECT_EQ(message.id, id);
  EXPECT_EQ(message.topic, "refund");
  EXPECT_EQ(message.key, "order 17");
  EXPECT_EQ(message.payload, "{}");
  EXPECT_EQ(message.attempt, 1U);
  EXPECT_EQ(count_of("delivered"), 1);
  EXPECT_THAT(relay.stop(soon()), IsEmpty());
  EXPECT_EQ(relay.metrics().delivered, 1U);
  EXPECT_EQ(relay.metrics().retries, 0U);
}

TEST_P(Relay, NeverDeliversWhatIsRolledBack) {
  OutboxRelay relay(db(), quick(), receiver_.deliverer());
  EXPECT_THROW(db().transact([&](TransactionRef tx) {
    outbox_.add(tx, "t", "", "whole transaction");
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  db().transact([&](TransactionRef tx) {
    Savepoint savepoint = tx.savepoint();
    outbox_.add(tx, "t", "", "savepoint");
    std::move(savepoint).rollback();
    outbox_.add(tx, "t", "", "kept");
  });
  until_all_is_over();
  add("", "the last");
  until_all_is_over();
  EXPECT_THAT(receiver_.payloads(), ElementsAre("kept", "the last"));
}

TEST_P(Relay, IsWokenByTheCommit) {
  OutboxRelaySettings settings = quick();
  settings.poll_interval = 1h;
  OutboxRelay relay(db(), settings, receiver_.deliverer());
  for (int i = 0; i < 3; ++i) {
    add("", std::to_string(i));
    until_all_is_over();
  }
  EXPECT_THAT(receiver_.payloads(), ElementsAre("0", "1", "2"));
}

TEST_P(Relay, PollsForWhatOtherProcessesAdd) {
  OutboxRelay relay(db(), quick(), receiver_.deliverer());
  add("", "first");
  until_all_is_over();
  // No after_commit: as if another process had written it. Due at once, not when the claim would have expired.
  connect().execute(
      "UPDATE lockkeeper_outbox SET state = 'pending', attempts = 0, due_at = created_at, finished_at = NULL");
  eventually([&] { return receiver_.count() == 2; }, "it is delivered again");
}

TEST_P(Relay, HoldsNoConnectionWhileItDelivers) {
  std::atomic<bool> nothing_is_held{false};
  std::atomic<bool> own_transaction{false};
  OutboxRelay relay(db(), quick(), [&](const OutboxMessage& message, Deadline deadline) {
    // Whoever has added it may still be on its way back from its COMMIT.
    nothing_is_held = becomes_true([&] { return db().pool().metrics().in_use == 0; }, std::chrono::seconds(5));
    EXPECT_GT(deadline, Clock::now());
    db().transact([](TransactionRef tx) { EXPECT_TRUE(tx.is_active()); });
    own_transaction = true;
    receiver_.take(message);
    return Delivery::delivered;
  });
  add("", "1");
  eventually([&] { return own_transaction.load(); }, "delivery");
  EXPECT_TRUE(nothing_is_held);
  until_all_is_over();
}

TEST_P(Relay, TwoRelaysDeliverEachOfManyOnce) {
  constexpr int messages = 500;
  OutboxRelaySettings settings = quick();
  settings.batch = 20;
  std::atomic<int> by_first{0}, by_second{0};
  const auto counting = [&](std::atomic<int>& count) -> Deliverer {
    return [&](const OutboxMessage& message, Deadline) {
      ++count;
      receiver_.take(message);
      return Delivery::delivered;
    };
  };
  OutboxRelay first(db(), settings, counting(by_first));
  OutboxRelay second(db(), settings, counting(by_second));
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 2; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < messages / 2; i += 10) {
        db().transact([&](TransactionRef tx) {
          for (int j = i; j < i + 10; ++j) {
            outbox_.add(tx, "t", j % 3 == 0 ? "" : "key " + std::to_string(j % 7),
                        std::to_string(writer) + "/" + std::to_string(j));
          }
        });
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  until_all_is_over();
  EXPECT_THAT(receiver_.by_idempotency_key(), AllOf(SizeIs(messages), Each(Pair(::testing::_, 1))));
  EXPECT_EQ(count_of("delivered"), messages);
  EXPECT_EQ(by_first + by_second, messages);
  EXPECT_EQ(first.metrics().taken_again + second.metrics().taken_again, 0U);
}

// Many relays, threads and retries: of each key, each message is begun only when its elders are done.
TEST_P(Relay, KeepsTheOrderOfEveryKey) {
  constexpr int keys = 5;
  constexpr int of_each = 30;
  std::mutex mutex;
  std::map<std::string, std::vector<int>> done;
  std::map<std::string, int> at_work;
  std::atomic<unsigned> calls{0};
  const Deliverer deliver = [&](const OutboxMessage& message, Deadline) -> DeliveryResult {
    {
      const std::lock_guard guard(mutex);
      EXPECT_EQ(++at_work[message.key], 1) << "one at a time";
    }
    const bool fails = calls++ % 5 == 0;
    const std::lock_guard guard(mutex);
    --at_work[message.key];
    if (fails) return Delivery::retry_later;
    done[message.key].push_back(std::stoi(message.payload));
    return Delivery::delivered;
  };
  OutboxRelaySettings settings = quick();
  settings.first_pause = settings.longest_pause = 1ms;
  settings.batch = 8;
  settings.threads = 2;
  OutboxRelay first(db(), settings, deliver);
  OutboxRelay second(db(), settings, deliver);
  for (int i = 0; i < of_each; ++i) {
    db().transact([&](TransactionRef tx) {
      for (int key = 0; key < keys; ++key) outbox_.add(tx, "t", "key " + std::to_string(key), std::to_string(i));
    });
  }
  until_all_is_over();
  const std::lock_guard guard(mutex);
  ASSERT_THAT(done, SizeIs(keys));
  for (const auto& [key, order] : done) {
    EXPECT_THAT(order, SizeIs(of_each)) << key;
    EXPECT_TRUE(std::ranges::is_sorted(order)) << key << ": " << ::testing::PrintToString(order);
  }
}

TEST_P(Relay, TriesAgainWithTheSameIdempotencyKey) {
  OutboxRelay relay(db(), quick(), [&](const OutboxMessage& message, Deadline) {
    receiver_.take(message);
    return message.attempt < 3 ? Delivery::retry_later : Delivery::delivered;
  });
  add("", "1");
  until_all_is_over();
  const auto messages = receiver_.messages();
  ASSERT_THAT(messages, SizeIs(3));
  EXPECT_THAT(receiver_.by_idempotency_key(), SizeIs(1));
  for (unsigned attempt = 1; attempt <= 3; ++attempt) EXPECT_EQ(messages[attempt - 1].attempt, attempt);
  EXPECT_EQ(relay.metrics().retries, 2U);
}

TEST_P(Relay, AThrowingDelivererIsTriedAgainAndItsWordsAreKept) {
  std::atomic<bool> throws{true};
  OutboxRelaySettings settings = quick();
  settings.attempts = 1'000;
  OutboxRelay relay(db(), settings, [&](const OutboxMessage& message, Deadline) {
    if (throws) throw std::runtime_error("the refund server is \xff on fire");
    receiver_.take(message);
    return Delivery::delivered;
  });
  add("", "1");
  eventually(
      [&] {
        const auto records = without_outcome();
        return !records.empty() && records[0].attempts >= 2 && !records[0].last_error.empty();
      },
      "two attempts have failed");
  EXPECT_EQ(without_outcome().at(0).last_error, "the refund server is \xef\xbf\xbd on fire");
  throws = false;
  until_all_is_over();
  EXPECT_EQ(receiver_.count(), 1U);
}

TEST_P(Relay, GivesUpAfterTheLastAttemptAndKeepsTheDeadLetter) {
  OutboxRelaySettings settings = quick();
  settings.attempts = 3;
  std::atomic<bool> works{false};
  OutboxRelay relay(db(), settings, [&](const OutboxMessage& message, Deadline) -> DeliveryResult {
    receiver_.take(message);
    if (works || message.payload == "behind it") return Delivery::delivered;
    return {Delivery::retry_later, "no such account"};
  });
  const std::int64_t id = db().transact([&](TransactionRef tx) {
    const std::int64_t doomed = outbox_.add(tx, "t", "k", "doomed");
    outbox_.add(tx, "t", "k", "behind it");
    return doomed;
  });
  until_all_is_over();
  EXPECT_THAT(receiver_.payloads(), ElementsAre("doomed", "doomed", "doomed", "behind it"));
  const auto dead = dead_letters();
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].id, id);
  EXPECT_EQ(dead[0].last_error, "no such account");
  const auto told = events_.of(EventKind::outbox_dead_letter);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].message, AllOf(HasSubstr(std::to_string(id)), HasSubstr("3 attempts"),
                                     HasSubstr("no such account"), HasSubstr("requeue")));
  works = true;
  EXPECT_TRUE(db().transact([&](TransactionRef tx) { return outbox_.requeue(tx, id); }));
  until_all_is_over();
  EXPECT_EQ(count_of("delivered"), 2);
}

TEST_P(Relay, GivesUpAtOnceWhereTheDelivererDoes) {
  OutboxRelay relay(db(), quick(), [&](const OutboxMessage&, Deadline) -> DeliveryResult {
    return {Delivery::give_up, "the order was never paid"};
  });
  add("", "1");
  until_all_is_over();
  EXPECT_EQ(dead_letters().at(0).last_error, "the order was never paid");
  EXPECT_TRUE(events_.wait_for(EventKind::outbox_dead_letter));
  EXPECT_EQ(relay.metrics().dead_letters, 1U);
}

TEST_P(Relay, StopLetsTheDeliveryUnderWayEndAndGivesBackTheRest) {
  std::promise<void> begun, may_end;
  std::shared_future<void> end = may_end.get_future().share();
  OutboxRelay relay(db(), quick(), [&](const OutboxMessage& message, Deadline) {
    receiver_.take(message);
    begun.set_value();
    end.wait();
    return Delivery::delivered;
  });
  db().transact([&](TransactionRef tx) {
    for (int i = 0; i < 3; ++i) outbox_.add(tx, "t", "", std::to_string(i));
  });
  begun.get_future().wait();
  auto stopped = std::async(std::launch::async, [&] { return relay.stop(soon()); });
  EXPECT_EQ(stopped.wait_for(30ms), std::future_status::timeout) << "it waits for the delivery";
  may_end.set_value();
  EXPECT_THAT(stopped.get(), IsEmpty());
  EXPECT_EQ(receiver_.count(), 1U);
  EXPECT_EQ(count_of("delivered"), 1);
  const auto left = without_outcome();
  ASSERT_THAT(left, SizeIs(2));
  for (const OutboxRecord& record : left) {
    EXPECT_FALSE(record.claimed) << "others may take it at once";
    EXPECT_EQ(record.attempts, 0U);
  }
}

TEST_P(Relay, StopTellsWhatIsStillUnderWayAtItsDeadline) {
  std::promise<void> begun, may_end;
  std::shared_future<void> end = may_end.get_future().share();
  std::optional<OutboxRelay> relay;
  relay.emplace(db(), quick(), [&](const OutboxMessage&, Deadline) {
    begun.set_value();
    end.wait();
    return Delivery::delivered;
  });
  const std::int64_t id = add("", "1");
  begun.get_future().wait();
  EXPECT_THAT(relay->stop(in(20ms)), ElementsAre(id));
  EXPECT_TRUE(without_outcome().at(0).claimed) << "left to expire";
  may_end.set_value();
  relay.reset();
  EXPECT_EQ(count_of("delivered"), 1) << "it ended after all, and was recorded";
}

TEST_P(Relay, TakesAgainWhatARelayLeftAndBuriesWhatNeverEnds) {
  OutboxRelaySettings settings = quick();
  settings.attempts = 2;
  const std::int64_t id = add("k", "poison");
  // As two relays have left it that crashed, one after the other; the second just now.
  connect().execute(
      sql("UPDATE lockkeeper_outbox SET attempts = 2, claim_token = 'of a relay that is no more' WHERE id = $1"), id);
  add("k", "behind it");
  OutboxRelay relay(db(), settings, receiver_.deliverer());
  until_all_is_over();
  EXPECT_THAT(receiver_.payloads(), ElementsAre("behind it"));
  ASSERT_THAT(dead_letters(), SizeIs(1));
  EXPECT_THAT(dead_letters()[0].last_error, HasSubstr("expired without an outcome"));
  ASSERT_TRUE(events_.wait_for(EventKind::outbox_dead_letter));
  EXPECT_EQ(relay.metrics().dead_letters, 1U);
}

// A deliverer that outlives its claim: another relay delivers too, and the message is delivered.
TEST_P(Relay, ADelivererThatHangsLosesItsClaimAndNothingElse) {
  std::promise<void> may_end;
  std::shared_future<void> end = may_end.get_future().share();
  std::atomic<int> calls{0};
  OutboxRelaySettings settings = short_claims();
  settings.threads = 2;
  OutboxRelay relay(db(), settings, [&](const OutboxMessage& message, Deadline) {
    receiver_.take(message);
    if (calls++ == 0) end.wait();
    return Delivery::delivered;
  });
  add("k", "1");
  eventually([&] { return receiver_.count() == 2; }, "the other thread takes it again");
  until_all_is_over();
  may_end.set_value();
  EXPECT_THAT(relay.stop(soon()), IsEmpty());
  EXPECT_THAT(receiver_.by_idempotency_key(), SizeIs(1));
  EXPECT_EQ(relay.metrics().taken_again, 1U);
  EXPECT_EQ(relay.metrics().delivered, 1U);
  EXPECT_EQ(count_of("delivered"), 1);
}

TEST_P(Relay, IsATellingUnitOfWork) {
  std::promise<std::string> unit;
  OutboxRelay relay(db(), quick(), [&](const OutboxMessage&, Deadline) {
    unit.set_value(UnitOfWork::current());
    return Delivery::delivered;
  });
  add("", "1");
  EXPECT_EQ(unit.get_future().get(), "outbox relay of lockkeeper_outbox");
  until_all_is_over();
}

TEST_P(Relay, RefusesSettingsThatCannotWork) {
  OutboxRelaySettings settings = quick();
  settings.batch = 0;
  EXPECT_EQ(error_of([&] { OutboxRelay(db(), settings, receiver_.deliverer()); }).code, ErrorCode::configuration);
  EXPECT_EQ(error_of([&] { OutboxRelay(db(), quick(), nullptr); }).code, ErrorCode::configuration);
}

INSTANTIATE_TEST_SUITE_P(Databases, Relay, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
