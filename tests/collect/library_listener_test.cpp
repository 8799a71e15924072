// The library's pools as facts and metrics, with real pools on a stub driver.
#include "collect/library/listener.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <lockkeeper/pool.hpp>
#include <lockkeeper/unit_of_work.hpp>

#include "collect/library/to_model.hpp"
#include "library/stub_driver.hpp"
#include "support/servers.hpp"

namespace lockkeeper::collect::library {
namespace {

using lockkeeper::testing::becomes_true;
using lockkeeper::testing::default_patience;
using model::PoolTrouble;
using model::PoolTroubleKind;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

/// A pool that tells a listener, and all facts that were taken from it so far.
struct LibraryListenerTest : ::testing::Test {
  std::shared_ptr<lockkeeper::testing::StubServer> server = std::make_shared<lockkeeper::testing::StubServer>();
  LibraryListener listener;
  std::vector<model::Fact> facts;
  std::optional<Pool> made;

  Pool& pool(PoolSettings settings) {
    settings.name = "orders";
    made.emplace(std::make_shared<lockkeeper::testing::StubDriver>(server), Target{}, settings, listener);
    return *made;
  }

  template <class What>
  const What* find(const std::function<bool(const What&)>& wanted) {
    for (model::Fact& fact : listener.take_facts()) facts.push_back(std::move(fact));
    for (const model::Fact& fact : facts) {
      if (const What* what = std::get_if<What>(&fact.what); what != nullptr && wanted(*what)) return what;
    }
    return nullptr;
  }

  /// The first trouble of the kind, as soon as it is told.
  PoolTrouble trouble(PoolTroubleKind kind) {
    const auto told = [&] {
      return find<PoolTrouble>([&](const PoolTrouble& trouble) { return trouble.kind == kind; });
    };
    EXPECT_TRUE(becomes_true([&] { return told() != nullptr; }, default_patience)) << to_string(kind);
    const PoolTrouble* found = told();
    return found == nullptr ? PoolTrouble{} : *found;
  }

