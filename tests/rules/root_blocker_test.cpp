#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Action;
using model::Severity;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

// 1 sleeps inside its transaction, 2 waits for it, 3 for 2.
Scene chain() {
  Scene scene;
  scene.add(client(1)
                .named("publisher")
                .idle_in_transaction(30s)
                .ran("UPDATE posts SET live = true")
                .wrote()
                .holds("RowExclusiveLock", "public.posts"));
  scene.add(client(2).active(20s)).add(client(3).active(5s));
  return scene.wait(2, 1, 20s).wait(3, 2, 5s);
}

TEST(RootBlocker, OnlyTheEndOfAChainIsARoot) {
  const auto findings = chain().judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(1));
  const auto& finding = findings.front();
  EXPECT_EQ(finding.count, 1);
  EXPECT_THAT(subject_pids(finding), ElementsAre(1));
  EXPECT_EQ(
      finding.title,
      "2 sessions wait behind session 1 of application \"publisher\" (user alice, database shop), the longest for "
      "20 s");
  EXPECT_EQ(finding.severity, Severity::critical) << "it sleeps while somebody waits for 10 s and more";
  EXPECT_EQ(evidence<std::int64_t>(finding, "waiting"), 2);
  EXPECT_EQ(evidence<model::Duration>(finding, "longest_wait"), 20s);
  EXPECT_THAT(evidence<std::vector<std::int64_t>>(finding, "released"), ElementsAre(2, 3));
  EXPECT_EQ(evidence<std::string>(finding, "last_statement"), "UPDATE posts SET live = ?");
  EXPECT_EQ(evidence<std::string>(finding, "state"), "idle in transaction");
  EXPECT_TRUE(evidence<bool>(finding, "wrote"));
  EXPECT_THAT(finding.explanation, StartsWith("Session 1 of application \"publisher\""));
  EXPECT_THAT(finding.explanation, HasSubstr("has a transaction open and has run nothing for 30 s."));
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate));
  EXPECT_EQ(finding.remedies.front().predicted, "2 waiting sessions can go on; what it wrote is rolled back");
  EXPECT_TRUE(finding.only_while_blocking);
}

TEST(RootBlocker, AWaitWhoseStartIsNotKnownIsNeitherCertainNorCriticalByItself) {
  Scene scene = chain();
  for (auto& wait : scene.snapshot.waits) wait.since_is_upper_bound = true;
  const auto finding = scene.judge(root_blocker).front();
  EXPECT_THAT(finding.title, HasSubstr("the longest for at most 20 s"));
  EXPECT_EQ(finding.confidence, model::Confidence::likely);
  EXPECT_EQ(finding.severity, Severity::warning);
}

TEST(RootBlocker, KeepsItsIdWhileTheQueueGrowsAndIsAnotherForAnotherSession) {
  const auto before = chain().judge(root_blocker).front().id;
  EXPECT_EQ(chain().add(client(4).active(2s)).wait(4, 3, 2s).judge(root_blocker).front().id, before);
  Scene other;
  other.add(client(11).idle_in_transaction(30s)).add(client(2).active(20s)).wait(2, 11, 20s);
  EXPECT_NE(other.judge(root_blocker).front().id, before);
}

TEST(RootBlocker, AHotRowsWholeQueueIsBehindItsHolder) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(5s).wrote());
  for (std::int64_t pid = 2; pid <= 201; ++pid) {
    scene.add(client(pid).active(2s));
    pid == 2 ? scene.wait(2, 1, 2s) : scene.queue(pid, pid - 1, 2s);
  }
  const auto findings = scene.judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings.front().severity, Severity::critical) << "so many wait";
  EXPECT_EQ(evidence<std::int64_t>(findings.front(), "waiting"), 200);
  EXPECT_THAT(evidence<std::vector<std::int64_t>>(findings.front(), "released"), SizeIs(200));
  EXPECT_THAT(findings.front().evidence.wait_tree, SizeIs(12)) << "the root, ten waiters, and how many more";
}

