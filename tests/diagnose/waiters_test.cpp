// What is released, who goes on, and roots that no longer block.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/kill.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(Waiters, ThoseBehindTheRootGoOnAndThoseBehindAnotherDoNot) {
  Scene scene;
  Session& root = scene.leak(1, "root");
  scene.leak(2, "other root");
  Session& first = scene.waiter(1);
  Session& second = scene.waiter(1);
  Session& elsewhere = scene.waiter(2);
  const Kill killed = kill(scene.url(), {"--session", scene.id_of(root), "--yes"});
  EXPECT_EQ(killed.status(), 0) << killed.finished;
  EXPECT_THAT(pids(killed.report.at("released")), UnorderedElementsAre(first.pid(), second.pid()));
  EXPECT_THAT(pids(killed.report.at("went_on")), UnorderedElementsAre(first.pid(), second.pid()));
  EXPECT_TRUE(elsewhere.is_busy());
}

TEST(Waiters, WhoWaitsForAnotherHolderTooIsNotPromised) {
  Scene scene;
  Session& one = scene.leak(1, "one");
  scene.leak(2, "two");
  Session& table = scene.session("migration", "postgres");
  table.exec("BEGIN");
  table.send("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
  wait_until_waiting(scene.observer(), table.pid());
  const Kill dry = kill(scene.url(), {"--session", scene.id_of(one)});
  EXPECT_THAT(pids(dry.report.at("released")), IsEmpty());
}

TEST(Waiters, TheTextNamesWhoWentOn) {
  Scene scene;
  scene.leak(1);
  Session& waiter = scene.waiter(1);
  const TemporaryFolder folder;
  const Finished text = lockkeeper(std::vector<std::string>{"kill", scene.url(), "--finding", find_id(scene.url()),
                                                            "--yes", "--audit", (folder.path() / "a").string()} +
                                   no_limits);
  EXPECT_EQ(text.status, 0) << text;
  EXPECT_THAT(text.out, HasSubstr("went on:        " + std::to_string(waiter.pid())));
  EXPECT_THAT(text.out, HasSubstr("audit: " + (folder.path() / "a").string()));
}

TEST(Waiters, ARootBlockerIsEndedWhileItBlocks) {
  Scene scene;
  Session& root = scene.leak(1);
  Session& waiter = scene.waiter(1);
  const Kill killed = kill(scene.url(), {"--finding", find_id(scene.url(), "root-blocker"), "--yes"});
  EXPECT_EQ(killed.status(), 0) << killed.finished;
  EXPECT_EQ(killed.outcome(root.pid()), "terminated");
  EXPECT_THAT(pids(killed.report.at("went_on")), ElementsAre(waiter.pid()));
}

TEST(Waiters, ARootThatNoLongerBlocksIsNoFindingAnyMore) {
  Scene scene;
  Session& root = scene.leak(1);
  Session& waiter = scene.waiter(1);
  const auto id = find_id(scene.url(), "root-blocker");
  scene.observer().exec("SELECT pg_cancel_backend(" + std::to_string(waiter.pid()) + ")");
  EXPECT_EQ(waiter.try_finish(), "57014");
  const Kill missed = kill(scene.url(), {"--finding", id, "--yes"});
  EXPECT_EQ(missed.status(), 1) << missed.finished;
  EXPECT_EQ(missed.report.at("error").at("code"), "no_such_finding");
  EXPECT_TRUE(scene.exists(root));
}

}  // namespace
}  // namespace lockkeeper::testing
