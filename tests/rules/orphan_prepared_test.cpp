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
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(OrphanPrepared, AnOldOneIsFoundAndLeftToAHuman) {
  Scene scene;
  scene.prepare("it's 7", 6min, 4000);
  const auto findings = scene.judge(orphan_prepared);
  ASSERT_THAT(findings, SizeIs(1));
  const auto& finding = findings.front();
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.count, 1);
  EXPECT_EQ(finding.title, "1 prepared transaction of user bob in database shop is unfinished for 6 min");
  EXPECT_THAT(finding.subjects, IsEmpty());
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "gids"), ElementsAre("it's 7"));
  EXPECT_EQ(evidence<model::Duration>(finding, "oldest_prepared"), 6min);
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "locks"), ElementsAre("RowExclusiveLock on public.orders"));
  EXPECT_EQ(evidence<std::int64_t>(finding, "horizon_age"), 4000);
  EXPECT_EQ(evidence<std::int64_t>(finding, "blocks"), 0);
  ASSERT_THAT(actions(finding), ElementsAre(Action::sql));
  EXPECT_EQ(finding.remedies.front().statement, "ROLLBACK PREPARED 'it''s 7';");
  EXPECT_THAT(finding.remedies.front().predicted, HasSubstr("COMMIT PREPARED"));
}

TEST(OrphanPrepared, IsCriticalOnceSomebodyWaitsForIt) {
  Scene scene;
  scene.prepare("a", 6min).prepare("b", 7min).add(client(3).active(5s)).add(client(4).active(5s));
  scene.wait(3, {std::string("a"), std::string("b")}, 5s).wait(4, 3, 5s);
  const auto findings = scene.judge(orphan_prepared);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings.front().severity, Severity::critical);
  EXPECT_EQ(evidence<std::int64_t>(findings.front(), "blocks"), 2) << "each is counted once";
  EXPECT_THAT(evidence<std::vector<std::int64_t>>(findings.front(), "blocked"), ElementsAre(3, 4));
}

TEST(OrphanPrepared, IsGroupedByOwnerAndDatabaseOldestFirst) {
  Scene scene;
  scene.prepare("young", 6min, 9000).prepare("old", 2h, 100).prepare("hers", 10min, 1, "carol");
  const auto findings = scene.judge(orphan_prepared);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].title,
            "2 prepared transactions of user bob in database shop are unfinished, the oldest for 2 h");
  EXPECT_THAT(evidence<std::vector<std::string>>(findings[0], "gids"), ElementsAre("old", "young"));
  EXPECT_EQ(evidence<std::int64_t>(findings[0], "horizon_age"), 9000) << "the greatest, whosever it is";
  EXPECT_NE(findings[0].id, findings[1].id);
  Scene later;
  later.prepare("another", 20min);
  EXPECT_EQ(later.judge(orphan_prepared).front().id, findings[0].id);
}

TEST(OrphanPrepared, OfManyTenAreSpelledOutAndAllAreListed) {
  Scene scene;
  for (int index = 0; index < 25; ++index) scene.prepare("gid-" + std::to_string(index), 1h);
  const auto findings = scene.judge(orphan_prepared);
  EXPECT_EQ(findings.front().count, 25);
  EXPECT_THAT(evidence<std::vector<std::string>>(findings.front(), "gids"), SizeIs(25));
  EXPECT_THAT(actions(findings.front()), SizeIs(10));
  EXPECT_THAT(actions(findings.front()), Each(Action::sql));
}

TEST(OrphanPrepared, LookAlikesStaySilent) {
  Scene scene;
  scene.prepare("just now", 4min + 59s, 10'000'000);  // its manager is about to finish it
  EXPECT_THAT(scene.judge(orphan_prepared), IsEmpty());
  scene.limits.max_prepared_age = 4min;
  EXPECT_THAT(scene.judge(orphan_prepared), SizeIs(1));
  EXPECT_THAT(Scene().judge(orphan_prepared), IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::rules