  std::optional<model::LeaseEnd> end_of(model::LeaseId lease) {
    const auto ended = [&] {
      return find<model::LeaseEnded>([&](const model::LeaseEnded& fact) { return fact.lease == lease; });
    };
    if (!becomes_true([&] { return ended() != nullptr; }, default_patience)) return std::nullopt;
    return ended()->end;
  }
};

TEST_F(LibraryListenerTest, ALeakIsToldWithWhoTookItWhereAndHowItEnded) {
  Pool& orders = pool({.maximum_size = 1, .leak = {milliseconds(300), LeakAction::report}});
  const UnitOfWork unit("POST /refunds");
  const auto before = std::chrono::floor<model::Duration>(std::chrono::system_clock::now());
  Lease lease = orders.acquire();
  lease.execute("SELECT amount FROM refund WHERE card = '4111'");
  const PoolTrouble leak = trouble(PoolTroubleKind::leak);
  EXPECT_EQ(leak.pool, "orders");
  EXPECT_THAT(leak.message, HasSubstr("forgot to give it back"));
  ASSERT_THAT(leak.leases, SizeIs(1));
  const model::Lease& told = leak.leases[0];
  EXPECT_EQ(told.id.value(), lease.id());
  EXPECT_EQ(told.pool, "orders");
  EXPECT_EQ(told.unit.value(), "POST /refunds");
  EXPECT_THAT(told.taken_by, StartsWith("collect/library_listener_test.cpp:"));
  EXPECT_EQ(told.backend, lease.server().backend_id);
  EXPECT_EQ(told.last_statement, "SELECT amount FROM refund WHERE card = ?");
  EXPECT_FALSE(told.running || told.in_transaction || told.cursor_open);
  EXPECT_FALSE(told.session);
  EXPECT_FALSE(told.end);
  // Taken now on the wall clock, but for the coarse clock's and a test's idea of now.
  EXPECT_LT(std::chrono::abs(told.taken_at - before), std::chrono::minutes(1));
  lease.give_back();
  EXPECT_EQ(end_of(told.id), model::LeaseEnd::returned);
}

TEST_F(LibraryListenerTest, WhatThePolicyTakesBackEndsAsReclaimed) {
  Pool& orders = pool({.maximum_size = 1, .leak = {milliseconds(300), LeakAction::take_back}});
  Lease lease = orders.acquire();
  lease.execute("BEGIN");
  const PoolTrouble reclaimed = trouble(PoolTroubleKind::reclaimed);
  ASSERT_THAT(reclaimed.leases, SizeIs(1));
  EXPECT_TRUE(reclaimed.leases[0].in_transaction);
  EXPECT_EQ(reclaimed.leases[0].end, model::LeaseEnd::reclaimed);
  EXPECT_TRUE(reclaimed.leases[0].ended_at);
  EXPECT_EQ(end_of(model::LeaseId(lease.id())), model::LeaseEnd::reclaimed);
}

TEST_F(LibraryListenerTest, ADeadlockIsToldWithItsRingAndWhoWasFailed) {
  Pool& orders = pool({.maximum_size = 2, .nested_acquire = NestedAcquire::off});
  std::atomic<int> holding{0}, failed{0};
  const auto nested = [&](const char* name) {
    const UnitOfWork unit(name);
    const Lease outer = orders.acquire();
    ++holding;
    EXPECT_TRUE(becomes_true([&] { return holding == 2; }, default_patience));
    try {
      const Lease inner = orders.acquire();
    } catch (const Failure& failure) {
      if (failure.error().code == ErrorCode::pool_deadlock) ++failed;
    }
  };
  std::thread a(nested, "order A");
  std::thread b(nested, "order B");
  a.join();
  b.join();
  EXPECT_EQ(failed, 1);
  const PoolTrouble deadlock = trouble(PoolTroubleKind::deadlock);
  EXPECT_THAT(deadlock.leases, SizeIs(2));
  ASSERT_TRUE(deadlock.wait);
  EXPECT_THAT(deadlock.wait->unit.value(), StartsWith("order "));
  EXPECT_THAT(deadlock.wait->asked_by, StartsWith("collect/library_listener_test.cpp:"));
  EXPECT_THAT(deadlock.message, AllOf(HasSubstr("order A"), HasSubstr("order B")));
}

TEST_F(LibraryListenerTest, ADirtyReturnIsToldWithItsLastStatement) {
  Pool& orders = pool({.maximum_size = 1});
  {
    Lease lease = orders.acquire();
    lease.execute("BEGIN");
    lease.execute("UPDATE stock SET amount = 17");
  }
  const PoolTrouble dirty = trouble(PoolTroubleKind::dirty_return);
  ASSERT_THAT(dirty.leases, SizeIs(1));
  EXPECT_TRUE(dirty.leases[0].in_transaction);
  EXPECT_EQ(dirty.leases[0].last_statement, "UPDATE stock SET amount = ?");
}

TEST_F(LibraryListenerTest, ATimeoutNamesWhoWaitedAndAtMostSomeHolders) {
  constexpr std::size_t holders = model::most_leases_told + 8;
  Pool& orders = pool({.maximum_size = holders,
                       .acquire_timeout = milliseconds(50),
                       .validation_timeout = milliseconds(50),
                       .nested_acquire = NestedAcquire::off,
                       .detect_deadlocks = false});
  ASSERT_TRUE(becomes_true([&] { return orders.metrics().idle == holders; }, default_patience));
  std::vector<Lease> leases;
  while (leases.size() < holders) leases.push_back(orders.acquire());
  EXPECT_THROW(static_cast<void>(orders.acquire()), Failure);
  const PoolTrouble timeout = trouble(PoolTroubleKind::acquire_timeout);
  ASSERT_THAT(timeout.leases, SizeIs(model::most_leases_told));
  EXPECT_EQ(timeout.leases.front().id.value(), leases.front().id());
  EXPECT_EQ(timeout.more_leases, 8U);
  ASSERT_TRUE(timeout.wait);
  EXPECT_THAT(timeout.wait->unit.value(), StartsWith("thread "));
}

TEST_F(LibraryListenerTest, AServerThatIsAwayIsToldWithTheDriversWord) {
  server->refuses = true;
  pool({.maximum_size = 1, .initial_failure = InitialFailure::start});
  EXPECT_EQ(trouble(PoolTroubleKind::connect_failed).error, "unreachable");
}

TEST_F(LibraryListenerTest, OpeningAndClosingConnectionsIsNoTrouble) {
  Pool& orders = pool({.maximum_size = 3});
  ASSERT_TRUE(becomes_true([&] { return orders.metrics().idle == 3; }, default_patience));
  orders.evict_all();
  ASSERT_TRUE(becomes_true([&] { return orders.metrics().connections_closed == 3; }, default_patience));
  made.reset();
  EXPECT_THAT(listener.take_facts(), IsEmpty());
}

TEST_F(LibraryListenerTest, MetricsAreTheLastOnesTold) {
  Pool& orders = pool({.maximum_size = 3, .metrics_interval = milliseconds(10)});
  const Lease lease = orders.acquire();
  const auto told = [&]() -> std::optional<model::Pool> {
    const std::vector<model::Pool> pools = listener.pools();
    if (pools.size() == 1 && pools[0].now.in_use == 1) return pools[0];
    return std::nullopt;
  };
  ASSERT_TRUE(becomes_true([&] { return told().has_value(); }, default_patience));
  const model::Pool first = *told();
  EXPECT_EQ(first.name, "orders");
  EXPECT_EQ(first.now.maximum_size, 3U);
  EXPECT_EQ(first.total.acquired, 1U);
  ASSERT_TRUE(becomes_true([&] { return told()->told_at > first.told_at; }, default_patience));
}

TEST_F(LibraryListenerTest, MetricsMayBeAskedForRightNow) {
  Pool& orders = pool({.maximum_size = 2, .metrics_interval = milliseconds(0)});
  {
    const Lease lease = orders.acquire();
  }
  EXPECT_THAT(listener.pools(), IsEmpty());
  listener.on_metrics(orders.metrics());
  ASSERT_THAT(listener.pools(), SizeIs(1));
  EXPECT_EQ(listener.pools()[0].total.acquired, 1U);
  listener.forget("orders");
  EXPECT_THAT(listener.pools(), IsEmpty());
}

Event event_of(EventKind kind, std::string pool = "orders", std::string message = {}) {
  Event event;
  event.kind = kind;
  event.pool = std::move(pool);
  event.message = std::move(message);
  return event;
}

std::vector<std::string> messages_of(const std::vector<model::Fact>& facts) {
  std::vector<std::string> messages;
  for (const model::Fact& fact : facts) {
    if (const auto* trouble = std::get_if<PoolTrouble>(&fact.what)) messages.push_back(trouble->message);
  }
  return messages;
}

TEST(LibraryListener, KeepsTheNewestFactsAndTellsHowManyWentBefore) {
  LibraryListener listener(3);
  for (int i = 0; i < 10; ++i) listener.on_event(event_of(EventKind::retry, "orders", std::to_string(i)));
  const std::vector<model::Fact> facts = listener.take_facts();
  ASSERT_THAT(facts, SizeIs(4));
  ASSERT_TRUE(std::holds_alternative<model::FactsLost>(facts[0].what));
  EXPECT_EQ(std::get<model::FactsLost>(facts[0].what).count, 7U);
  EXPECT_EQ(facts[0].at, facts[1].at);
  EXPECT_THAT(messages_of(facts), ElementsAre("7", "8", "9"));
  EXPECT_EQ(listener.facts_lost(), 7U);
  EXPECT_THAT(listener.take_facts(), IsEmpty());

  listener.on_event(event_of(EventKind::retry, "orders", "10"));
  EXPECT_THAT(messages_of(listener.take_facts()), ElementsAre("10"));
  EXPECT_EQ(listener.facts_lost(), 7U);
}

TEST(LibraryListener, CountsWhatNoPoolCounts) {
  LibraryListener listener;
  listener.on_event(event_of(EventKind::retry));
  listener.on_event(event_of(EventKind::retry));
  listener.on_event(event_of(EventKind::callback_failed));
  listener.on_event(event_of(EventKind::outbox_dead_letter));
  listener.on_event(event_of(EventKind::retry, "billing"));
  EXPECT_THAT(listener.pools(), IsEmpty()) << "their gauges are not known";
  PoolMetrics metrics;
  metrics.pool = "orders";
  listener.on_metrics(metrics);
  ASSERT_THAT(listener.pools(), SizeIs(1));
  const model::PoolCounters total = listener.pools()[0].total;
  EXPECT_EQ(total.retries, 2U);
  EXPECT_EQ(total.callback_failures, 1U);
  EXPECT_EQ(total.outbox_dead_letters, 1U);
}

TEST(LibraryListener, ForgetsThePoolToldLongestAgo) {
  LibraryListener listener;
  PoolMetrics metrics;
  for (std::size_t i = 0; i < LibraryListener::most_pools; ++i) {
    metrics.pool = "pool " + std::to_string(i);
    listener.on_metrics(metrics);
  }
  metrics.pool = "pool 0";
  listener.on_metrics(metrics);
  metrics.pool = "one more";
  listener.on_metrics(metrics);
  std::vector<std::string> names;
  for (const model::Pool& pool : listener.pools()) names.push_back(pool.name);
  EXPECT_THAT(names, SizeIs(LibraryListener::most_pools));
  EXPECT_THAT(names, ::testing::Contains("pool 0"));
  EXPECT_THAT(names, ::testing::Contains("one more"));
  EXPECT_THAT(names, ::testing::Not(::testing::Contains("pool 1")));
}

TEST(LibraryListener, FromManyThreadsEveryFactIsTakenOnceOrCounted) {
  constexpr int threads = 8;
  constexpr int events = 2'000;
  LibraryListener listener(64);
  std::atomic<bool> done{false};
  std::uint64_t taken = 0, lost = 0, out_of_order = 0;
  std::vector<int> last(threads, -1);
  const auto take = [&] {
    for (const model::Fact& fact : listener.take_facts()) {
      if (const auto* gap = std::get_if<model::FactsLost>(&fact.what)) {
        lost += gap->count;
        continue;
      }
      const auto& trouble = std::get<PoolTrouble>(fact.what);
      int& before = last[static_cast<std::size_t>(std::stoi(trouble.pool))];
      const int number = std::stoi(trouble.message);
      if (number <= before) ++out_of_order;
      before = number;
      ++taken;
    }
    static_cast<void>(listener.pools());
  };
  std::thread taker([&] {
    while (!done) take();
  });
  std::vector<std::thread> tellers;
  for (int t = 0; t < threads; ++t) {
    tellers.emplace_back([&, t] {
      PoolMetrics metrics;
      metrics.pool = std::to_string(t);
      for (int i = 0; i < events; ++i) {
        listener.on_event(event_of(EventKind::dirty_return, std::to_string(t), std::to_string(i)));
        if (i % 100 == 0) listener.on_metrics(metrics);
      }
    });
  }
  for (std::thread& teller : tellers) teller.join();
  done = true;
  taker.join();
  take();
  EXPECT_EQ(taken + lost, static_cast<std::uint64_t>(threads * events));
  EXPECT_EQ(lost, listener.facts_lost());
  EXPECT_EQ(out_of_order, 0U);
  EXPECT_THAT(listener.pools(), SizeIs(threads));
}

TEST(LibraryToModel, TimesMoveFromTheMonotonicClockToTheWall) {
  const std::chrono::steady_clock::time_point steady{std::chrono::hours(5)};
  const Moment now{model::WallTime{std::chrono::hours(1'000)}, steady};
  EXPECT_EQ(now.wall_of(steady - milliseconds(1'500)), now.wall - milliseconds(1'500));

  Event event = event_of(EventKind::acquire_timeout);
  event.wait = WaitRecord{"orders", "GET /", {}, steady - std::chrono::seconds(30)};
  const auto fact = to_fact(event, now);
  ASSERT_TRUE(fact);
  EXPECT_EQ(fact->at, now.wall);
  EXPECT_EQ(std::get<PoolTrouble>(fact->what).wait->since, now.wall - std::chrono::seconds(30));
}

TEST(LibraryToModel, AnUnknownCommitKeepsItsError) {
  Event event = event_of(EventKind::unknown_commit);
  event.error = Error{ErrorCode::connection_lost, "57P01", "the reply of COMMIT was lost", Blast::commit_unknown};
  const auto fact = to_fact(event, Moment::now());
  ASSERT_TRUE(fact);
  EXPECT_THAT(std::get<PoolTrouble>(fact->what),
              AllOf(Field(&PoolTrouble::kind, PoolTroubleKind::unknown_commit),
                    Field(&PoolTrouble::error, "connection_lost"), Field(&PoolTrouble::sqlstate, "57P01")));
}

TEST(LibraryToModel, AVerdictWithoutItsProofIsAFaultOfTheDetector) {
  const auto kind_of = [](const Event& event) {
    return std::get<PoolTrouble>(to_fact(event, Moment::now()).value().what).kind;
  };
  EXPECT_EQ(kind_of(event_of(EventKind::deadlock)), PoolTroubleKind::detector_failed);
  EXPECT_EQ(kind_of(event_of(EventKind::leak)), PoolTroubleKind::detector_failed);
}

TEST(LibraryToModel, EveryEventThatIsTroubleHasItsKind) {
  const std::pair<EventKind, std::string_view> kinds[] = {
      {EventKind::connect_failed, "connect_failed"},
      {EventKind::nested_acquire, "nested_acquire"},
      {EventKind::dirty_return, "dirty_return"},
      {EventKind::acquire_timeout, "acquire_timeout"},
      {EventKind::reclaimed, "reclaimed"},
      {EventKind::transaction_timeout, "transaction_timeout"},
      {EventKind::abandoned_transaction, "abandoned_transaction"},
      {EventKind::rollback_failed, "rollback_failed"},
      {EventKind::unknown_commit, "unknown_commit"},
      {EventKind::retry, "retry"},
      {EventKind::callback_failed, "callback_failed"},
      {EventKind::outbox_dead_letter, "outbox_dead_letter"},
  };
  for (const auto& [kind, word] : kinds) {
    const auto fact = to_fact(event_of(kind), Moment::now());
    ASSERT_TRUE(fact) << word;
    EXPECT_EQ(to_string(std::get<PoolTrouble>(fact->what).kind), word);
  }
}

}  // namespace
}  // namespace lockkeeper::collect::library
