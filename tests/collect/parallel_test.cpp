// A parallel query is one session, whatever number of processes run it.
#include <gmock/gmock.h>

#include "collect/looking.hpp"

namespace lockkeeper::collect::postgres {
namespace {

class Parallel : public OnServer {
 protected:
  // A statement that a worker runs and that ends when it is cancelled.
  void run_in_parallel(Session& leader) const {
    leader.exec(GetParam().major >= 16 ? "SET debug_parallel_query = on" : "SET force_parallel_mode = on");
    leader.exec("BEGIN");
    leader.send("SELECT pg_sleep(3600) FROM shop.orders LIMIT 1");
  }
};
LOCKKEEPER_ON_MAIN_VERSIONS(Parallel);

TEST_P(Parallel, WorkersAreFoldedIntoTheirLeaderWithTheirLocks) {
  Session leader = session("report");
  run_in_parallel(leader);
  Looker looker(server().url());
  const model::Snapshot snapshot = looker.look_until(
      [&](const auto& seen) { return session_of(seen, leader.pid()).parallel_workers > 0; }, "a parallel worker");
  const model::Session& seen = session_of(snapshot, leader.pid());
  EXPECT_EQ(seen.parallel_workers, 1);
  EXPECT_EQ(std::ranges::count(snapshot.sessions, "report", &model::Session::application), 1);
  ASSERT_EQ(locks_of(seen), std::vector<std::string>{"AccessShareLock on shop.orders"});
  EXPECT_EQ(seen.locks[0].count, 2) << "its own and the worker's";
}

TEST_P(Parallel, WhoeverWaitsForAWorkersLockWaitsForItsLeader) {
  Session leader = session("report");
  run_in_parallel(leader);
  Looker looker(server().url());
  static_cast<void>(looker.look_until(
      [&](const auto& seen) { return session_of(seen, leader.pid()).parallel_workers > 0; }, "a parallel worker"));
  Session ddl = waiting_session("ALTER TABLE shop.orders ADD COLUMN note text");
  const model::Snapshot snapshot = looker.look();
  EXPECT_EQ(pids_of(wait_of(snapshot, ddl.pid()).blocked_by), std::vector{leader.pid()});
  const auto result = looker->terminate(model::guard_for(session_of(snapshot, leader.pid()), true), soon());
  EXPECT_EQ(result.outcome, model::ActionOutcome::done) << result.reason;
  EXPECT_EQ(ddl.try_finish(), "00000");
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
