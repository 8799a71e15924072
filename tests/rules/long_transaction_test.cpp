#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Action;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view report = "SELECT sum(total) FROM orders";

TEST(LongTransaction, ABusyOneBeyondTheLimitIsFound) {
  Scene scene;
  scene.add(client(1).named("report").active(6min).open(7min).ran(report).sees(400).holds("AccessShareLock", "orders"));
  const auto findings = scene.judge(long_transaction);
  ASSERT_THAT(findings, SizeIs(1));
  const auto& finding = findings.front();
  EXPECT_EQ(finding.rule.value(), "long-transaction");
  EXPECT_EQ(finding.severity, model::Severity::warning);
  EXPECT_EQ(finding.title,
            "1 transaction of application \"report\" (user alice, database shop) has been open for 7 min");
  EXPECT_EQ(evidence<std::string>(finding, "statement"), report);
  EXPECT_EQ(evidence<model::Duration>(finding, "oldest_transaction"), 7min);
  EXPECT_EQ(evidence<model::Duration>(finding, "in_state"), 6min);
  EXPECT_EQ(evidence<std::string>(finding, "state"), "active");
  EXPECT_EQ(evidence<std::int64_t>(finding, "horizon_age"), 400);
  EXPECT_THAT(actions(finding), ElementsAre(Action::cancel, Action::terminate));
}

TEST(LongTransaction, AChattyOneThatNeverCommitsIsFoundAndNotCancelled) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(200ms, 20min).ran(report).wrote());
  const auto findings = scene.judge(long_transaction);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(actions(findings.front()), ElementsAre(Action::terminate));
  EXPECT_EQ(findings.front().remedies.front().predicted, "1 connection freed; what it wrote is rolled back");
}

TEST(LongTransaction, CancelIsOfferedOnlyWhenAllOfThemRunSomething) {
  Scene scene;
  scene.add(client(1).active(6min).ran(report));
  scene.add(client(2).active(8min).ran("SELECT 2"));
  EXPECT_THAT(actions(scene.judge(long_transaction).front()), ElementsAre(Action::cancel, Action::terminate));
  scene.add(client(3).idle_in_transaction(1s, 6min));
  EXPECT_THAT(actions(scene.judge(long_transaction).front()), ElementsAre(Action::terminate));
}

TEST(LongTransaction, IsGroupedByOwnerAndKeepsItsIdWhateverItRuns) {
  Scene scene;
  scene.add(client(1).active(6min).ran(report));
  const auto before = scene.judge(long_transaction);
  scene.add(client(2).active(9min).ran("SELECT 2 FROM other").wrote(800));
  scene.add(client(3).active(6min).ran(report).of("bob"));
  scene.add(client(4).active(20s)).wait(4, 1, 20s);
  scene.add(client(5).active(20s)).wait(5, 2, 20s);
  const auto after = scene.judge(long_transaction);
  ASSERT_THAT(after, SizeIs(2));
  const auto& finding = after.front();
  EXPECT_EQ(finding.id, before.front().id);
  EXPECT_EQ(finding.count, 2);
  EXPECT_THAT(subject_pids(finding), ElementsAre(2, 1)) << "oldest first";
  EXPECT_EQ(evidence<model::Duration>(finding, "newest_transaction"), 6min);
  EXPECT_EQ(evidence<std::int64_t>(finding, "blocks"), 2) << "those behind any of them";
  EXPECT_EQ(finding.title,
            "2 transactions of application \"shop\" (user alice, database shop) have been open for up to 9 min");
}

TEST(LongTransaction, TheHorizonIsThatOfWhicheverHoldsItBackMost) {
  Scene scene;
  scene.add(client(1).active(9min).ran(report));
  scene.add(client(2).active(6min).ran(report).sees(5000));
  EXPECT_EQ(evidence<std::int64_t>(scene.judge(long_transaction).front(), "horizon_age"), 5000);
}

TEST(LongTransaction, LookAlikesStaySilent) {
  Scene scene;
  scene.add(client(1).active(4min));                                              // younger than --max-age
  scene.add(client(2).active(1h)).wait(2, 99, 59min).add(client(99).active(1s));  // held up by another
  scene.add(client(3).idle_in_transaction(10s, 1h));                              // idle-transaction's
  scene.add(client(4).aborted(10s, 1h));                                          // aborted-transaction's
  scene.add(client(5).active(1h).kind(model::SessionKind::autovacuum));
  scene.add(client(6).active(1h).kind(model::SessionKind::replication));
  scene.add(client(7).active(1h).kind(model::SessionKind::background));
  scene.add(client(8).idle(1h));
  scene.add(client(9).hidden());
  EXPECT_THAT(scene.judge(long_transaction), IsEmpty());
  scene.limits.max_age = 4min;
  EXPECT_THAT(scene.judge(long_transaction), SizeIs(1));
}

}  // namespace
}  // namespace lockkeeper::rules
