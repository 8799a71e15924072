// Ending and cancelling sessions that are still as they were seen: the effect, and who may not.
#include <gmock/gmock.h>

#include <array>
#include <thread>

#include "collect/looking.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using model::ActionOutcome;
using model::guard_for;
using ::testing::HasSubstr;

const std::string update_row_1 = "UPDATE shop.orders SET paid = NOT paid WHERE id = 1";

class Actions : public OnServer {
 protected:
  void SetUp() override {
    OnServer::SetUp();
    looker_ = std::make_unique<Looker>(server().url());
  }
  Looker& looker() { return *looker_; }

  // The session as it is now.
  [[nodiscard]] model::Guard guard_of(const Session& session, bool only_while_blocking = false) {
    return guard_for(session_of(looker_->look(), session.pid()), only_while_blocking);
  }
  void make_role(const std::string& name, const std::string& grants) {
    observer().exec("DROP ROLE IF EXISTS " + name + "; CREATE ROLE " + name + " LOGIN " + grants);
  }

 private:
  std::unique_ptr<Looker> looker_;
};
LOCKKEEPER_ON_MAIN_VERSIONS(Actions);

TEST_P(Actions, TerminateEndsAnIdleTransactionAndItsWaiterGoesOn) {
  Session idle = session();
  idle.exec("BEGIN; " + update_row_1);
  Session waiter = waiting_session(update_row_1);
  const auto result = looker()->terminate(guard_of(idle, true), soon());
  EXPECT_EQ(result.outcome, ActionOutcome::done) << result.reason;
  EXPECT_EQ(observer().value("SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(idle.pid())), "0")
      << "gone when the call returns";
  EXPECT_EQ(waiter.try_finish(), "00000");
  EXPECT_EQ(idle.try_exec("COMMIT"), "08006");
}

TEST_P(Actions, TerminateEndsASessionThatIsOnlyIdleAndOneThatIsAborted) {
  Session idle = session(), aborted = session();
  EXPECT_EQ(aborted.try_exec("BEGIN; SELECT 1 / 0"), "22012");
  lockkeeper::testing::wait_until_state(observer(), aborted.pid(), "idle in transaction (aborted)");
  for (Session* target : {&idle, &aborted}) {
    const auto guard = guard_of(*target);
    const auto result = looker()->terminate(guard, soon());
    // A transaction that failed before it was begun by a statement of its own has another state than was seen.
    EXPECT_EQ(result.outcome, ActionOutcome::done) << to_string(guard.state) << ": " << result.reason;
  }
}

TEST_P(Actions, TerminateEndsAnActiveStatement) {
  Session busy = session();
  busy.send("SELECT pg_sleep(3600)");
  lockkeeper::testing::wait_until_state(observer(), busy.pid(), "active");
  EXPECT_EQ(looker()->terminate(guard_of(busy), soon()).outcome, ActionOutcome::done);
  EXPECT_EQ(busy.try_finish(), "08006");
}

TEST_P(Actions, CancelEndsTheStatementAndLeavesTheSession) {
  Session busy = session();
  busy.send("SELECT pg_sleep(3600)");
  lockkeeper::testing::wait_until_state(observer(), busy.pid(), "active");
  const auto result = looker()->cancel(guard_of(busy), soon());
  EXPECT_EQ(result.outcome, ActionOutcome::done) << result.reason;
  EXPECT_EQ(busy.try_finish(), "57014");
  EXPECT_EQ(busy.try_exec("SELECT 1"), "00000");
}

TEST_P(Actions, CancelDoesNotTouchASleepingTransaction) {
  Session idle = session();
  idle.exec("BEGIN; " + update_row_1);
  const auto result = looker()->cancel(guard_of(idle), soon());
  EXPECT_EQ(result.outcome, ActionOutcome::skipped);
  EXPECT_THAT(result.reason, HasSubstr("runs no statement"));
  EXPECT_EQ(idle.try_exec("COMMIT"), "00000");
}

TEST_P(Actions, ARoleThatMayNotSignalIsDeniedAndToldWhatToGrant) {
  make_role("watcher", "IN ROLE pg_monitor");
  make_role("shopper", "");
  Session idle(server().url("postgres", "shopper"));
  idle.exec("BEGIN; SELECT 1");
  Looker watcher(server().url("postgres", "watcher"));
  const auto guard = guard_for(session_of(watcher.look(), idle.pid()), false);
  const auto denied = watcher->terminate(guard, soon());
  EXPECT_EQ(denied.outcome, ActionOutcome::denied);
  EXPECT_THAT(denied.reason, HasSubstr("GRANT pg_signal_backend"));
  EXPECT_EQ(idle.try_exec("SELECT 1"), "00000") << "it lives";
  const auto moved_on = watcher->terminate(guard, soon());
  EXPECT_EQ(moved_on.outcome, ActionOutcome::moved_on) << "who had moved on is not even asked for";
  observer().exec("GRANT pg_signal_backend TO watcher");
  const auto fresh = guard_for(session_of(watcher.look(), idle.pid()), false);
  EXPECT_EQ(watcher->terminate(fresh, soon()).outcome, ActionOutcome::done);
}

TEST_P(Actions, OnlyASuperuserMayEndASuperusersSession) {
  make_role("watcher", "IN ROLE pg_monitor, pg_signal_backend");
  Session idle = session();
  idle.exec("BEGIN");
  Looker watcher(server().url("postgres", "watcher"));
  const auto result = watcher->terminate(guard_for(session_of(watcher.look(), idle.pid()), false), soon());
  EXPECT_EQ(result.outcome, ActionOutcome::denied);
  EXPECT_THAT(result.reason, HasSubstr("superuser"));
  EXPECT_EQ(idle.try_exec("COMMIT"), "00000");
}

TEST_P(Actions, AnOrdinaryRoleMayEndItsOwnButNoHiddenSession) {
  make_role("shopper", "");
  Session own(server().url("postgres", "shopper"));
  Session foreign = session();
  own.exec("BEGIN; SELECT 1");
  foreign.exec("BEGIN; SELECT 1");
  Looker shopper(server().url("postgres", "shopper"));
  const model::Snapshot snapshot = shopper.look();
  const auto hidden = shopper->terminate(guard_for(session_of(snapshot, foreign.pid()), false), soon());
  EXPECT_EQ(hidden.outcome, ActionOutcome::moved_on) << "nobody knows in what state it was";
  EXPECT_EQ(foreign.try_exec("COMMIT"), "00000");
  const auto mine = shopper->terminate(guard_for(session_of(snapshot, own.pid()), false), soon());
  EXPECT_EQ(mine.outcome, ActionOutcome::done) << mine.reason;
}

TEST_P(Actions, TwoWhoEndTheSameSessionAtOnceBothFindItGone) {
  Session idle = session();
  idle.exec("BEGIN; " + update_row_1);
  const model::Guard guard = guard_of(idle);
  std::array<model::ActionResult, 2> results;
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&result, &guard, url = server().url()] {
        Looker own(url);
        result = own->terminate(guard, soon());
      });
    }
  }
  for (const auto& result : results) {
    EXPECT_TRUE(result.outcome == ActionOutcome::done || result.outcome == ActionOutcome::moved_on) << result.reason;
  }
  EXPECT_TRUE(results[0].outcome == ActionOutcome::done || results[1].outcome == ActionOutcome::done);
  EXPECT_FALSE(has_session(looker().look(), idle.pid()));
}

TEST(ActionFaults, AServerThatHangsLeavesTheOutcomeUnknownAndKeepsTheDeadline) {
  PostgresServer server = PostgresServer::start();
  Session idle(server.url());
  idle.exec("BEGIN; SELECT 1");
  Looker looker(server.url());
  const auto guard = guard_for(session_of(looker.look(), idle.pid()), false);
  server.pause();
  const auto start = std::chrono::steady_clock::now();
  const auto result = looker->terminate(guard, in(std::chrono::seconds(2)));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  server.resume();
  EXPECT_EQ(result.outcome, ActionOutcome::unknown) << result.reason;
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
