// Relays where something breaks: processes, connections, replies. What was committed is delivered, and its row tells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "library/outbox_fixture.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class OutboxFaults : public OnOutbox {
 protected:
  void until_all_is_over() {
    eventually([&] { return without_outcome().empty(); }, "every message has an outcome");
  }

  /// Runs a relay in a process of its own, which dies after its first effect. The idempotency key it has used.
  [[nodiscard]] std::string crash_a_relay() {
    const TemporaryFolder folder;
    const std::string effects = folder.path() / "effects";
    const std::string name = engine() == Engine::postgres ? "postgres"
                             : engine() == Engine::sqlite ? "sqlite"
                                                          : "mysql";
    const CommandResult result =
        run_command({LOCKKEEPER_BINARY_DIR "/tests/library/outbox_crashing_relay", name, tested().url, effects},
                    std::nullopt, default_patience);
    EXPECT_EQ(result.status, 9) << result.output;
    std::ifstream file(effects);
    std::string key;
    std::getline(file, key);
    return key;
  }

  std::shared_ptr<Wire> wire_ = std::make_shared<Wire>();
};

TEST_P(OutboxFaults, AfterACrashBetweenEffectAndOutcomeItIsDeliveredAgainWithTheSameKey) {
  const std::int64_t id = add("order 17", "1");
  add("order 17", "2");
  const std::string key = crash_a_relay();
  EXPECT_EQ(without_outcome().at(0).idempotency_key, key);
  EXPECT_THAT(without_outcome(), SizeIs(2));
  OutboxRelay relay(db(), short_claims(), receiver_.deliverer());
  until_all_is_over();
  const auto messages = receiver_.messages();
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(messages[0].id, id);
  EXPECT_EQ(messages[0].idempotency_key, key);
  EXPECT_EQ(messages[0].attempt, 2U);
  EXPECT_EQ(messages[1].payload, "2") << "the order holds across the crash";
  EXPECT_GE(relay.metrics().taken_again, 1U);
}

TEST_P(OutboxFaults, ALostReplyOfTheOutcomeDeliversNothingTwice) {
  const auto flaky = flaky_database(wire_);
  OutboxRelay relay(*flaky, quick(), [&](const OutboxMessage& message, Deadline) {
    receiver_.take(message);
    wire_->lost_replies = 1;
    return Delivery::delivered;
  });
  add("k", "1");
  until_all_is_over();
  EXPECT_THAT(relay.stop(soon()), IsEmpty());
  EXPECT_EQ(receiver_.count(), 1U);
  EXPECT_EQ(relay.metrics().delivered, 1U);
  EXPECT_EQ(relay.metrics().failures, 1U);
}

TEST_P(OutboxFaults, ALostReplyOfALastAttemptTellsTheDeadLetter) {
  const auto flaky = flaky_database(wire_);
  OutboxRelay relay(*flaky, quick(), [&](const OutboxMessage&, Deadline) {
    wire_->lost_replies = 1;
    return Delivery::give_up;
  });
  add("k", "1");
  until_all_is_over();
  EXPECT_TRUE(events_.wait_for(EventKind::outbox_dead_letter));
  EXPECT_EQ(count_of("dead"), 1);
}

TEST_P(OutboxFaults, WhatCannotBeGivenBackAtOnceIsGivenBackLater) {
  std::atomic<int> lost{0};
  wire_->loses_request = [&](std::string_view sql) {
    return sql.find("attempts = attempts - 1") != std::string_view::npos && lost++ < 2;
  };
  const auto flaky = flaky_database(wire_);
  OutboxRelaySettings settings = quick();  // Whose claims last longer than this test would wait.
  settings.threads = 1;
  OutboxRelay relay(*flaky, settings, [&](const OutboxMessage& message, Deadline) {
    receiver_.take(message);
    return message.attempt == 1 && message.payload == "1" ? Delivery::retry_later : Delivery::delivered;
  });
  db().transact([&](TransactionRef tx) {
    outbox_.add(tx, "t", "k", "1");
    outbox_.add(tx, "t", "k", "behind it");
  });
  // Asking the database meanwhile could lock it before the relay's nose, which would be a failure more.
  eventually([&] { return receiver_.count() == 3; }, "all are delivered");
  until_all_is_over();
  EXPECT_THAT(receiver_.payloads(), ElementsAre("1", "1", "behind it"));
  EXPECT_EQ(lost, 3) << "twice in vain, once written";
  EXPECT_EQ(relay.metrics().failures, 2U);
}

