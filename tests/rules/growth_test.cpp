// Growth over several looks, and what it foretells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Severity;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

// A look at `count` leaked transactions, so long after the first look.
Scene leak(std::int64_t count, model::Duration later) {
  Scene scene;
  for (std::int64_t pid = 100; pid < 100 + count; ++pid)
    scene.add(client(pid).idle_in_transaction(20s).ran("SELECT 1"));
  scene.snapshot.taken_at += later;
  return scene;
}

Window window_of(const std::vector<std::pair<model::Duration, std::int64_t>>& looks) {
  Window window;
  for (const auto& [later, count] : looks) {
    const Scene scene = leak(count, later);
    window.add(scene.snapshot, scene.limits);
  }
  return window;
}

std::optional<double> growth(const Window& window) {
  return window.growth_per_minute(group_idle(leak(1, 0s).snapshot, 10s).front().key);
}

TEST(Growth, NeedsThreeLooks) {
  EXPECT_EQ(growth(window_of({})), std::nullopt);
  EXPECT_EQ(growth(window_of({{0s, 1}, {10s, 2}})), std::nullopt);
  EXPECT_DOUBLE_EQ(growth(window_of({{0s, 1}, {10s, 2}, {20s, 3}})).value(), 6);
}

TEST(Growth, IsTheMedianSlopeSoThatOneOddLookDoesNotCount) {
  EXPECT_DOUBLE_EQ(growth(window_of({{0s, 5}, {10s, 5}, {20s, 90}, {30s, 5}, {40s, 5}})).value(), 0);
  EXPECT_LT(growth(window_of({{0s, 9}, {30s, 6}, {60s, 3}})).value(), 0);
}

TEST(Growth, AGroupNotSeenBeforeWasZeroBefore) {
  EXPECT_DOUBLE_EQ(growth(window_of({{0s, 0}, {60s, 2}, {120s, 4}})).value(), 2);
  Window window = window_of({{0s, 1}, {60s, 2}, {120s, 3}});
  EXPECT_DOUBLE_EQ(window.growth_per_minute({"never seen", "", "", 0, false}).value(), 0);
}

TEST(Growth, ARestartedServerStartsANewWindow) {
  Window window = window_of({{0s, 1}, {10s, 2}, {20s, 3}});
  Scene restarted = leak(1, 30s);
  restarted.snapshot.server.started_at = look_time() + 25s;
  window.add(restarted.snapshot, restarted.limits);
  EXPECT_EQ(window.looks(), 1U);
  EXPECT_EQ(growth(window), std::nullopt);
}

TEST(Growth, AFullWindowIsThinnedAndKeepsItsReach) {
  Window window;
  for (std::size_t look = 0; look < Window::most_looks + 1; ++look) {
    const auto scene = leak(static_cast<std::int64_t>(look / 60), static_cast<std::int64_t>(look) * 1s);
    window.add(scene.snapshot, scene.limits);
  }
  EXPECT_EQ(window.looks(), Window::most_looks / 2 + 1);
  EXPECT_NEAR(growth(window).value(), 1, 0.05);
  for (std::size_t look = 0; look < 3 * Window::most_looks; ++look) {
    const auto scene = leak(1, static_cast<std::int64_t>(look) * 1s + 600s);
    window.add(scene.snapshot, scene.limits);
    ASSERT_LE(window.looks(), Window::most_looks);
  }
}

TEST(Growth, AClockSetBackSaysNothingAboutThatPair) {
  EXPECT_DOUBLE_EQ(growth(window_of({{60s, 1}, {0s, 1}, {60s, 3}})).value(), 2);
  EXPECT_EQ(growth(window_of({{20s, 1}, {10s, 2}, {0s, 3}})), std::nullopt);
  EXPECT_EQ(growth(window_of({{0s, 1}, {0s, 2}, {0s, 3}})), std::nullopt);
}

std::vector<model::Finding> judge_at(std::int64_t count, std::int64_t idle_clients, const Window& window) {
  Scene scene = leak(count, 120s);
  scene.add_idle_clients(idle_clients);
  return scene.judge(idle_transaction, window);
}

TEST(GrowthFinding, IsCriticalWhenConnectionsRunOutWithinTenMinutes) {
  const Window window = window_of({{0s, 2}, {60s, 4}, {120s, 6}});  // 2 a minute
  // 97 usable: 71 taken by others and 6 idle leave 20, gone in 10 minutes.
  auto findings = judge_at(6, 71, window);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings.front().severity, Severity::critical);
  EXPECT_DOUBLE_EQ(evidence<double>(findings.front(), "growth_per_minute"), 2);
  EXPECT_EQ(evidence<model::Duration>(findings.front(), "exhausted_in"), 10min);
  EXPECT_EQ(evidence<model::WallTime>(findings.front(), "exhausted_at"), look_time() + 120s + 10min);
  EXPECT_THAT(findings.front().explanation,
              HasSubstr("Their number grows by 2.0 a minute. At that rate no connection is left in 10 min."));
  findings = judge_at(6, 70, window);
  EXPECT_EQ(findings.front().severity, Severity::warning);
}

TEST(GrowthFinding, WithNoConnectionLeftItSaysSo) {
  const auto findings = judge_at(6, 95, window_of({{0s, 2}, {60s, 4}, {120s, 6}}));
  EXPECT_EQ(evidence<model::Duration>(findings.front(), "exhausted_in"), 0s);
  EXPECT_THAT(findings.front().explanation, HasSubstr("No connection is left for an ordinary role."));
}

TEST(GrowthFinding, NothingIsForetoldWithoutGrowthOrForADistantDay) {
  auto findings = judge_at(6, 10, window_of({{0s, 6}, {60s, 6}, {120s, 6}}));
  EXPECT_DOUBLE_EQ(evidence<double>(findings.front(), "growth_per_minute"), 0);
  EXPECT_FALSE(has_evidence(findings.front(), "exhausted_in"));
  // One more in a hundred days: centuries from now is no forecast.
  findings = judge_at(6, 10, window_of({{0s, 5}, {72000min, 5}, {144000min, 6}}));
  EXPECT_GT(evidence<double>(findings.front(), "growth_per_minute"), 0);
  EXPECT_FALSE(has_evidence(findings.front(), "exhausted_in"));
  EXPECT_THAT(findings.front().explanation, Not(HasSubstr("grows by")));
}

}  // namespace
}  // namespace lockkeeper::rules
