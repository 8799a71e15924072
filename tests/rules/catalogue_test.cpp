// What holds for all rules together.
#include "rules/catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "rules/gap_cases.hpp"
#include "rules/recordings.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A bad night: every rule has something to say.
Scene everything() {
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s).ran("UPDATE a SET b = 1").wrote(600'000));
  scene.add(client(2).active(20s)).wait(2, 1, 20s);
  scene.add(client(3).named("jobs").aborted(1min)).add(client(4).named("jobs").aborted(2min));
  scene.add(client(5).named("report").active(10min).ran("SELECT 1"));
  scene.prepare("gid", 1h);
  return scene.add_idle_clients(80);
}

// What the rule says about the bad night, about every golden case of a recorder and about what was learnt.
std::vector<model::Finding> findings_of(Rule rule) {
  auto findings = everything().judge(rule);
  for (const auto& recorded : recorded_cases())
    std::ranges::move(recorded.scene.judge(rule), std::back_inserter(findings));
  for (const auto& scene : gap_cases()) std::ranges::move(scene.judge(rule), std::back_inserter(findings));
  return findings;
}

TEST(Catalogue, EveryRuleHasItsPage) {
  for (const auto& entry : catalogue()) {
    const auto page = std::filesystem::path(LOCKKEEPER_SOURCE_DIR) / "docs/rules" / (std::string(entry.id) + ".md");
    std::ifstream file(page);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_THAT(text, HasSubstr("# " + std::string(entry.id))) << page;
    for (const auto& finding : findings_of(entry.rule)) {
      if (!finding.evidence.statements.empty()) {
        EXPECT_THAT(text, HasSubstr("`statements`")) << page;
      }
      for (const auto& item : finding.evidence.items) {
        const bool duration = std::holds_alternative<model::Duration>(item.value);
        EXPECT_THAT(text, HasSubstr("`" + item.name + (duration ? "_ms`" : "`"))) << page << " explains its evidence";
      }
    }
  }
}

TEST(Catalogue, EveryRuleFindsUnderItsOwnNameAndSaysEverything) {
  for (const auto& entry : catalogue()) {
    const auto findings = findings_of(entry.rule);
    EXPECT_THAT(findings, Not(IsEmpty())) << entry.id;
    for (const auto& finding : findings) {
      EXPECT_EQ(finding.rule.value(), entry.id);
      EXPECT_TRUE(finding.id.value().starts_with(std::string(entry.id) + "-"));
      for (const auto* text : {&finding.title, &finding.explanation, &finding.likely_mistake, &finding.fix}) {
        EXPECT_FALSE(text->empty()) << entry.id;
        EXPECT_THAT(*text, Not(HasSubstr("  "))) << entry.id;
      }
      EXPECT_FALSE(finding.title.ends_with("."));
      EXPECT_GT(finding.count, 0);
    }
  }
}

TEST(Judge, SortsBySeverityThenCountThenId) {
  const auto findings = everything().judge_all();
  ASSERT_GE(findings.size(), 7U) << "the rules that need no recorder";
  for (std::size_t index = 1; index < findings.size(); ++index) {
    const auto& before = findings[index - 1];
    const auto& after = findings[index];
    EXPECT_GE(before.severity, after.severity);
    if (before.severity != after.severity) continue;
    EXPECT_GE(before.count, after.count);
    if (before.count == after.count) {
      EXPECT_LT(before.id, after.id);
    }
  }
}

TEST(Judge, DatesEveryFindingByTheLook) {
  for (const auto& finding : everything().judge_all()) {
    EXPECT_EQ(finding.first_seen, look_time());
    EXPECT_EQ(finding.last_seen, look_time());
  }
}

TEST(Judge, IdsDependOnNoTime) {
  for (const auto& recorded : recorded_cases()) {
    Recorded later = recorded.scene;
    later.recording->taken_at += 1s;
    later.snapshot.taken_at += 1s;
    std::set<std::string> before;
    for (const auto& finding : recorded.scene.judge_all()) before.insert(finding.id.value());
    for (const auto& finding : later.judge_all()) before.erase(finding.id.value());
    EXPECT_THAT(before, IsEmpty()) << recorded.name;
  }
}

TEST(Judge, AHealthyRecorderHasNoFinding) {
  Recorded scene;
  scene.add(client(1).active(20ms)).add(recorded(1).began(80ms).active("SELECT 1", 20ms).holds(1));
  scene.add(recorded(2).began(3ms).ran("UPDATE a SET b = 1", 2ms).holds(2)).add(recorded(3).idle(1h));
  scene.add(recorded(4).waiting(1ms)).pool(2);
  auto usual = recorded(5).unit("trace");
  usual.began(30ms).ran("SELECT 1", 20ms);
  scene.ends(usual, model::TransactionEnd::committed, 10ms);
  EXPECT_THAT(scene.judge_all(), IsEmpty());
  EXPECT_THAT(scene.alone().judge_all(), IsEmpty());
}

TEST(Judge, AHealthyServerHasNoFinding) {
  Scene scene;
  scene.add(client(1).active(20ms)).add(client(2).idle_in_transaction(3ms).wrote()).add(client(3).active(300ms));
  scene.wait(3, 2, 300ms).prepare("gid", 1s, 3).add_idle_clients(40);
  EXPECT_THAT(scene.judge_all(), IsEmpty());
  EXPECT_THAT(Scene().judge_all(), IsEmpty());
}

TEST(Judge, OfSessionsThatCannotBeSeenNothingIsClaimed) {
  Scene scene;
  for (std::int64_t pid = 1; pid <= 60; ++pid) scene.add(client(pid).hidden());
  EXPECT_THAT(scene.judge_all(), IsEmpty());
}

TEST(Judge, ASleepingTransactionIsNeverToBeCancelled) {
  for (const auto& finding : everything().judge_all()) {
    const bool sleeping = std::ranges::any_of(finding.subjects, &model::Session::idle_in_transaction);
    if (!sleeping) continue;
    EXPECT_THAT(actions(finding), Each(Not(model::Action::cancel))) << finding.id.value();
  }
}

}  // namespace
}  // namespace lockkeeper::rules