TEST_P(OutboxFaults, ADatabaseThatIsAwayForAWhileCostsTimeAndNothingElse) {
  const auto flaky = flaky_database(wire_);
  OutboxRelay relay(*flaky, quick_to_fail(), [&](const OutboxMessage& message, Deadline) {
    receiver_.take(message);
    if (message.payload == "0") wire_->cut = true;  // After the effect, before its outcome.
    return Delivery::delivered;
  });
  for (int i = 0; i < 10; ++i) add("k", std::to_string(i));
  eventually([&] { return wire_->cut.load(); }, "the first is delivered");
  const auto failures = relay.metrics().failures;
  eventually([&] { return relay.metrics().failures >= failures + 2; }, "the outcome cannot be written");
  EXPECT_EQ(receiver_.count(), 1U);
  EXPECT_THAT(without_outcome(), SizeIs(10));
  wire_->cut = false;
  until_all_is_over();
  EXPECT_THAT(receiver_.payloads(), ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
  EXPECT_EQ(relay.metrics().unrecorded, 0U);
  const auto told = events_.of(EventKind::callback_failed);
  ASSERT_THAT(told, SizeIs(1)) << "once, until it works again";
  EXPECT_THAT(told[0].message, AllOf(HasSubstr("lockkeeper_outbox"), HasSubstr("outcome of message")));
}

TEST_P(OutboxFaults, ARelayMayBeginBeforeItsDatabase) {
  const auto flaky = flaky_database(wire_);
  wire_->cut = true;
  OutboxRelay relay(*flaky, quick_to_fail(), receiver_.deliverer());
  add("k", "1");
  eventually([&] { return relay.metrics().failures >= 2; }, "it has looked in vain");
  EXPECT_THAT(events_.of(EventKind::callback_failed), SizeIs(1));
  wire_->cut = false;
  until_all_is_over();
  EXPECT_EQ(receiver_.count(), 1U);
}

TEST_P(OutboxFaults, ARelayThatIsStoppedWhileTheDatabaseIsAwayLeavesItsClaimToExpire) {
  const auto flaky = flaky_database(wire_);
  OutboxRelaySettings settings = short_claims();
  settings.claim_time = 60s;  // It does not expire before the relay is stopped, however busy the machine is.
  std::optional<OutboxRelay> relay;
  relay.emplace(*flaky, settings, [&](const OutboxMessage& message, Deadline) {
    receiver_.take(message);
    wire_->cut = true;
    return Delivery::delivered;
  });
  const std::int64_t id = add("k", "1");
  eventually([&] { return wire_->cut.load(); }, "it is delivered");
  const auto failures = relay->metrics().failures;
  eventually([&] { return relay->metrics().failures > failures; }, "the outcome cannot be written");
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(relay->stop(in(50ms)), ElementsAre(id));
  relay.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s) << "it does not wait for the database";
  EXPECT_THAT(without_outcome(), SizeIs(1));
  connect().execute("UPDATE lockkeeper_outbox SET due_at = created_at");  // A minute later.
  OutboxRelay next(db(), short_claims(), receiver_.deliverer());
  until_all_is_over();
  EXPECT_THAT(receiver_.by_idempotency_key(), AllOf(SizeIs(1), Each(Pair(::testing::_, 2))));
}

// --- Incident 4: the refund was done, its history was missing. ---

