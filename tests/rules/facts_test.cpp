// foreign-commit, dirty-return, abandoned-at-disconnect, unknown-commit: rules about what happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/recordings.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::OddityKind;
using model::Severity;
using model::TransactionEnd;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

TEST(ForeignCommit, NamesWhatHadEndedTheTransactionBefore) {
  const auto finding = only(lonely_test(), foreign_commit);
  EXPECT_EQ(finding.title,
            "1 COMMIT of application \"api-test\" (user alice, database shop) came with no transaction open");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(evidence<std::int64_t>(finding, "commits"), 1);
  EXPECT_EQ(evidence<std::int64_t>(finding, "rollbacks"), 0);
  EXPECT_EQ(evidence<model::Duration>(finding, "ended_before"), 100ms);
  EXPECT_EQ(evidence<std::string>(finding, "ended_as"), "committed");
  EXPECT_EQ(evidence<std::string>(finding, "statement"), "COMMIT");
  EXPECT_THAT(finding.evidence.statements, SizeIs(2)) << "what the child committed";
  EXPECT_THAT(finding.explanation, HasSubstr("had already been committed 100 ms earlier"));
  EXPECT_THAT(finding.remedies, IsEmpty()) << "it is over";
}

TEST(ForeignCommit, RollbacksAloneAreANotice) {
  Recorded scene;
  for (std::uint64_t id = 1; id <= 3; ++id) scene.odd(recorded(id), OddityKind::foreign_rollback, 10s, "ROLLBACK");
  auto finding = only(scene, foreign_commit);
  EXPECT_EQ(finding.severity, Severity::notice) << "pools that roll back with every return";
  EXPECT_THAT(finding.title, StartsWith("3 ROLLBACKs of"));
  EXPECT_FALSE(has_evidence(finding, "ended_before"));
  scene.odd(recorded(1), OddityKind::foreign_commit, 5s, "COMMIT").odd(recorded(2), OddityKind::foreign_rollback, 1s);
  const auto id = finding.id;
  finding = only(scene.lost(1), foreign_commit);
  EXPECT_THAT(finding.title, StartsWith("at least 1 COMMIT and 4 ROLLBACKs of"));
  EXPECT_EQ(finding.id, id);
  EXPECT_EQ(evidence<std::int64_t>(finding, "clients"), 3);
  EXPECT_EQ(evidence<std::int64_t>(finding, "facts_lost"), 1);
}

// MySQL warns of neither, and a BEGIN inside a transaction commits it.
TEST(ForeignCommit, SaysWhatTheClientsServerDoes) {
  Recorded scene;
  scene.odd(recorded(1).on(model::Engine::mysql), OddityKind::foreign_commit, 10s, "COMMIT");
  EXPECT_THAT(only(scene, foreign_commit).explanation, HasSubstr("answers OK"));
  Recorded other;
  other.odd(recorded(1).on(model::Engine::mariadb), OddityKind::begin_inside_transaction, 10s, "BEGIN");
  const auto finding = only(other, dirty_return);
  EXPECT_THAT(finding.explanation, HasSubstr("committed what the one before had left"));
  EXPECT_THAT(finding.explanation, Not(HasSubstr("warning")));
}

TEST(ForeignCommit, LookAlikesStaySilent) {
  Recorded scene;
  auto usual = recorded(1);
  usual.began(3s).ran("UPDATE a SET b = 1", 2s);
  scene.ends(usual, TransactionEnd::committed, 1s).ends(usual, TransactionEnd::rolled_back, 1s);
  scene.odd(recorded(2), OddityKind::queue_timeout, 1s);
  EXPECT_THAT(scene.judge(foreign_commit), IsEmpty());
  EXPECT_THAT(Scene().judge(foreign_commit), IsEmpty());
}

TEST(DirtyReturn, ShowsWhatTheBorrowerBeforeHadLeft) {
  const auto finding = only(lonely_test(), dirty_return);
  EXPECT_EQ(finding.title,
            "1 BEGIN of application \"api-test\" (user alice, database shop) came inside an open transaction");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(evidence<std::string>(finding, "left_after"), "SELECT * FROM users WHERE mail = ?");
  EXPECT_EQ(evidence<model::Duration>(finding, "silent_before"), 9900ms - 5ms - 4s);
  EXPECT_EQ(evidence<std::int64_t>(finding, "rows_written"), 0);
  EXPECT_THAT(finding.evidence.statements, SizeIs(2));
  const auto incomplete = only(lonely_test().lost(2), dirty_return);
  EXPECT_THAT(incomplete.title, StartsWith("at least 1 BEGIN"));
  EXPECT_EQ(incomplete.id, finding.id);
}

TEST(DirtyReturn, EachPlaceWhereItIsLeftIsAFinding) {
  Recorded scene = lonely_test();
  auto other = recorded(7).named("api-test");
  other.began(9s).ran("UPDATE users SET a = 1", 8s);
  scene.odd(other, OddityKind::begin_inside_transaction, 4s, "BEGIN");
  EXPECT_THAT(scene.judge(dirty_return), SizeIs(2));
}

