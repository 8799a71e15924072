// leaked-transaction and slow-holder, and what idle-transaction says beside them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/gap_cases.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Action;
using model::Confidence;
using model::GapVerdict;
using model::Severity;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view update = "UPDATE stock SET left = left - 1 WHERE id = 7";

TEST(LeakedTransaction, NamesThoseThatWillNotComeBack) {
  const auto finding = only(leaking(), leaked_transaction);
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.confidence, Confidence::certain);
  EXPECT_EQ(finding.count, 4);
  EXPECT_THAT(subject_pids(finding), ElementsAre(4, 3, 2, 1)) << "oldest first; who is young is not named";
  EXPECT_EQ(finding.title,
            "4 transactions of application \"shop\" (user alice, database shop) will not come back, the oldest is idle "
            "for 40 min");
  EXPECT_EQ(evidence<std::int64_t>(finding, "baseline_gaps"), 300);
  EXPECT_EQ(evidence<model::Duration>(finding, "usual_longest"), 1s);
  EXPECT_EQ(evidence<std::int64_t>(finding, "open_gaps"), 5);
  EXPECT_GE(evidence<std::int64_t>(finding, "comes_back_one_in"), 10'000);
  EXPECT_EQ(evidence<model::WallTime>(finding, "since"), look_time() - 1h);
  EXPECT_EQ(evidence<std::string>(finding, "last_statement"), "UPDATE stock SET left = left - ? WHERE id = ?");
  EXPECT_EQ(evidence<std::int64_t>(finding, "blocks"), 1);
  EXPECT_THAT(finding.explanation, HasSubstr("9 in 10 of 300 gaps ended within"));
  EXPECT_THAT(finding.explanation, HasSubstr("1 session waits for a lock behind them."));
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate));
  EXPECT_EQ(finding.remedies.front().predicted,
            "4 connections freed; what they wrote is rolled back; 1 waiting session can go on");
}

TEST(LeakedTransaction, IsCriticalOnceSomebodyHasWaitedForLong) {
  Scene scene = leaking();
  scene.add(client(7).active(30s)).wait(7, 3, 30s);
  EXPECT_EQ(only(scene, leaked_transaction).severity, Severity::critical);
}

TEST(LeakedTransaction, OfARecordersClientsTellsTheWholeStory) {
  const auto finding = only(leaking_clients(), leaked_transaction);
  EXPECT_EQ(finding.count, 3);
  EXPECT_THAT(finding.title, HasSubstr("application \"webhook\""));
  EXPECT_THAT(finding.evidence.statements, SizeIs(3));
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate, Action::close_client));
  EXPECT_THAT(finding.remedies.back().clients, SizeIs(3));
}

TEST(LeakedTransaction, KeepsItsIdWhileTheyGrowInNumber) {
  Scene later = leaking();
  later.add(client(20).idle_in_transaction(2h).ran(update));
  later.gaps->learn(later.snapshot, nullptr);
  const auto finding = only(later, leaked_transaction);
  EXPECT_EQ(finding.count, 5);
  EXPECT_EQ(finding.id, only(leaking(), leaked_transaction).id);
}

TEST(LeakedTransaction, LookAlikesStaySilent) {
  Scene nobody_learns = leaking();
  nobody_learns.gaps.reset();
  EXPECT_THAT(nobody_learns.judge(leaked_transaction), IsEmpty());
  EXPECT_THAT(nobody_learns.judge(slow_holder), IsEmpty());

  Scene long_but_normal = leaking();
  learn(long_but_normal, {learnt_state(viewed_key(update), update, GapVerdict::normal)});
  EXPECT_THAT(long_but_normal.judge(leaked_transaction), IsEmpty());
  EXPECT_THAT(long_but_normal.judge(idle_transaction), SizeIs(1));

  Scene another_program = leaking();
  learn(another_program, {learnt_state(viewed_key(update, "billing"), update, GapVerdict::leaked)});
  EXPECT_THAT(another_program.judge(leaked_transaction), IsEmpty());

  EXPECT_THAT(slowing().judge(leaked_transaction), IsEmpty());
  EXPECT_THAT(still_learning().judge(leaked_transaction), IsEmpty());

  Scene gone_on = leaking();
  for (auto& session : gone_on.snapshot.sessions) session.state = model::SessionState::active;
  EXPECT_THAT(gone_on.judge(leaked_transaction), IsEmpty()) << "not learnt from that look yet";
}

