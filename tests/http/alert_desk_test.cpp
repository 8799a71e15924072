#include "http/alert_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockkeeper::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

model::Finding finding(const std::string& id, model::Severity severity = model::Severity::warning,
                       std::int64_t count = 1) {
  model::Finding finding;
  finding.id = model::FindingId(id);
  finding.severity = severity;
  finding.count = count;
  return finding;
}

std::vector<std::string> told(AlertDesk& desk, const std::vector<model::Finding>& findings,
                              const std::string& server = "main") {
  std::vector<std::string> lines;
  for (const auto& news : desk.look(server, findings))
    lines.push_back(news.finding.id.value() + " " + to_string(news.kind));
  return lines;
}

TEST(AlertDesk, TellsWhenAFindingComesAndWhenItGoes) {
  AlertDesk desk(model::Severity::warning, {});
  EXPECT_THAT(told(desk, {finding("a")}), ElementsAre("a opened"));
  EXPECT_THAT(told(desk, {finding("a")}), IsEmpty());
  EXPECT_THAT(told(desk, {finding("b")}), ElementsAre("b opened", "a closed"));
  EXPECT_THAT(told(desk, {}), ElementsAre("b closed"));
}

TEST(AlertDesk, WhatGrowsByOneASecondIsToldAsItDoubles) {
  AlertDesk desk(model::Severity::warning, {});
  std::vector<std::int64_t> counts;
  for (std::int64_t count = 1; count <= 70; ++count) {
    if (!told(desk, {finding("a", model::Severity::warning, count)}).empty()) counts.push_back(count);
  }
  EXPECT_THAT(counts, ElementsAre(1, 2, 4, 8, 16, 32, 64));
  EXPECT_THAT(told(desk, {finding("a", model::Severity::warning, 33)}), IsEmpty());
  EXPECT_THAT(told(desk, {finding("a", model::Severity::warning, 32)}), ElementsAre("a changed"));
}

TEST(AlertDesk, WhatGetsWorseIsTold) {
  AlertDesk desk(model::Severity::warning, {});
  EXPECT_THAT(told(desk, {finding("a")}), ElementsAre("a opened"));
  EXPECT_THAT(told(desk, {finding("a", model::Severity::critical)}), ElementsAre("a changed"));
  EXPECT_THAT(told(desk, {finding("a", model::Severity::notice)}), ElementsAre("a changed"))
      << "it was told, so this is";
}

TEST(AlertDesk, BelowTheLeastSeverityNothingIsToldUntilItRises) {
  AlertDesk desk(model::Severity::critical, {});
  EXPECT_THAT(told(desk, {finding("a")}), IsEmpty());
  EXPECT_THAT(told(desk, {finding("a", model::Severity::critical)}), ElementsAre("a opened"));
  EXPECT_THAT(told(desk, {}), ElementsAre("a closed"));
  EXPECT_THAT(told(desk, {finding("b")}), IsEmpty());
  EXPECT_THAT(told(desk, {}), IsEmpty()) << "nobody was told that it came";
}

TEST(AlertDesk, IsForItsServersAndKeepsThemApart) {
  AlertDesk desk(model::Severity::warning, {"a", "b"});
  EXPECT_THAT(told(desk, {finding("x")}, "a"), ElementsAre("x opened"));
  EXPECT_THAT(told(desk, {finding("x")}, "b"), ElementsAre("x opened"));
  EXPECT_THAT(told(desk, {finding("x")}, "c"), IsEmpty());
  EXPECT_THAT(told(desk, {}, "a"), ElementsAre("x closed"));
  EXPECT_THAT(told(desk, {finding("x")}, "b"), IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::http
