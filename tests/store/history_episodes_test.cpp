// When a finding lasts, ends, and comes back.
#include <gmock/gmock.h>

#include "store/history_contract.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::SizeIs;

class HistoryEpisodes : public HistoryContract {
 protected:
  std::vector<model::HistoryFinding> after(const std::vector<model::HistoryFinding>& news) {
    for (const auto& finding : news) append({.findings = {finding}});
    return read_all().findings;
  }
  static model::HistoryFinding ending(double first, double last, double ended) {
    auto finding = finding_seen(first, last);
    finding.ended_at = at_second(ended);
    return finding;
  }
};

TEST_P(HistoryEpisodes, WhileItLastsItIsOne) {
  auto worse = finding_seen(1, 3);
  worse.severity = model::Severity::critical;
  worse.count = 9;
  worse.title = "9 transactions are idle";
  worse.json = R"({"count": 9})";
  auto touched = finding_seen(1, 4);
  touched.json = "";
  const auto findings = after({finding_seen(1, 2), worse, touched});
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].first_seen, at_second(1));
  EXPECT_EQ(findings[0].last_seen, at_second(4));
  EXPECT_EQ(findings[0].count, 1);
  EXPECT_EQ(findings[0].json, R"({"count": 9})") << "an empty one is no news";
  EXPECT_FALSE(findings[0].ended_at);
}

TEST_P(HistoryEpisodes, ARestartOfOursDoesNotBeginItAnew) {
  const auto findings = after({finding_seen(1, 2), finding_seen(60, 61)});
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].first_seen, at_second(1));
  EXPECT_EQ(findings[0].last_seen, at_second(61));
}

TEST_P(HistoryEpisodes, AfterItsEndItComesBackAsAnother) {
  const auto findings = after({finding_seen(1, 2), ending(1, 5, 6), finding_seen(20, 20)});
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].ended_at, at_second(6));
  EXPECT_EQ(findings[0].last_seen, at_second(5));
  EXPECT_EQ(findings[1].first_seen, at_second(20));
  EXPECT_FALSE(findings[1].ended_at);
}

TEST_P(HistoryEpisodes, WhoRemembersTheFirstTimeOfAllBeginsAnotherToo) {
  const auto findings = after({ending(1, 5, 6), finding_seen(1, 20), finding_seen(1, 21)});
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[1].first_seen, at_second(20));
  EXPECT_EQ(findings[1].last_seen, at_second(21));
}

TEST_P(HistoryEpisodes, LateNewsOfOneThatHasEndedDoNotReviveIt) {
  const auto findings = after({ending(1, 5, 6), finding_seen(1, 4), ending(1, 5, 6)});
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].ended_at, at_second(6));
  EXPECT_EQ(findings[0].last_seen, at_second(5));
}

TEST_P(HistoryEpisodes, OneThatNobodySawForLongEndedThen) {
  const double later = 16 * 60;
  const auto findings = after({finding_seen(1, 5), finding_seen(later + 5, later + 5)});
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].ended_at, at_second(5));
  EXPECT_EQ(findings[1].first_seen, at_second(later + 5));
}

TEST_P(HistoryEpisodes, ATrimEndsThoseThatNobodySees) {
  append({.findings = {finding_seen(1, 5, "silent"), finding_seen(1, 600, "seen")}});
  trim(at_second(16 * 60 + 5));
  const auto findings = read_all().findings;
  ASSERT_THAT(findings, SizeIs(2));
  for (const auto& finding : findings) {
    EXPECT_EQ(finding.ended_at.has_value(), finding.id.value() == "silent");
  }
}

TEST_P(HistoryEpisodes, ServersHaveTheirOwn) {
  auto other = finding_seen(2, 3);
  other.server = "replica";
  EXPECT_THAT(after({finding_seen(1, 2), other}), SizeIs(2));
}

INSTANTIATE_TEST_SUITE_P(Stores, HistoryEpisodes, ::testing::ValuesIn(store_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
