#include "rules/leak_gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/recordings.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using model::LeakKind;
using model::TransactionEnd;
using test::look_time;
using test::recorded;
using test::Recorded;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t suite = 4711;

// A suite of one process unless said otherwise. Ages count back from look_time, as in a Recorded.
class Suite {
 public:
  Suite& test(std::string name, model::Duration from, model::Duration to, std::int64_t process = suite) {
    marks_.push_back({look_time() - from, true, name, process});
    marks_.push_back({look_time() - to, false, std::move(name), process});
    return *this;
  }
  Suite& begins(std::string name, model::Duration age) {
    marks_.push_back({look_time() - age, true, std::move(name), suite});
    return *this;
  }
  // Statement 5 s before its end, transaction begun with it, by client `id` of that process.
  Suite& transaction(std::uint64_t id, model::Duration from, model::Duration to,
                     TransactionEnd end = TransactionEnd::committed) {
    scene_.ends(recorded(id).began(from).ran("INSERT INTO posts VALUES (?)", from), end, to);
    return *this;
  }
  Suite& odd(model::OddityKind kind, model::Duration age, std::string_view text) {
    scene_.odd(recorded(1), kind, age, text);
    return *this;
  }
  Suite& of(std::uint64_t client, std::vector<std::int64_t> processes) {
    processes_[client] = std::move(processes);
    return *this;
  }

  [[nodiscard]] model::GateInput input() const {
    return {.marks = marks_, .facts = scene_.recording->facts, .facts_lost = 0, .processes = processes_};
  }
  [[nodiscard]] model::GateReport judge(const std::vector<model::LeakKey>& known = {}) const {
    return judge_tests(input(), known);
  }

 private:
  Recorded scene_;
  std::vector<model::TestMark> marks_;
  std::map<std::uint64_t, std::vector<std::int64_t>> processes_;
};

TEST(LeakGate, AnUntidySuiteWithoutATransactionLeftIsClean) {
  const auto report =
      Suite().test("a", 50s, 40s).test("b", 30s, 20s).transaction(1, 45s, 41s).transaction(1, 29s, 21s).judge();
  EXPECT_THAT(report.leaks, IsEmpty());
  EXPECT_EQ(report.tests, 2);
  EXPECT_EQ(report.transactions, 2);
  EXPECT_EQ(report.clients, 1);
}

TEST(LeakGate, WhoseTransactionOutlivesItsTestIsNamed) {
  const auto report = Suite().test("a", 50s, 40s).test("b", 30s, 20s).transaction(1, 45s, 25s).judge();
  ASSERT_THAT(report.leaks, SizeIs(1));
  const model::Leak& leak = report.leaks[0];
  EXPECT_EQ(leak.key, (model::LeakKey{LeakKind::left_open, "a", "INSERT INTO posts VALUES (?)"}));
  EXPECT_TRUE(leak.is_test);
  EXPECT_EQ(leak.next_test, "b");
  EXPECT_FALSE(leak.abandoned);
  EXPECT_EQ(leak.open_for, 20s);
  EXPECT_THAT(leak.ran, SizeIs(2)) << "BEGIN is one";
}

TEST(LeakGate, WhatATestsOwnCleanUpEndsIsNoLeak) {
  EXPECT_THAT(Suite().test("a", 50s, 40s).test("b", 30s, 20s).transaction(1, 45s, 35s).judge().leaks, IsEmpty())
      << "between the tests";
  EXPECT_THAT(Suite().test("a", 50s, 40s).transaction(1, 45s, 10s).judge().leaks, IsEmpty()) << "after the last";
}

TEST(LeakGate, WhatIsOpenWhenItsClientLeavesIs) {
  const auto report = Suite().test("a", 50s, 40s).transaction(1, 45s, 10s, TransactionEnd::abandoned).judge();
  ASSERT_THAT(report.leaks, SizeIs(1));
  EXPECT_EQ(report.leaks[0].key.test, "a");
  EXPECT_TRUE(report.leaks[0].abandoned);
}