TEST(DirtyReturn, LookAlikesStaySilent) {
  Recorded scene;
  scene.add(recorded(1).began(3s).ran("SAVEPOINT a", 2s).holds(1));
  scene.odd(recorded(2), OddityKind::foreign_commit, 1s);
  EXPECT_THAT(scene.judge(dirty_return), IsEmpty());
  EXPECT_THAT(Scene().judge(dirty_return), IsEmpty());
}

TEST(AbandonedAtDisconnect, RestartsHideALeak) {
  const auto finding = only(restarting_workers(), abandoned_at_disconnect);
  EXPECT_EQ(finding.title,
            "10 transactions of application \"api\" (user alice, database shop) were left open by clients that went "
            "away, 2 times together");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(finding.count, 10);
  EXPECT_EQ(evidence<std::int64_t>(finding, "clients"), 10);
  EXPECT_EQ(evidence<std::int64_t>(finding, "times_together"), 2);
  EXPECT_EQ(evidence<std::int64_t>(finding, "left_together_last"), 5);
  EXPECT_NEAR(evidence<double>(finding, "refill_per_minute"), 0.5, 0.01);
  EXPECT_THAT(finding.explanation, HasSubstr("each restart frees the connections that it had leaked"));
  EXPECT_THAT(finding.explanation, HasSubstr("filled up by 0.5 a minute"));
  EXPECT_THAT(finding.evidence.statements, SizeIs(2));
}

TEST(AbandonedAtDisconnect, OneThatWasForgottenIsEnough) {
  const auto finding = only(lonely_test(), abandoned_at_disconnect);
  EXPECT_EQ(finding.count, 1);
  EXPECT_EQ(finding.title,
            "1 transaction of application \"api-test\" (user alice, database shop) was left open by clients that went "
            "away");
  EXPECT_EQ(evidence<model::Duration>(finding, "longest_silence"), 9900ms - 5ms - 1s);
  EXPECT_EQ(evidence<std::int64_t>(finding, "times_together"), 0);
  const auto incomplete = only(lonely_test().lost(2), abandoned_at_disconnect);
  EXPECT_THAT(incomplete.title, StartsWith("at least 1 transaction"));
  EXPECT_EQ(incomplete.id, finding.id);
}

TEST(AbandonedAtDisconnect, LookAlikesStaySilent) {
  Recorded scene;
  for (std::uint64_t id = 1; id <= 5; ++id) {  // one deployment, in the middle of work
    auto working = recorded(id);
    working.began(11s).ran("UPDATE a SET b = 1", 10100ms);
    scene.ends(working, TransactionEnd::abandoned, 10s);
  }
  auto ended = recorded(9);
  ended.began(1min).ran("SELECT 1", 59s);
  scene.ends(ended, TransactionEnd::terminated, 5s).ends(ended, TransactionEnd::rolled_back, 4s);
  EXPECT_THAT(scene.judge(abandoned_at_disconnect), IsEmpty());
  EXPECT_THAT(Scene().judge(abandoned_at_disconnect), IsEmpty());
}

TEST(UnknownCommit, IsCriticalWhereSomethingWasWritten) {
  const auto finding = only(broken_commit(), unknown_commit);
  EXPECT_EQ(finding.title,
            "whether 1 transaction of application \"billing\" (user alice, database shop) committed is not known");
  EXPECT_EQ(finding.severity, Severity::critical);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(evidence<std::int64_t>(finding, "rows_written"), 2);
  EXPECT_EQ(evidence<model::WallTime>(finding, "last_at"), look_time() - 68s);
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "clients").front(), HasSubstr("client 3 of application"));
  EXPECT_THAT(finding.evidence.statements, SizeIs(2));
  const auto incomplete = only(broken_commit().lost(2), unknown_commit);
  EXPECT_THAT(incomplete.title, StartsWith("whether at least 1 transaction"));
  EXPECT_EQ(incomplete.id, finding.id);
}

TEST(UnknownCommit, LookAlikesStaySilentAndReadersAreANotice) {
  Recorded scene;
  auto usual = recorded(1);
  usual.began(3s).ran("INSERT INTO a VALUES (1)", 2s);
  for (const auto end :
       {TransactionEnd::committed, TransactionEnd::rolled_back, TransactionEnd::abandoned, TransactionEnd::terminated})
    scene.ends(usual, end, 1s);
  EXPECT_THAT(scene.judge(unknown_commit), IsEmpty());
  EXPECT_THAT(Scene().judge(unknown_commit), IsEmpty());
  auto reader = recorded(2);
  reader.began(3s).ran("SELECT 1", 2s);
  scene.ends(reader, TransactionEnd::unknown, 1s);
  EXPECT_EQ(only(scene, unknown_commit).severity, Severity::notice);
}

}  // namespace
}  // namespace lockkeeper::rules
