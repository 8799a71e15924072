#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(AbortedTransaction, AtTopLevelHoldsNothingAndSaysSo) {
  Scene scene;
  scene.add(client(1).aborted(40s).ran("INSERT INTO orders VALUES (1)"));
  scene.add(client(2).aborted(30s).ran("INSERT INTO orders VALUES (2)"));
  const auto findings = scene.judge(aborted_transaction);
  ASSERT_THAT(findings, SizeIs(1));
  const auto& finding = findings.front();
  EXPECT_EQ(finding.rule.value(), "aborted-transaction");
  EXPECT_EQ(finding.severity, model::Severity::warning);
  EXPECT_EQ(finding.count, 2);
  EXPECT_EQ(finding.title,
            "2 failed transactions of application \"shop\" (user alice, database shop) are idle, the oldest for 40 s");
  EXPECT_THAT(finding.explanation, HasSubstr("SQLSTATE 25P02"));
  EXPECT_THAT(finding.explanation, HasSubstr("It holds no lock, so nobody waits for it"));
  EXPECT_FALSE(evidence<bool>(finding, "wrote"));
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "locks"), IsEmpty());
  EXPECT_THAT(finding.likely_mistake, HasSubstr("caught and swallowed"));
  EXPECT_THAT(actions(finding), ElementsAre(model::Action::terminate));
}

TEST(AbortedTransaction, InsideASavepointKeepsItsLocksAndSaysWhoWaits) {
  Scene scene;
  scene.add(client(1).aborted(40s).ran("INSERT INTO orders VALUES (1)").wrote().holds("RowExclusiveLock", "orders"));
  scene.add(client(2).active(20s)).wait(2, 1, 20s);
  const auto findings = scene.judge(aborted_transaction);
  ASSERT_THAT(findings, SizeIs(1));
  const auto& finding = findings.front();
  EXPECT_THAT(finding.explanation, HasSubstr("was inside a savepoint"));
  EXPECT_THAT(finding.explanation, HasSubstr("still locked. 1 session waits for it."));
  EXPECT_THAT(finding.explanation, Not(HasSubstr("no lock is held")));
  EXPECT_EQ(evidence<std::int64_t>(finding, "blocks"), 1);
  EXPECT_EQ(finding.remedies.front().predicted,
            "1 connection freed; what it wrote is rolled back; 1 waiting session can go on");
}

TEST(AbortedTransaction, IsCriticalWhenItFillsHalfOfTheUsableConnections) {
  Scene scene;
  for (std::int64_t pid = 1; pid <= 49; ++pid) scene.add(client(pid).aborted(20s));
  EXPECT_EQ(scene.judge(aborted_transaction).front().severity, model::Severity::critical);
}

TEST(AbortedTransaction, HasAnotherIdThanTheSameGroupIdle) {
  Scene scene;
  scene.add(client(1).aborted(20s).ran("SELECT 1"));
  scene.add(client(2).idle_in_transaction(20s).ran("SELECT 1"));
  const auto aborted = scene.judge(aborted_transaction);
  const auto idle = scene.judge(idle_transaction);
  ASSERT_THAT(aborted, SizeIs(1));
  ASSERT_THAT(idle, SizeIs(1));
  EXPECT_NE(aborted.front().id, idle.front().id);
  EXPECT_THAT(subject_pids(aborted.front()), ElementsAre(1));
  EXPECT_THAT(subject_pids(idle.front()), ElementsAre(2));
}

TEST(AbortedTransaction, ASessionsOwnAdvisoryLockIsNoSavepoint) {
  Scene scene;
  scene.add(client(1).aborted(2min).ran("SELECT 1 / 0"));
  scene.snapshot.sessions.front().locks = {{"advisory", "advisory 42", "ExclusiveLock", 1}};
  scene.snapshot.sessions.front().transaction.reset();  // forgotten by the server when it failed at top level
  const auto finding = scene.judge(aborted_transaction).front();
  EXPECT_THAT(finding.explanation, HasSubstr("advisory locks of its session"));
  EXPECT_EQ(finding.explanation.find("savepoint"), std::string::npos);
  EXPECT_EQ(std::ranges::count(finding.evidence.items, "oldest_transaction", &model::EvidenceItem::name), 0);
}

TEST(AbortedTransaction, LookAlikesStaySilent) {
  Scene scene;
  scene.add(client(1).aborted(9s).ran("SELECT 1"));              // its client may be about to roll back
  scene.add(client(2).idle_in_transaction(1h).ran("SELECT 1"));  // not failed
  scene.add(client(3).active(1h).ran("SELECT 1"));
  scene.add(client(4).idle(1h));
  EXPECT_THAT(scene.judge(aborted_transaction), IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::rules
