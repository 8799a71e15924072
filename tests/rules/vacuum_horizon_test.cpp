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

using Lines = std::vector<std::string>;

TEST(VacuumHorizon, AnIdleWriterHoldsItBackByItsXidAlone) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(1s, 20min).wrote(600'000));
  const auto findings = scene.judge(vacuum_horizon);
  ASSERT_THAT(findings, SizeIs(1));
  const auto& finding = findings.front();
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.count, 1);
  EXPECT_EQ(finding.title,
            "vacuum is held back for the last 600,000 transactions by session 1 of application \"shop\" (user alice, "
            "database shop)");
  EXPECT_EQ(evidence<std::int64_t>(finding, "horizon_age"), 600'000);
  EXPECT_EQ(evidence<std::int64_t>(finding, "horizon_age_without_them"), 0);
  EXPECT_EQ(evidence<std::int64_t>(finding, "autovacuum_freeze_max_age"), 200'000'000);
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate));
  EXPECT_EQ(finding.remedies.front().predicted, "1 session ended; what it wrote is rolled back");
}

TEST(VacuumHorizon, AReaderHoldsItBackByItsXminAlone) {
  Scene scene;
  scene.add(client(1).active(1h).sees(700'000));
  scene.add(client(2).active(1h).sees(1000));
  const auto findings = scene.judge(vacuum_horizon);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(evidence<std::int64_t>(findings.front(), "horizon_age"), 700'000);
  EXPECT_EQ(evidence<std::int64_t>(findings.front(), "horizon_age_without_them"), 1000);
  EXPECT_THAT(subject_pids(findings.front()), ElementsAre(1));
  EXPECT_THAT(findings.front().remedies.front().predicted, HasSubstr("nothing is lost"));
}

TEST(VacuumHorizon, EveryKindOfHolderIsNamedOldestFirst) {
  Scene scene;
  scene.add(client(1).active(1h).sees(600'000));
  scene.prepare("o'clock", 1h, 800'000);
  scene.snapshot.replication = {{"left_behind", true, false, 900'000},
                                {"in_use", true, true, 700'000},
                                {"standby1", false, true, 650'000},
                                {"young", true, false, 10}};
  const auto findings = scene.judge(vacuum_horizon);
  ASSERT_THAT(findings, SizeIs(1));
  const auto& finding = findings.front();
  EXPECT_EQ(finding.count, 5);
  EXPECT_THAT(evidence<Lines>(finding, "held_back_by"),
              ElementsAre("replication slot left_behind (not in use): 900,000 transactions",
                          "prepared transaction 'o'clock': 800,000 transactions",
                          "replication slot in_use (in use): 700,000 transactions",
                          "standby standby1 (hot_standby_feedback): 650,000 transactions",
                          "session 1 of application \"shop\" (user alice, database shop): 600,000 transactions"));
  EXPECT_EQ(evidence<std::int64_t>(finding, "horizon_age_without_them"), 10);
  ASSERT_THAT(actions(finding), ElementsAre(Action::terminate, Action::sql, Action::sql));
  EXPECT_EQ(finding.remedies[1].statement, "SELECT pg_drop_replication_slot('left_behind');");
  EXPECT_EQ(finding.remedies[2].statement, "ROLLBACK PREPARED 'o''clock';");
  EXPECT_THAT(finding.title, HasSubstr("longest by replication slot left_behind"));
  EXPECT_THAT(finding.likely_mistake, HasSubstr("A consumer"));
}

TEST(VacuumHorizon, AWalsenderIsNotCountedTwice) {
  Scene scene;
  scene.add(client(1).active(1h).sees(600'000).kind(model::SessionKind::replication).named("standby1"));
  scene.snapshot.replication = {{"standby1", false, true, 600'000}};
  const auto findings = scene.judge(vacuum_horizon);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings.front().count, 1);
  EXPECT_THAT(findings.front().subjects, IsEmpty());
  EXPECT_THAT(findings.front().remedies, IsEmpty());
}

TEST(VacuumHorizon, TheServersOwnProcessesAreNamedButNotEnded) {
  Scene scene;
  scene.add(client(1).active(1h).sees(600'000).kind(model::SessionKind::background));
  const auto findings = scene.judge(vacuum_horizon);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(subject_pids(findings.front()), ElementsAre(1));
  EXPECT_THAT(findings.front().remedies, IsEmpty());
}

TEST(VacuumHorizon, IsCriticalFromHalfOfFreezeMaxAgeOn) {
  Scene scene;
  scene.add(client(1).active(1h).sees(99'999'999));
  EXPECT_EQ(scene.judge(vacuum_horizon).front().severity, Severity::warning);
  scene.add(client(2).active(1h).sees(100'000'000));
  EXPECT_EQ(scene.judge(vacuum_horizon).front().severity, Severity::critical);
  EXPECT_THAT(scene.judge(vacuum_horizon).front().explanation, HasSubstr("autovacuum_freeze_max_age = 200,000,000"));
  scene.snapshot.server.freeze_max_age = 0;  // not known
  EXPECT_EQ(scene.judge(vacuum_horizon).front().severity, Severity::warning);
}

TEST(VacuumHorizon, IsOneFindingAServerWithOneId) {
  Scene scene;
  scene.add(client(1).active(1h).sees(600'000));
  const auto before = scene.judge(vacuum_horizon).front().id;
  scene.snapshot.sessions.clear();
  scene.prepare("gid", 1h, 800'000);
  EXPECT_EQ(scene.judge(vacuum_horizon).front().id, before);
}

TEST(VacuumHorizon, LookAlikesStaySilent) {
  Scene scene;
  scene.add(client(1).active(1h).sees(499'999).wrote(499'999));  // below the limit
  scene.add(client(2).idle_in_transaction(1h));                  // holds nothing back
  scene.add(client(3).idle(1h));
  scene.add(client(4).active(1h).sees(900'000).kind(model::SessionKind::autovacuum));  // vacuum itself
  scene.prepare("young", 1s, 499'999);
  scene.snapshot.replication = {{"slot", true, true, 499'999}};
  EXPECT_THAT(scene.judge(vacuum_horizon), IsEmpty());
  scene.limits.max_horizon = 499'999;
  EXPECT_EQ(scene.judge(vacuum_horizon).front().count, 3);
}

}  // namespace
}  // namespace lockkeeper::rules
