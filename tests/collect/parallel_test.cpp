// A parallel query is one session, whatever number of processes run it.
#include <gmock/gmock.h>

#include "collect/looking.hpp"

namespace lockkeeper::collect::postgres {
namespace {

class Parallel : public OnServer {
 protected:
  // A statement that a worker runs and that ends when it is cancelled. A worker is there before it has its lock.
  void run_in_parallel(Session& leader) {
    leader.exec(GetParam().major >= 16 ? "SET debug_parallel_query = on" : "SET force_parallel_mode = on");
    leader.exec("BEGIN");
    leader.send("SELECT pg_sleep(3600) FROM shop.orders LIMIT 1");
    const std::string locks =
        "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.granted AND "
        "l.relation = 'shop.orders'::regclass AND a.leader_pid = " +
        std::to_string(leader.pid());
    lockkeeper::testing::wait_until([&] { return observer().value(locks) == "1"; },
                                    lockkeeper::testing::default_patience, "the parallel worker's lock");
  }
};
LOCKKEEPER_ON_MAIN_VERSIONS(Parallel);

TEST_P(Parallel, WorkersAreFoldedIntoTheirLeaderWithTheirLocks) {
  Session leader = session("report");
  run_in_parallel(leader);
  const model::Snapshot snapshot = Looker(server().url()).look();
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
  Session ddl = waiting_session("ALTER TABLE shop.orders ADD COLUMN note text");
  const model::Snapshot snapshot = looker.look();
  EXPECT_EQ(pids_of(wait_of(snapshot, ddl.pid()).blocked_by), std::vector{leader.pid()});
  const auto result = looker->terminate(model::guard_for(session_of(snapshot, leader.pid()), true), soon());
  EXPECT_EQ(result.outcome, model::ActionOutcome::done) << result.reason;
  EXPECT_EQ(ddl.try_finish(), "00000");
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