TEST(LeakGate, WhatIsOpenedBetweenTestsBelongsToNone) {
  const auto report = Suite().test("a", 50s, 40s).test("b", 30s, 20s).transaction(1, 35s, 10s).judge();
  EXPECT_THAT(report.leaks, IsEmpty()) << "a suite's own, for all of its tests";
}

TEST(LeakGate, WhatAFixtureOfTheWholeSessionOpensIsNotTheTestsThatNeededItFirst) {
  const auto report =
      Suite().test("a", 50s, 49s).transaction(1, 49s - 1ms, 10s).test("a", 49s - 2ms, 40s).test("b", 30s, 20s).judge();
  EXPECT_THAT(report.leaks, IsEmpty());
  EXPECT_EQ(report.tests, 2);
}

TEST(LeakGate, ParallelWorkersAreToldApartByTheirProcesses) {
  auto tests = Suite().test("a", 50s, 40s, 1).test("b", 30s, 20s, 1).test("c", 49s, 41s, 2).transaction(7, 45s, 25s);
  const auto sure = tests.of(7, {99, 1, 50}).judge();
  ASSERT_THAT(sure.leaks, SizeIs(1));
  EXPECT_EQ(sure.leaks[0].key.test, "a") << "a program that the worker started";
  EXPECT_THAT(sure.leaks[0].others, IsEmpty());
}

TEST(LeakGate, WhereThatIsNotKnownAllWhoRanAreNamed) {
  const auto report = Suite()
                          .test("a", 50s, 40s, 1)
                          .test("b", 30s, 20s, 1)
                          .test("c", 49s, 41s, 2)
                          .test("d", 29s, 21s, 2)
                          .transaction(7, 45s, 25s)
                          .judge();
  ASSERT_THAT(report.leaks, SizeIs(1));
  EXPECT_EQ(report.leaks[0].key.test, "c") << "began last";
  EXPECT_THAT(report.leaks[0].others, ElementsAre("a"));
}

TEST(LeakGate, ATestWithinATestSpeaksForBoth) {
  const auto report = Suite()
                          .begins("posts", 60s)
                          .test("posts > creates", 50s, 40s)
                          .transaction(1, 45s, 10s, TransactionEnd::abandoned)
                          .judge();
  ASSERT_THAT(report.leaks, SizeIs(1));
  EXPECT_EQ(report.leaks[0].key.test, "posts > creates");
  EXPECT_THAT(report.leaks[0].others, IsEmpty());
}

TEST(LeakGate, WithoutReportersTheApplicationIsNamed) {
  const auto report = Suite().transaction(1, 45s, 10s, TransactionEnd::abandoned).transaction(1, 8s, 7s).judge();
  ASSERT_THAT(report.leaks, SizeIs(1));
  EXPECT_EQ(report.leaks[0].key.test, "shop");
  EXPECT_FALSE(report.leaks[0].is_test);
}

TEST(LeakGate, OrTheUnitOfWorkThatItsStatementsTell) {
  Recorded scene;
  scene.ends(recorded(1).unit("test_orders").began(9s).ran("SELECT 1", 9s), TransactionEnd::abandoned, 1s);
  const auto report = judge_tests({.marks = {}, .facts = scene.recording->facts, .facts_lost = 0, .processes = {}}, {});
  ASSERT_THAT(report.leaks, SizeIs(1));
  EXPECT_EQ(report.leaks[0].key.test, "test_orders");
}

TEST(LeakGate, OneMistakeMadeOftenIsOneLeak) {
  const auto report = Suite()
                          .test("a", 50s, 40s)
                          .test("b", 30s, 20s)
                          .transaction(1, 45s, 10s, TransactionEnd::abandoned)
                          .transaction(2, 44s, 10s, TransactionEnd::abandoned)
                          .judge();
  ASSERT_THAT(report.leaks, SizeIs(1));
  EXPECT_EQ(report.leaks[0].count, 2);
}

