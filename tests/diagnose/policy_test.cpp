#include "diagnose/policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/views.hpp"

namespace lockkeeper::diagnose {
namespace {

using namespace std::chrono_literals;
using test::client;
using test::Draft;
using test::Scene;
using test::view_of;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::chrono::steady_clock::time_point start{1000h};

Policy forgotten() {
  return {.name = "forgotten",
          .enabled = true,
          .rule = model::RuleId("idle-transaction"),
          .servers = {},
          .action = model::Action::terminate,
          .min_age = 1min,
          .only_if_blocking = false,
          .max_rollback_rows = 1'000,
          .max_per_hour = 100,
          .exclude_applications = {},
          .exclude_users = {},
          .include_superusers = false};
}

Draft leak(std::int64_t pid, model::Duration silent = 5min) {
  return client(pid).idle_in_transaction(silent).ran("UPDATE a SET b = 1").wrote();
}

std::vector<Decision> decide(const Scene& scene, const Policy& policy) {
  // The pointers of a decision are into these.
  static std::vector<std::shared_ptr<View>> views;
  static std::deque<std::vector<Policy>> policies;
  views.push_back(view_of(scene));
  policies.push_back({policy});
  PolicyDesk desk;
  return desk.decide(policies.back(), *views.back(), start);
}

std::string reason_of(const Scene& scene, const Policy& policy) {
  const auto decisions = decide(scene, policy);
  EXPECT_THAT(decisions, SizeIs(1));
  if (decisions.empty()) return "";
  EXPECT_FALSE(decisions.front().act);
  return decisions.front().reason;
}

TEST(Policy, ActsOnWhatTheFindingIsAbout) {
  Scene scene;
  scene.add(leak(1)).add(client(2).idle(1h));
  const auto decisions = decide(scene, forgotten());
  ASSERT_THAT(decisions, SizeIs(1));
  EXPECT_TRUE(decisions[0].act);
  EXPECT_EQ(decisions[0].session->id.pid, 1);
  EXPECT_EQ(decisions[0].reason, decisions[0].finding->title);
}

TEST(Policy, WaitsUntilASessionIsOldEnough) {
  Scene scene;
  scene.add(leak(1, 59s));
  EXPECT_THAT(decide(scene, forgotten()), IsEmpty()) << "it will be decided on when it is a minute old";
}

TEST(Policy, IsForItsRuleAndItsServersAlone) {
  Scene scene;
  scene.add(leak(1));
  Policy other = forgotten();
  other.rule = model::RuleId("root-blocker");
  EXPECT_THAT(decide(scene, other), IsEmpty());
  Policy elsewhere = forgotten();
  elsewhere.servers = {"billing"};
  EXPECT_THAT(decide(scene, elsewhere), IsEmpty());
  elsewhere.servers = {"billing", "main"};
  EXPECT_THAT(decide(scene, elsewhere), SizeIs(1));
}

TEST(Policy, SaysWhyItLeavesOneAlone) {
  const auto one = [](const Draft& draft) {
    Scene scene;
    scene.add(draft);
    return scene;
  };
  Policy policy = forgotten();
  EXPECT_EQ(reason_of(one(leak(1).superuser()), policy), "its user is a superuser");
  policy.include_superusers = true;
  EXPECT_TRUE(decide(one(leak(1).superuser()), policy).at(0).act);

  policy.exclude_applications = {"backup*", "shop"};
  EXPECT_EQ(reason_of(one(leak(1)), policy), "application \"shop\" is excluded");
  policy.exclude_applications = {};
  policy.exclude_users = {"al*"};
  EXPECT_EQ(reason_of(one(leak(1)), policy), "user \"alice\" is excluded");
  policy.exclude_users = {"al"};
  EXPECT_TRUE(decide(one(leak(1)), policy).at(0).act);

  policy.only_if_blocking = true;
  EXPECT_EQ(reason_of(one(leak(1)), policy), "nobody waits for it");
  Scene blocking = one(leak(1));
  blocking.add(client(2).active(5s)).wait(2, 1, 5s);
  EXPECT_TRUE(decide(blocking, policy).at(0).act);

  policy = forgotten();
  EXPECT_EQ(reason_of(one(leak(1).named("pg_dump")), policy), "it is a backup");
  policy.action = model::Action::cancel;
  EXPECT_EQ(reason_of(one(leak(1)), policy), "it runs no statement that could be cancelled");
}

TEST(Policy, LeavesWhoHasMuchToRollBack) {
  Scene scene;
  scene.add(leak(1));
  scene.snapshot.sessions.front().transaction->rows_modified = 1'001;
  EXPECT_THAT(reason_of(scene, forgotten()), HasSubstr("1001 rows to roll back, more than 1000"));
}

TEST(Policy, DecidesOnceAndAgainWhenTheReasonChanges) {
  Policy policy = forgotten();
  policy.only_if_blocking = true;
  const std::vector<Policy> policies{policy};
  Scene scene;
  scene.add(leak(1));
  PolicyDesk desk;
  const auto alone = view_of(scene);
  EXPECT_THAT(desk.decide(policies, *alone, start), SizeIs(1));
  EXPECT_THAT(desk.decide(policies, *alone, start + 1s), IsEmpty()) << "it has been said";
  scene.add(client(2).active(5s)).wait(2, 1, 5s);
  const auto blocking = view_of(scene);
  const auto decisions = desk.decide(policies, *blocking, start + 2s);
  ASSERT_THAT(decisions, SizeIs(1));
  EXPECT_TRUE(decisions[0].act) << "now somebody waits";
  EXPECT_THAT(desk.decide(policies, *blocking, start + 3s), IsEmpty()) << "it is being ended";
}

TEST(Policy, DoesNoMoreThanItsLimitAnHour) {
  Policy policy = forgotten();
  policy.max_per_hour = 2;
  const std::vector<Policy> policies{policy};
  Scene scene;
  for (const std::int64_t pid : {1, 2, 3}) scene.add(leak(pid));
  PolicyDesk desk;
  const auto view = view_of(scene);
  const auto decisions = desk.decide(policies, *view, start);
  ASSERT_THAT(decisions, SizeIs(3));
  EXPECT_EQ(std::ranges::count(decisions, true, &Decision::act), 2);
  EXPECT_EQ(decisions.back().reason, "2 sessions were acted on within the hour, which is the limit");
  EXPECT_THAT(desk.decide(policies, *view, start + 59min), IsEmpty());
  const auto later = desk.decide(policies, *view, start + 1h);
  ASSERT_THAT(later, SizeIs(1));
  EXPECT_TRUE(later[0].act) << "the hour is over";
}

TEST(Policy, ADryRunTakesNothingAwayFromWhatItBecomes) {
  Policy policy = forgotten();
  policy.enabled = false;
  policy.max_per_hour = 1;
  Scene scene;
  scene.add(leak(1));
  const auto view = view_of(scene);
  PolicyDesk desk;
  const std::vector<Policy> dry{policy};
  EXPECT_TRUE(desk.decide(dry, *view, start).at(0).act);
  policy.enabled = true;
  const std::vector<Policy> wet{policy};
  const auto decisions = desk.decide(wet, *view, start + 1s);
  ASSERT_THAT(decisions, SizeIs(1)) << "the session was only talked about";
  EXPECT_TRUE(decisions[0].act) << "and so was the hour's limit";
}

TEST(Policy, DoesNothingBySightOfYesterday) {
  Scene scene;
  scene.add(leak(1));
  auto view = view_of(scene);
  view->diagnosis.failure = model::LookFailure{"unreachable", "it is down", ""};
  PolicyDesk desk;
  const std::vector<Policy> policies{forgotten()};
  EXPECT_THAT(desk.decide(policies, *view, start), IsEmpty());
}

TEST(Policy, APatternMayEndWithAStar) {
  EXPECT_TRUE(matches("a*", "abc"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("abc", "abc"));
  EXPECT_FALSE(matches("abc", "abcd"));
  EXPECT_FALSE(matches("a*c", "abc")) << "a star elsewhere is a letter";
  EXPECT_FALSE(matches("", "a"));
}

}  // namespace
}  // namespace lockkeeper::diagnose
