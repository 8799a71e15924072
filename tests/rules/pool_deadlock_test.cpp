#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/recordings.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Action;
using model::Severity;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(PoolDeadlock, UnitsThatHoldOneConnectionAndWaitForAnother) {
  const auto finding = only(requires_new(), pool_deadlock);
  EXPECT_EQ(finding.title, "4 clients wait for one another through the connection pool, the longest for 11 s");
  EXPECT_EQ(finding.severity, Severity::critical);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(evidence<std::int64_t>(finding, "waiting_for_a_connection"), 2);
  EXPECT_FALSE(evidence<bool>(finding, "with_locks"));
  const auto ring = evidence<std::vector<std::string>>(finding, "ring");
  EXPECT_THAT(ring, SizeIs(4));
  EXPECT_THAT(ring, Contains("client 11 waits for a connection of pool shop/alice, all held by clients 1, 2"));
  EXPECT_THAT(ring, Contains(HasSubstr("client 1 holds a connection in a transaction, while its unit of work")));
  EXPECT_THAT(finding.evidence.statements, SizeIs(2));
  ASSERT_THAT(actions(finding), ElementsAre(Action::close_client));
  EXPECT_EQ(finding.remedies.front().statement, "KILL_CLIENT 11;") << "the youngest of the two that wait";
  EXPECT_THAT(finding.remedies.front().predicted, HasSubstr("3 clients can go on"));
  EXPECT_THAT(finding.explanation, HasSubstr("30 s after they began"));
  EXPECT_EQ(only(requires_new().alone(), pool_deadlock).id, finding.id) << "no lock of the server is part of it";
}

TEST(PoolDeadlock, APoolAndARowLockTogether) {
  const auto finding = only(pool_and_lock(), pool_deadlock);
  EXPECT_EQ(finding.count, 3);
  EXPECT_TRUE(evidence<bool>(finding, "with_locks"));
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "ring"),
              Contains("client 1 waits for ShareLock on transaction 771, which has client 2"));
  EXPECT_THAT(subject_pids(finding), ElementsAre(1, 2));
  ASSERT_THAT(finding.evidence.statements, SizeIs(2));
  EXPECT_TRUE(finding.evidence.statements[1].running);
  EXPECT_EQ(finding.evidence.statements[1].busy, 10s);
  EXPECT_EQ(evidence<model::Duration>(finding, "in_database"), 10s + 1ms) << "waiting for a lock is no time outside";
  EXPECT_EQ(finding.remedies.front().statement, "KILL_CLIENT 3;");
  EXPECT_THAT(pool_and_lock().alone().judge(pool_deadlock), IsEmpty()) << "without the server's locks nothing is known";
}

TEST(PoolDeadlock, WhoQueuesBehindItIsStuckToo) {
  Recorded scene = requires_new();
  scene.add(recorded(30).waiting(5s));
  EXPECT_EQ(only(scene, pool_deadlock).count, 5);
  EXPECT_EQ(only(scene, pool_deadlock).id, only(requires_new().lost(1), pool_deadlock).id);
}

TEST(PoolDeadlock, OneHolderThatGoesOnFreesAll) {
  Recorded scene = requires_new();
  auto& clients = scene.recording->clients;
  clients[2].unit = model::UnitId("another");  // client 2's unit is not known to wait
  EXPECT_THAT(scene.judge(pool_deadlock), IsEmpty());
  scene = requires_new();
  scene.recording->clients[2].state = model::ClientState::active;  // or it still works
  EXPECT_THAT(scene.judge(pool_deadlock), IsEmpty());
}

TEST(PoolDeadlock, LookAlikesStaySilent) {
  Recorded room = requires_new();
  room.recording->pools.front().now.maximum_size = 3;
  EXPECT_THAT(room.judge(pool_deadlock), IsEmpty()) << "a third connection may be opened";
  Recorded untagged = requires_new();
  for (auto& client : untagged.recording->clients) client.unit = {};
  EXPECT_THAT(untagged.judge(pool_deadlock), IsEmpty()) << "whose they are is not known";
  Recorded fresh = requires_new();
  for (auto& client : fresh.recording->clients) {
    if (client.state == model::ClientState::waiting) client.state_since = look_time() - 900ms;
  }
  EXPECT_THAT(fresh.judge(pool_deadlock), IsEmpty()) << "they have just begun to wait";
  Recorded unseen = requires_new();
  unseen.recording->clients[0].server.reset();
  EXPECT_THAT(unseen.judge(pool_deadlock), IsEmpty()) << "somebody holds a connection and is not listed";
  EXPECT_THAT(dry_pool().judge(pool_deadlock), IsEmpty()) << "exhausted, but who holds it may come back";
  EXPECT_THAT(Scene().judge(pool_deadlock), IsEmpty());
}

TEST(PoolDeadlock, ARingOfLocksAloneIsTheServersToBreak) {
  Recorded scene;
  for (std::int64_t pid = 1; pid <= 2; ++pid) {
    scene.add(client(pid).active(20s));
    scene.add(recorded(static_cast<std::uint64_t>(pid)).began(30s).active("UPDATE a SET b = 1", 20s).holds(pid));
  }
  scene.wait(1, 2, 20s).wait(2, 1, 20s);
  scene.add(recorded(3).waiting(15s)).pool(2);
  EXPECT_THAT(scene.judge(pool_deadlock), IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::rules