TEST(LeakGate, ForeignCommitsAndDirtyConnectionsAreTheirTests) {
  const auto report = Suite()
                          .test("a", 50s, 40s)
                          .odd(model::OddityKind::foreign_commit, 45s, "COMMIT")
                          .odd(model::OddityKind::begin_inside_transaction, 44s, "BEGIN")
                          .odd(model::OddityKind::queue_timeout, 43s, "")
                          .judge();
  ASSERT_THAT(report.leaks, SizeIs(2));
  EXPECT_EQ(report.leaks[0].key, (model::LeakKey{LeakKind::foreign_commit, "a", "COMMIT"}));
  EXPECT_EQ(report.leaks[1].key, (model::LeakKey{LeakKind::begin_inside_transaction, "a", "BEGIN"}));
}

TEST(LeakGate, TheBaselineKnowsWhatIsOldAndWhatIsGone) {
  const auto tests = Suite()
                         .test("a", 50s, 40s)
                         .test("b", 30s, 20s)
                         .transaction(1, 45s, 10s, TransactionEnd::abandoned)
                         .transaction(2, 25s, 10s, TransactionEnd::abandoned);
  const model::LeakKey old{LeakKind::left_open, "a", "INSERT INTO posts VALUES (?)"};
  const model::LeakKey gone{LeakKind::left_open, "z", "SELECT 1"};
  const auto report = tests.judge({old, gone});
  ASSERT_THAT(report.leaks, SizeIs(2));
  EXPECT_EQ(report.leaks[0].key.test, "b") << "what is new comes first";
  EXPECT_TRUE(report.leaks[1].known);
  EXPECT_EQ(report.fresh(), 1);
  EXPECT_THAT(report.gone, ElementsAre(gone));
}

TEST(LeakGate, MeasuresWhatTheTestsHold) {
  const auto report = Suite()
                          .test("a", 50s, 40s, 1)
                          .test("b", 49s, 41s, 2)
                          .transaction(1, 48s, 42s)
                          .transaction(2, 47s, 43s)
                          .transaction(3, 46s, 44s)
                          .of(1, {1})
                          .of(2, {1})
                          .of(3, {2})
                          .judge();
  EXPECT_EQ(report.most_held, 2);
  EXPECT_EQ(report.most_held_by, "a");
  EXPECT_EQ(report.units_at_once, 2);
  EXPECT_EQ(report.smallest_pool, 3) << "2 * (2 - 1) + 1";
}

TEST(LeakGate, WhatATestLeftOpenIsNoNeedOfTheNext) {
  const auto report =
      Suite().test("a", 50s, 40s).test("b", 39s, 30s).transaction(1, 48s, 20s).transaction(2, 38s, 36s).judge();
  ASSERT_THAT(report.leaks, SizeIs(1));
  EXPECT_EQ(report.leaks[0].key.test, "a");
  EXPECT_EQ(report.units_at_once, 1);
  EXPECT_EQ(report.smallest_pool, 1);
}

TEST(LeakGate, OneAfterTheOtherHoldsOne) {
  const auto report = Suite().test("a", 50s, 40s).transaction(1, 48s, 46s).transaction(1, 46s, 44s).judge();
  EXPECT_EQ(report.most_held, 1);
  EXPECT_EQ(report.smallest_pool, 1);
}

TEST(LeakGate, WhoNeverEndedEndsWithTheNext) {
  const auto report =
      Suite().begins("a", 50s).test("b", 30s, 20s).transaction(1, 25s, 10s, TransactionEnd::abandoned).judge();
  ASSERT_THAT(report.leaks, SizeIs(1));
  EXPECT_EQ(report.leaks[0].key.test, "b");
  EXPECT_THAT(report.leaks[0].others, IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::rules
