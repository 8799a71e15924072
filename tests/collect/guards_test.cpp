// Every way in which a session can have moved on between the look and the action: nothing is done to it.
#include <gmock/gmock.h>

#include <functional>

#include "collect/looking.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using model::ActionOutcome;
using ::testing::HasSubstr;

const std::string update_row_1 = "UPDATE shop.orders SET paid = NOT paid WHERE id = 1";

class Guards : public OnServer {
 protected:
  void SetUp() override {
    OnServer::SetUp();
    target_ = std::make_unique<Session>(session("target"));
    target_->exec("BEGIN; " + update_row_1);
    looker_ = std::make_unique<Looker>(server().url());
    guard_ = model::guard_for(session_of(looker_->look(), target_->pid()), false);
  }

  // The session as it was before the case did something to it.
  model::Guard& guard() { return guard_; }
  Session& target() { return *target_; }
  Looker& looker() { return *looker_; }

  void expect_skipped() {
    const auto result = looker()->terminate(guard(), soon());
    EXPECT_EQ(result.outcome, ActionOutcome::moved_on);
    EXPECT_THAT(result.reason, HasSubstr("it moved on"));
    EXPECT_TRUE(has_session(looker().look(), target().pid())) << "it lives";
  }

 private:
  std::unique_ptr<Session> target_;
  std::unique_ptr<Looker> looker_;
  model::Guard guard_;
};
LOCKKEEPER_ON_MAIN_VERSIONS(Guards);

TEST_P(Guards, AnUntouchedSessionIsStillAsItWas) {
  const auto result = looker()->terminate(guard(), soon());
  EXPECT_EQ(result.outcome, ActionOutcome::done) << result.reason;
}

TEST_P(Guards, AnotherStatementHasRun) {
  target().exec("SELECT 1");
  expect_skipped();
  EXPECT_EQ(target().try_exec("COMMIT"), "00000");
}

TEST_P(Guards, AStatementIsRunning) {
  target().send("SELECT pg_sleep(3600)");
  lockkeeper::testing::wait_until_state(observer(), target().pid(), "active");
  expect_skipped();
  EXPECT_TRUE(target().is_busy());
}

TEST_P(Guards, TheTransactionHasEnded) {
  target().exec("COMMIT");
  expect_skipped();
}

TEST_P(Guards, AnotherTransactionHasBegun) {
  target().exec("COMMIT");
  target().exec("BEGIN; " + update_row_1);
  expect_skipped();
  EXPECT_EQ(target().try_exec("COMMIT"), "00000");
}

TEST_P(Guards, TheTransactionHasFailed) {
  EXPECT_EQ(target().try_exec("SELECT 1 / 0"), "22012");
  expect_skipped();
}

TEST_P(Guards, EachPartOfTheGuardCounts) {
  const model::Guard sound = guard();
  const auto moment = std::chrono::microseconds(1);
  const std::vector<std::function<void(model::Guard&)>> changes{
      [&](model::Guard& wrong) { wrong.session.started_at += moment; },  // the pid came again
      [&](model::Guard& wrong) { *wrong.transaction_started_at -= moment; },
      [&](model::Guard& wrong) { *wrong.state_changed_at -= moment; },
      [](model::Guard& wrong) { wrong.transaction_started_at.reset(); },
      [](model::Guard& wrong) { wrong.state_changed_at.reset(); },
      [](model::Guard& wrong) { wrong.state = model::SessionState::idle; },
      [](model::Guard& wrong) { wrong.state = model::SessionState::hidden; },
      [this](model::Guard& wrong) { wrong.session.pid = observer().pid(); }};
  for (const auto& change : changes) {
    guard() = sound;
    change(guard());
    expect_skipped();
  }
  EXPECT_EQ(target().try_exec("COMMIT"), "00000");
  EXPECT_EQ(observer().try_exec("SELECT 1"), "00000");
}

TEST_P(Guards, NobodyWaitsAnyMore) {
  guard().only_while_blocking = true;
  {
    Session waiter = waiting_session(update_row_1);
    const model::Snapshot snapshot = looker().look();
    guard() = model::guard_for(session_of(snapshot, target().pid()), true);
    ASSERT_FALSE(snapshot.waits.empty());
    waiter.abort();
  }
  // Who waits for a lock does not notice that its client has gone.
  observer().exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'waiter'");
  static_cast<void>(looker().look_until([](const auto& seen) { return seen.waits.empty(); }, "the waiter to go"));
  expect_skipped();
  EXPECT_EQ(target().try_exec("COMMIT"), "00000");
}

TEST_P(Guards, SomebodyStillWaitsFarBackInTheQueue) {
  guard().only_while_blocking = true;
  std::vector<Session> waiters;
  for (int count = 0; count < 3; ++count) waiters.push_back(waiting_session(update_row_1));
  const auto result = looker()->terminate(guard(), soon());
  EXPECT_EQ(result.outcome, ActionOutcome::done) << result.reason;
  for (auto& waiter : waiters) EXPECT_EQ(waiter.try_finish(), "00000");
}

TEST_P(Guards, AnOrdinaryRoleSeesThatAnotherRolesSessionWaitsForItsOwn) {
  observer().exec("DROP ROLE IF EXISTS app; CREATE ROLE app LOGIN; DROP ROLE IF EXISTS other; CREATE ROLE other LOGIN");
  target().exec("ROLLBACK");
  Session root(server().url("postgres", "app"));
  root.exec("BEGIN; " + update_row_1);
  Looker app(server().url("postgres", "app"));
  const auto own = model::guard_for(session_of(app.look(), root.pid()), true);
  EXPECT_EQ(app->terminate(own, soon()).outcome, ActionOutcome::moved_on) << "nobody waits yet";
  Session waiter(server().url("postgres", "other"));
  waiter.send(update_row_1);
  lockkeeper::testing::wait_until_waiting(observer(), waiter.pid());
  const auto result = app->terminate(own, soon());
  EXPECT_EQ(result.outcome, ActionOutcome::done) << result.reason;
  EXPECT_EQ(waiter.try_finish(), "00000");
}

TEST_P(Guards, AStatementThatEndedByItselfIsNotCancelledAndNorIsTheNext) {
  observer().exec("SELECT pg_advisory_lock(77)");
  target().send("SELECT pg_advisory_xact_lock(77)");
  lockkeeper::testing::wait_until_waiting(observer(), target().pid());
  guard() = model::guard_for(session_of(looker().look(), target().pid()), false);
  EXPECT_EQ(guard().state, model::SessionState::active);
  observer().exec("SELECT pg_advisory_unlock(77)");
  target().finish();
  target().send("SELECT pg_sleep(3600)");
  lockkeeper::testing::wait_until_state(observer(), target().pid(), "active");
  const auto result = looker()->cancel(guard(), soon());
  EXPECT_EQ(result.outcome, ActionOutcome::moved_on) << result.reason;
  EXPECT_TRUE(target().is_busy());
}

TEST_P(Guards, TheObserverNeverEndsItself) {
  const auto rows = observer().exec(
      "SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') "
      "FROM pg_stat_activity WHERE application_name = 'lockkeeper'");
  ASSERT_FALSE(rows.empty());
  for (const auto& row : rows) {
    model::Guard own;
    own.session = {std::stoll(row.at(0).value()), model::parse_time(row.at(1).value()).value()};
    own.state = model::SessionState::active;
    EXPECT_EQ(looker()->terminate(own, soon()).outcome, ActionOutcome::moved_on);
  }
  EXPECT_EQ(looker()->terminate(guard(), soon()).outcome, ActionOutcome::done) << "on the same connection";
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
