// Killing: a dry run first, then exactly those that were meant.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "diagnose/kill.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class KillEveryVersion : public ::testing::TestWithParam<PostgresVersion> {
 protected:
  Scene scene{shared_server(GetParam().major)};
};

TEST_P(KillEveryVersion, ADryRunShowsEverythingAndDoesNothing) {
  Session& leaked = scene.leak(1);
  Session& waiter = scene.waiter(1);
  const auto id = find_id(scene.url());
  const Kill dry = kill(scene.url(), {"--finding", id});
  EXPECT_EQ(dry.status(), 0) << dry.finished;
  EXPECT_EQ(dry.report.at("dry_run"), true);
  EXPECT_EQ(dry.outcome(leaked.pid()), "would_terminate");
  EXPECT_EQ(dry.target(leaked.pid()).at("session").at("wrote"), true);
  EXPECT_THAT(pids(dry.report.at("released")), ElementsAre(waiter.pid()));
  EXPECT_TRUE(dry.report.at("audit").is_null());
  EXPECT_THAT(dry.audit, IsEmpty());

  const Finished text = lockkeeper(std::vector<std::string>{"kill", scene.url(), "--finding", id} + no_limits);
  EXPECT_EQ(text.status, 0) << text;
  EXPECT_THAT(text.out, HasSubstr("UPDATE orders SET state = ")) << "doing what";
  EXPECT_THAT(text.out, HasSubstr("RowExclusiveLock on public.orders")) << "holding what";
  EXPECT_THAT(text.out, HasSubstr("yes: it is rolled back")) << "written or not";
  EXPECT_THAT(text.out, HasSubstr(std::to_string(waiter.pid()))) << "who is released";
  EXPECT_THAT(text.out, HasSubstr("nothing was done. Add --yes to act."));
  EXPECT_THAT(text.all(), Not(HasSubstr("top-secret")));
  EXPECT_TRUE(scene.exists(leaked));
  EXPECT_TRUE(waiter.is_busy());
}

TEST_P(KillEveryVersion, WithYesTheFindingsSessionsEndAndTheirTwinsSurvive) {
  Session& first = scene.leak(1);
  Session& second = scene.leak(2);
  Session& idle_twin = scene.session();
  Session& busy_twin = scene.session();
  busy_twin.send("SELECT pg_sleep(600)");
  wait_until_state(scene.observer(), busy_twin.pid(), "active");
  Session& waiter = scene.waiter(1);

  const Kill killed = kill(scene.url(), {"--finding", find_id(scene.url()), "--yes"});
  EXPECT_EQ(killed.status(), 0) << killed.finished;
  EXPECT_EQ(killed.outcome(first.pid()), "terminated");
  EXPECT_EQ(killed.outcome(second.pid()), "terminated");
  EXPECT_EQ(killed.report.at("targets").as_array().size(), 2U);
  EXPECT_FALSE(scene.exists(first)) << "gone when kill returns, not some time later";
  EXPECT_FALSE(scene.exists(second));
  EXPECT_TRUE(scene.exists(idle_twin));
  EXPECT_TRUE(busy_twin.is_busy());
  EXPECT_THAT(pids(killed.report.at("went_on")), ElementsAre(waiter.pid()));
  EXPECT_THAT(pids(killed.report.at("still_waiting")), IsEmpty());
  EXPECT_EQ(waiter.try_finish(), "00000");
}

TEST_P(KillEveryVersion, OneSessionByItsExactStart) {
  Session& meant = scene.leak(1);
  Session& twin = scene.leak(2);
  const Kill killed = kill(scene.url(), {"--session", scene.id_of(meant), "--yes"});
  EXPECT_EQ(killed.status(), 0) << killed.finished;
  EXPECT_TRUE(killed.report.at("finding").is_null());
  EXPECT_FALSE(scene.exists(meant));
  EXPECT_TRUE(scene.exists(twin));
}

TEST_P(KillEveryVersion, APidThatBelongsToAnotherNowIsNotKilled) {
  Session& innocent = scene.leak(1);
  const std::string earlier = std::to_string(innocent.pid()) + "@2020-01-01T00:00:00.000000Z";
  const Kill missed = kill(scene.url(), {"--session", earlier, "--yes"});
  EXPECT_EQ(missed.status(), 1) << missed.finished;
  EXPECT_EQ(missed.report.at("error").at("code"), "no_such_session");
  EXPECT_THAT(missed.audit, IsEmpty());
  EXPECT_TRUE(scene.exists(innocent));
  const Finished text = lockkeeper({"kill", scene.url(), "--session", earlier, "--yes"});
  EXPECT_THAT(text.error, HasSubstr("there is no session " + earlier + " now"));
}