TEST(RootBlocker, TwoRootsOfOneWaiterFreeItOnlyTogether) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s)).add(client(2).idle_in_transaction(30s)).add(client(3).active(20s));
  scene.wait(3, {id_of(1), id_of(2)}, 20s);
  const auto findings = scene.judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(2));
  for (const auto& finding : findings) {
    EXPECT_EQ(evidence<std::int64_t>(finding, "waiting"), 1);
    EXPECT_THAT(evidence<std::vector<std::int64_t>>(finding, "released"), IsEmpty());
    EXPECT_THAT(finding.remedies.front().predicted, StartsWith("nobody can go on by this alone"));
  }
  const Blocking blocking(scene.snapshot);
  EXPECT_THAT(blocking.freed_by(std::vector<model::Holder>{id_of(1), id_of(2)}), ElementsAre(id_of(3)));
}

TEST(RootBlocker, APreparedTransactionIsResolvedByHand) {
  Scene scene;
  scene.prepare("order's 7", 2h).add(client(3).active(20s)).wait(3, {std::string("order's 7")}, 20s);
  const auto findings = scene.judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(1));
  const auto& finding = findings.front();
  EXPECT_THAT(finding.subjects, IsEmpty());
  EXPECT_EQ(finding.severity, Severity::critical);
  EXPECT_EQ(finding.title, "1 session waits behind prepared transaction 'order's 7', the longest for 20 s");
  EXPECT_EQ(evidence<std::string>(finding, "prepared_transaction"), "order's 7");
  ASSERT_THAT(actions(finding), ElementsAre(Action::sql));
  EXPECT_EQ(finding.remedies.front().statement, "ROLLBACK PREPARED 'order''s 7';");
  EXPECT_FALSE(finding.evidence.wait_tree.front().session.has_value());
}

TEST(RootBlocker, ASessionLevelLockNeedsNoTransaction) {
  Scene scene;
  scene.add(client(1).idle(5min).holds("ExclusiveLock", "advisory 42", "advisory"));
  scene.add(client(2).active(20s)).wait(2, 1, 20s);
  const auto findings = scene.judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings.front().severity, Severity::critical);
  EXPECT_THAT(findings.front().explanation, HasSubstr("session-level lock"));
  EXPECT_THAT(findings.front().likely_mistake, HasSubstr("advisory lock"));
  EXPECT_FALSE(has_evidence(findings.front(), "wrote"));
  EXPECT_EQ(findings.front().remedies.front().predicted,
            "1 waiting session can go on; nothing was written, so nothing is lost");
}

TEST(RootBlocker, AnActiveRootMayBeCancelledAndEndsByItself) {
  Scene scene;
  scene.add(client(1).active(30s).ran("ALTER TABLE orders ADD note text").wrote());
  scene.add(client(2).active(20s)).wait(2, 1, 20s);
  const auto findings = scene.judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings.front().severity, Severity::warning);
  EXPECT_THAT(actions(findings.front()), ElementsAre(Action::cancel, Action::terminate));
  EXPECT_EQ(evidence<std::string>(findings.front(), "statement"), "ALTER TABLE orders ADD note text");
  EXPECT_THAT(findings.front().explanation, HasSubstr("go on when it is done"));
}

TEST(RootBlocker, OfARootThatCannotBeSeenNothingIsClaimedOrOffered) {
  Scene scene;
  scene.add(client(1).hidden()).add(client(2).active(20s)).wait(2, 1, 20s);
  auto findings = scene.judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings.front().severity, Severity::warning);
  EXPECT_THAT(findings.front().remedies, IsEmpty());
  EXPECT_THAT(findings.front().explanation, HasSubstr("may not see"));
  EXPECT_THAT(findings.front().likely_mistake, HasSubstr("Not known"));
  EXPECT_THAT(findings.front().fix, HasSubstr("GRANT pg_monitor TO monitor;"));
  Scene gone;
  gone.add(client(2).active(20s)).wait(2, 1, 20s);
  findings = gone.judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings.front().subjects, IsEmpty());
  EXPECT_THAT(findings.front().remedies, IsEmpty());
  EXPECT_THAT(findings.front().explanation, StartsWith("Session 1 was not among the sessions"));
}