/// The other system: knows each refund by its idempotency key, and does it once.
class RefundServer {
 public:
  void refund(const std::string& order, const std::string& idempotency_key) {
    const std::lock_guard guard(mutex_);
    ++calls_;
    if (known_.insert(idempotency_key).second) ++refunds_[order];
  }
  [[nodiscard]] std::map<std::string, int> refunds() const {
    const std::lock_guard guard(mutex_);
    return refunds_;
  }
  [[nodiscard]] int calls() const {
    const std::lock_guard guard(mutex_);
    return calls_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> known_;
  std::map<std::string, int> refunds_;
  int calls_ = 0;
};

class RefundIncident : public OutboxFaults {
 protected:
  void SetUp() override {
    OutboxFaults::SetUp();
    if (IsSkipped()) return;
    make_table("effect", "order_name varchar(40) PRIMARY KEY");
  }
  /// The admin server's request: the history and the intent, or neither.
  void ask_for_refund(Database& database, int number, bool fails) {
    const std::string order = "order " + std::to_string(number);
    try {
      database.transact([&](TransactionRef tx) {
        tx.execute(sql("INSERT INTO effect (order_name) VALUES ($1)"), order);
        outbox_.add(tx, "refund", order, order);
        if (fails) throw std::runtime_error("the admin server failed");
      });
    } catch (const std::exception&) {
      return;  // The operator asks again, or not: what counts is what was committed.
    }
  }
  [[nodiscard]] static std::set<std::string> history() {
    std::set<std::string> orders;
    for (const auto& [order] : connect().query<std::string>("SELECT order_name FROM effect")) orders.insert(order);
    return orders;
  }

  RefundServer refunds_;
};

TEST_P(RefundIncident, EffectAndHistoryNeverDisagree) {
  const auto flaky_admin = flaky_database(wire_);
  const auto flaky_relays = flaky_database(wire_);
  std::atomic<unsigned> calls{0};
  const Deliverer deliver = [&](const OutboxMessage& message, Deadline) -> DeliveryResult {
    const unsigned call = calls++;
    if (call % 7 == 3) throw std::runtime_error("the refund server cannot be reached");
    refunds_.refund(message.payload, message.idempotency_key);
    if (call % 5 == 2) throw std::runtime_error("the refund server's answer was lost");
    return Delivery::delivered;
  };
  OutboxRelaySettings settings = short_claims();
  settings.attempts = 1'000;
  wire_->chance_of_256 = 12;
  OutboxRelay first(*flaky_relays, settings, deliver);
  OutboxRelay second(*flaky_relays, settings, deliver);
  for (int number = 0; number < 120; ++number) ask_for_refund(*flaky_admin, number, number % 4 == 1);
  until_all_is_over();
  wire_->chance_of_256 = 0;
  const std::set<std::string> history = RefundIncident::history();
  EXPECT_GT(history.size(), 60U);
  std::map<std::string, int> expected;
  for (const std::string& order : history) expected[order] = 1;
  EXPECT_EQ(refunds_.refunds(), expected) << "each refund that is in the history, once, and no other";
  EXPECT_EQ(count_of("delivered"), static_cast<int>(history.size()));
  EXPECT_GT(refunds_.calls(), static_cast<int>(history.size())) << "answers were lost, and made up for";
}

// The incident itself: the pool has run dry by the time the outcome is to be written.
TEST_P(RefundIncident, AnOutcomeOutlastsAPoolThatHasRunDry) {
  PoolSettings settings = OnEngine::settings(1);
  settings.nested_acquire = NestedAcquire::off;
  settings.detect_deadlocks = false;
  Database dry(driver(), target_of(tested().url), settings, events_);
  std::mutex mutex;
  std::optional<Lease> leaked;
  OutboxRelay relay(dry, quick_to_fail(), [&](const OutboxMessage& message, Deadline) {
    refunds_.refund(message.payload, message.idempotency_key);
    const std::lock_guard guard(mutex);
    leaked = dry.pool().acquire();
    return Delivery::delivered;
  });
  ask_for_refund(db(), 17, false);
  eventually([&] { return relay.metrics().failures >= 2; }, "no connection is to be had for the outcome");
  EXPECT_THAT(refunds_.refunds(), ElementsAre(Pair("order 17", 1)));
  ASSERT_THAT(without_outcome(), SizeIs(1)) << "the reconciliation names it meanwhile";
  EXPECT_EQ(without_outcome()[0].key, "order 17");
  {
    const std::lock_guard guard(mutex);
    leaked.reset();
  }
  until_all_is_over();
  EXPECT_EQ(refunds_.calls(), 1) << "written late, delivered once";
  EXPECT_EQ(count_of("delivered"), 1);
}

INSTANTIATE_TEST_SUITE_P(Databases, OutboxFaults, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });
INSTANTIATE_TEST_SUITE_P(Databases, RefundIncident, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