TEST_P(KillEveryVersion, CancelEndsTheStatementAndLeavesTheSession) {
  Session& root = scene.session();
  root.exec("BEGIN");
  root.exec("UPDATE orders SET state = 'paid' WHERE id = 1");
  root.send("SELECT pg_sleep(600)");
  wait_until_state(scene.observer(), root.pid(), "active");
  scene.waiter(1);
  const Kill cancelled = kill(scene.url(), {"--finding", find_id(scene.url(), "root-blocker"), "--cancel", "--yes"});
  EXPECT_EQ(cancelled.status(), 0) << cancelled.finished;
  EXPECT_EQ(cancelled.outcome(root.pid()), "cancelled");
  EXPECT_EQ(cancelled.report.at("action"), "cancel");
  EXPECT_EQ(root.try_finish(), "57014");
  EXPECT_TRUE(scene.exists(root));
  EXPECT_EQ(cancelled.audit.back().at("outcome"), "cancelled");
}

INSTANTIATE_TEST_SUITE_P(Installed, KillEveryVersion, ::testing::ValuesIn(installed_postgres()),
                         [](const auto& instance) { return instance.param.label; });

TEST(Kill, AFindingThatIsGoneSaysWhatIsThereNow) {
  Scene scene;
  Session& leaked = scene.leak(1);
  const auto gone = find_id(scene.url());
  leaked.exec("ROLLBACK");
  const Finished nothing = lockkeeper({"kill", scene.url(), "--finding", gone, "--yes"});
  EXPECT_EQ(nothing.status, 1) << nothing;
  EXPECT_THAT(nothing.error, HasSubstr("there is no finding " + gone + " now"));
  EXPECT_THAT(nothing.error, HasSubstr("may have ended by itself"));

  scene.leak(2, "other");
  const auto there = find_id(scene.url());
  const Kill other = kill(scene.url(), {"--finding", gone, "--yes"});
  EXPECT_EQ(other.report.at("error").at("code"), "no_such_finding");
  EXPECT_THAT(string_of(other.report.at("error").at("advice")), HasSubstr("Found now: " + there));
}

TEST(Kill, WithoutTheLimitsOfTheDoctorTheFindingIsNotThere) {
  Scene scene;
  Session& leaked = scene.leak(1);
  const auto id = find_id(scene.url());
  const Finished result = lockkeeper({"kill", scene.url(), "--finding", id, "--yes"});
  EXPECT_EQ(result.status, 1) << result;
  EXPECT_THAT(result.error, HasSubstr("--min-idle"));
  EXPECT_TRUE(scene.exists(leaked));
}

TEST(Kill, TwoAtOnceEndEachSessionOnceAndNoneFails) {
  Scene scene;
  std::vector<std::int64_t> victims;
  for (int id = 1; id <= 20; ++id) victims.push_back(scene.leak(id).pid());
  const TemporaryFolder folder;
  const auto audit = folder.path() / "audit.jsonl";
  const auto arguments = std::vector<std::string>{"kill",  scene.url(), "--finding", find_id(scene.url()),
                                                  "--yes", "--json",    "--audit",   audit.string()} +
                         no_limits;
  Program one({.arguments = arguments});
  Program other({.arguments = arguments});
  std::map<std::int64_t, std::vector<std::string>> outcomes;
  for (Program* program : {&one, &other}) {
    const Finished result = program->finish();
    const auto report = parse_line(result.out);
    // The slower one may find nothing left at all, which is no failure to act but nothing to act on.
    const bool too_late = !report.at("error").is_null();
    EXPECT_EQ(result.status, too_late ? 1 : 0) << result;
    EXPECT_TRUE(!too_late || report.at("error").at("code") == "no_such_finding") << result;
    for (const auto& target : report.at("targets").as_array()) {
      outcomes[target.at("session").at("pid").as_int64()].emplace_back(target.at("outcome").as_string());
    }
  }
  for (const auto pid : victims) {
    EXPECT_THAT(outcomes[pid], Each(AnyOf("terminated", "skipped")));
    EXPECT_THAT(outcomes[pid], Contains("terminated")) << pid;
    EXPECT_TRUE(scene.observer().exec("SELECT 1 FROM pg_stat_activity WHERE pid = " + std::to_string(pid)).empty());
  }
  for (const auto& line : read_audit(audit)) EXPECT_EQ(line.at("action"), "terminate") << "lines that do not mix";
}

TEST(Kill, ItsOwnSessionIsNeverATarget) {
  Scene scene;
  // Every look is a statement of our own: were it seen, it would be found with these limits.
  const auto report = look_closely(scene.url());
  EXPECT_THAT(boost::json::serialize(report), Not(HasSubstr("\"application\":\"lockkeeper\"")));
}

}  // namespace
}  // namespace lockkeeper::testing
