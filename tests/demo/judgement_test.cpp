#include "demo/judgement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockkeeper::demo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t healthy = 99;

model::Finding finding(const std::string& rule, const std::vector<std::int64_t>& sessions) {
  model::Finding finding;
  finding.rule = model::RuleId(rule);
  finding.title = "2 transactions of application \"shop-webhook\" are idle";
  finding.evidence.items.push_back({"last_statement", std::string("SELECT name FROM product WHERE id = ?")});
  finding.likely_mistake = "A read opened the transaction and nothing ended it.";
  finding.fix = "End it on every path.";
  for (const auto id : sessions) finding.subjects.emplace_back().id.pid = id;
  return finding;
}

model::Diagnosis of(std::vector<model::Finding> findings) {
  model::Diagnosis diagnosis;
  diagnosis.findings = std::move(findings);
  return diagnosis;
}

const Truth truth{
    .rule = "idle-transaction", .sessions = {11, 12}, .also = {}, .words = {"shop-webhook", "FROM product"}};

TEST(Judgement, TakesTheRuleOfExactlyTheSessionsAtFault) {
  const auto diagnosis = of({finding("long-transaction", {7}), finding("idle-transaction", {12, 11})});
  const Judgement judgement = judge(diagnosis, truth, healthy);
  EXPECT_EQ(judgement.finding, &diagnosis.findings[1]);
  EXPECT_THAT(judgement.missing, IsEmpty());
  EXPECT_THAT(judgement.unnamed, IsEmpty());
  EXPECT_THAT(rules_of(diagnosis, judgement), ElementsAre("idle-transaction", "long-transaction"));
}

TEST(Judgement, IsNotContentWithFewerMoreOrOtherSessions) {
  for (const std::vector<std::int64_t>& sessions : {std::vector<std::int64_t>{11}, {11, 12, 13}, {11, 13}}) {
    const auto diagnosis = of({finding("idle-transaction", sessions)});
    EXPECT_THAT(judge(diagnosis, truth, healthy).missing, HasSubstr("sessions 11, 12 was expected"));
  }
  EXPECT_THAT(judge(of({}), truth, healthy).missing, HasSubstr("said was: nothing"));
}

TEST(Judgement, IsNotContentWithAnotherRule) {
  EXPECT_THAT(judge(of({finding("slow-holder", {11, 12})}), truth, healthy).missing,
              HasSubstr("said was: slow-holder of sessions 11, 12"));
}

TEST(Judgement, TellsALookThatFailed) {
  model::Diagnosis diagnosis;
  diagnosis.failure = model::LookFailure{"deadline", "the server did not answer", ""};
  EXPECT_THAT(judge(diagnosis, truth, healthy).missing, HasSubstr("the server did not answer"));
}

TEST(Judgement, SeesAnAccusedHealthySession) {
  const auto diagnosis = of({finding("idle-transaction", {11, 12}), finding("root-blocker", {healthy})});
  EXPECT_THAT(judge(diagnosis, truth, healthy).missing, HasSubstr("the healthy session 99 is accused"));
}

TEST(Judgement, WantsTheOtherRulesOfThatApplication) {
  Truth more = truth;
  more.also = {"foreign-commit"};
  auto of_another = finding("foreign-commit", {});
  of_another.title = "1 COMMIT of application \"billing\"";
  EXPECT_THAT(judge(of({finding("idle-transaction", {11, 12}), of_another}), more, healthy).missing,
              HasSubstr("foreign-commit was expected beside it"));
  const auto diagnosis = of({finding("idle-transaction", {11, 12}), finding("foreign-commit", {})});
  const Judgement judgement = judge(diagnosis, more, healthy);
  EXPECT_THAT(judgement.missing, IsEmpty());
  EXPECT_THAT(judgement.also, ElementsAre(&diagnosis.findings[1]));
}

TEST(Judgement, WantsEveryWordAndTheMistakeNamed) {
  Truth more = truth;
  more.words.push_back("INSERT INTO profile");
  EXPECT_EQ(judge(of({finding("idle-transaction", {11, 12})}), more, healthy).unnamed,
            "nothing names \"INSERT INTO profile\"");
  auto silent = finding("idle-transaction", {11, 12});
  silent.likely_mistake.clear();
  EXPECT_THAT(judge(of({silent}), truth, healthy).unnamed, HasSubstr("the mistake"));
}

}  // namespace
}  // namespace lockkeeper::demo
