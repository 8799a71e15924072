// Every supported version that this machine has: looked at, a chain of waiters seen, a session ended.
#include <gmock/gmock.h>

#include <algorithm>

#include "collect/looking.hpp"
#include "rules/blocking.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string update_row_1 = "UPDATE shop.orders SET paid = NOT paid WHERE id = 1";

class EveryVersion : public OnServer {};

INSTANTIATE_TEST_SUITE_P(Installed, EveryVersion, ::testing::ValuesIn(lockkeeper::testing::installed_postgres()),
                         [](const auto& instance) { return instance.param.label; });

TEST_P(EveryVersion, IsLookedAtWithAWaitingChainAndItsRootIsEnded) {
  Session root = session("root");
  root.exec("BEGIN; " + update_row_1);
  const auto before = Looker(server().url()).look().taken_at;
  Session waiter = waiting_session(update_row_1);
  Looker looker(server().url());
  const model::Snapshot snapshot = looker.look_until(
      [&](const auto& seen) { return GetParam().major < 14 || !wait_of(seen, waiter.pid()).since_is_upper_bound; },
      "the server to note when the wait began");
  EXPECT_TRUE(snapshot.server.version.starts_with(std::to_string(GetParam().major) + "."));
  EXPECT_TRUE(snapshot.complete());
  const model::Wait& wait = wait_of(snapshot, waiter.pid());
  EXPECT_THAT(pids_of(wait.blocked_by), ElementsAre(root.pid()));
  EXPECT_EQ(wait.since_is_upper_bound, GetParam().major < 14) << "13 does not say when a wait began";
  ASSERT_TRUE(wait.since);
  EXPECT_GE(*wait.since, before);
  EXPECT_LE(*wait.since, snapshot.taken_at);
  const auto result = looker->terminate(model::guard_for(session_of(snapshot, root.pid()), true), soon());
  EXPECT_EQ(result.outcome, model::ActionOutcome::done) << result.reason;
  EXPECT_EQ(root.try_exec("SELECT 1"), "08006");
  EXPECT_EQ(waiter.try_finish(), "00000");
  EXPECT_FALSE(has_session(looker.look(), root.pid()));
}

// The queue's order is not that in which its sessions connected, which is all that 13 shows of it.
TEST_P(EveryVersion, AQueueInTheOppositeOrderOfItsPidsHasOneRootAndNoRing) {
  Session root = session("root");
  root.exec("BEGIN; " + update_row_1);
  std::vector<Session> waiters;
  for (int count = 0; count < 20; ++count) waiters.push_back(session("waiter"));
  std::ranges::sort(waiters, std::greater<>(), &Session::pid);
  for (auto& waiter : waiters) {
    waiter.send(update_row_1);
    lockkeeper::testing::wait_until_waiting(observer(), waiter.pid());
  }
  const model::Snapshot snapshot = Looker(server().url()).look();
  const rules::Blocking blocking(snapshot);
  EXPECT_THAT(pids_of(blocking.roots()), ElementsAre(root.pid()));
  EXPECT_THAT(blocking.stuck(), IsEmpty());
  const model::Holder holder = session_of(snapshot, root.pid()).id;
  EXPECT_EQ(pids_of(blocking.freed_by(std::vector{holder})), pids_of(waiters));
  std::size_t edges = 0;
  for (const auto& wait : snapshot.waits) edges += wait.blocked_by.size() + (wait.behind ? 1 : 0);
  EXPECT_LE(edges, 3 * waiters.size());
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