TEST(RootBlocker, TheServersOwnProcessesAreNotEnded) {
  Scene scene;
  scene.add(client(1).active(30s).kind(model::SessionKind::autovacuum)).add(client(2).active(20s)).wait(2, 1, 20s);
  const auto findings = scene.judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings.front().remedies, IsEmpty());
  EXPECT_THAT(findings.front().likely_mistake, HasSubstr("Autovacuum"));
}

TEST(RootBlocker, AFailedRootIsToldToRollBack) {
  Scene scene;
  scene.add(client(1).aborted(30s).ran("UPDATE a SET b = 1").wrote()).add(client(2).active(20s)).wait(2, 1, 20s);
  const auto findings = scene.judge(root_blocker);
  EXPECT_THAT(findings.front().explanation, HasSubstr("has not rolled back"));
  EXPECT_THAT(findings.front().likely_mistake, HasSubstr("swallowed"));
}

TEST(RootBlocker, SeverityKnowsHowLongAndHowMany) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s)).add(client(2).active(9s)).wait(2, 1, 9s);
  EXPECT_EQ(scene.judge(root_blocker).front().severity, Severity::warning) << "nobody waits for 10 s yet";
  scene.limits.critical_wait = 9s;
  EXPECT_EQ(scene.judge(root_blocker).front().severity, Severity::critical);
  Scene many;
  many.add(client(1).active(3s));
  for (std::int64_t pid = 2; pid <= 10; ++pid) many.add(client(pid).active(2s)).wait(pid, 1, 2s);
  EXPECT_EQ(many.judge(root_blocker).front().severity, Severity::warning);
  many.add(client(11).active(2s)).wait(11, 1, 2s);
  EXPECT_EQ(many.judge(root_blocker).front().severity, Severity::critical);
}

TEST(RootBlocker, LookAlikesStaySilent) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s)).add(client(2).active(20s)).wait(2, 1, 999ms);  // ordinary life
  scene.add(client(3).idle_in_transaction(1h).wrote().holds("AccessExclusiveLock", "alone"));  // nobody waits for it
  scene.add(client(4).active(1h));
  EXPECT_THAT(scene.judge(root_blocker), IsEmpty());
  scene.limits.min_wait = 900ms;
  EXPECT_THAT(scene.judge(root_blocker), SizeIs(1));
}

TEST(RootBlocker, ARingIsOneFindingWithoutARemedy) {
  Scene scene;
  scene.add(client(1).active(20s)).add(client(2).active(3s)).wait(1, 2, 3s).wait(2, 1, 3s);
  const auto findings = scene.judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings.front().title, "2 sessions wait for one another, the longest for 3 s");
  EXPECT_THAT(subject_pids(findings.front()), ElementsAre(1, 2));
  EXPECT_THAT(evidence<std::vector<std::int64_t>>(findings.front(), "ring"), ElementsAre(1, 2));
  EXPECT_THAT(findings.front().remedies, IsEmpty());
  EXPECT_THAT(findings.front().evidence.wait_tree, SizeIs(2));
  scene.limits.min_wait = 4s;
  EXPECT_THAT(scene.judge(root_blocker), IsEmpty());
}

TEST(RootBlocker, WhoWaitsBehindARingIsNotInIt) {
  Scene scene;
  // The lowest pid merely waits behind the ring of 20 and 30; 40 and 50 are a ring of their own.
  for (const std::int64_t pid : {10, 20, 30, 40, 50}) scene.add(client(pid).active(9s));
  scene.wait(10, 20, 2s).wait(20, 30, 9s).wait(30, 20, 3s).wait(40, 50, 3s).wait(50, 40, 3s);
  const auto findings = scene.judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].title, "2 sessions wait for one another, the longest for 9 s; 1 more waits behind them");
  EXPECT_THAT(subject_pids(findings[0]), ElementsAre(20, 30));
  EXPECT_EQ(evidence<std::int64_t>(findings[0], "waiting"), 3);
  EXPECT_THAT(subject_pids(findings[1]), ElementsAre(40, 50));
  EXPECT_NE(findings[0].id, findings[1].id);
}

}  // namespace
}  // namespace lockkeeper::rules