TEST(LeakedTransaction, WhoWaitsForALockHimselfIsNotNamed) {
  Scene scene = leaking();
  scene.wait(1, 2, 5s);
  scene.gaps->learn(scene.snapshot, nullptr);
  EXPECT_THAT(subject_pids(only(scene, leaked_transaction)), ElementsAre(4, 3, 2));
}

TEST(SlowHolder, NamesThoseThatStayAwayLongerThanUsual) {
  const auto finding = only(slowing(), slow_holder);
  EXPECT_EQ(finding.severity, Severity::warning) << "somebody waits";
  EXPECT_EQ(finding.confidence, Confidence::certain);
  EXPECT_THAT(subject_pids(finding), ElementsAre(3, 2, 1));
  EXPECT_EQ(
      finding.title,
      "3 transactions of application \"shop\" (user alice, database shop) are silent for longer than such ones used "
      "to be, the oldest for 21 s");
  EXPECT_GT(evidence<double>(finding, "shift"), 4);
  EXPECT_THAT(finding.explanation, HasSubstr("Now the usual gap is"));
  EXPECT_TRUE(finding.only_while_blocking);
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate));
}

TEST(SlowHolder, IsANoticeWithoutARemedyWhereNobodyWaits) {
  Scene scene = slowing();
  scene.snapshot.waits.clear();
  const auto finding = only(scene, slow_holder);
  EXPECT_EQ(finding.severity, Severity::notice);
  EXPECT_THAT(finding.remedies, IsEmpty()) << "they come back by themselves";
}

TEST(SlowHolder, WhereTheUsualGapIsAsBeforeItMayYetBeALeak) {
  Scene scene = slowing();
  auto state = learnt_state(viewed_key(update), update, GapVerdict::slow);
  state.shift = 1.1;
  learn(scene, {state});
  const auto finding = only(scene, slow_holder);
  EXPECT_EQ(finding.confidence, Confidence::likely);
  EXPECT_THAT(finding.explanation, HasSubstr("not known yet"));
}

TEST(SlowHolder, LookAlikesStaySilent) {
  EXPECT_THAT(leaking().judge(slow_holder), IsEmpty());
  EXPECT_THAT(still_learning().judge(slow_holder), IsEmpty());
  Scene quick = slowing();
  for (auto& session : quick.snapshot.sessions) session.state_changed_at = look_time() - 1s;
  learn(quick, {learnt_state(viewed_key(update), update, GapVerdict::slow)});
  EXPECT_THAT(quick.judge(slow_holder), IsEmpty()) << "none is beyond what is usual now";
}

TEST(IdleTransaction, SaysThatItGoesByTheLimitAloneWhileNothingIsLearnt) {
  const auto finding = only(still_learning(), idle_transaction);
  EXPECT_EQ(evidence<std::int64_t>(finding, "baseline_gaps"), 12);
  EXPECT_EQ(evidence<std::int64_t>(finding, "baseline_gaps_needed"), 30);
  EXPECT_THAT(finding.explanation, HasSubstr("12 of 30 gaps"));
  EXPECT_FALSE(has_evidence(finding, "usual_p90"));
}

TEST(IdleTransaction, StaysBesideWhatWasLearntAndPointsToIt) {
  const auto finding = only(leaking(), idle_transaction);
  EXPECT_EQ(evidence<std::string>(finding, "learnt"), "leaked");
  EXPECT_THAT(finding.explanation, HasSubstr("leaked-transaction says"));
  Scene without = leaking();
  without.gaps.reset();
  EXPECT_EQ(only(without, idle_transaction).id, finding.id);
  EXPECT_FALSE(has_evidence(only(without, idle_transaction), "baseline_gaps"));
}

}  // namespace
}  // namespace lockkeeper::rules
