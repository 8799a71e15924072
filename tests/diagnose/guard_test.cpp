// The guard itself: what changes between the look and the kill survives. Played with the collector, so that the
// change falls exactly in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lockkeeper/postgres.hpp>
#include "cli/scene.hpp"
#include "collect/postgres/collector.hpp"

namespace lockkeeper::testing {
namespace {

using model::ActionOutcome;
using ::testing::StartsWith;

class GuardTest : public ::testing::TestWithParam<PostgresVersion> {
 protected:
  static Deadline soon() { return std::chrono::steady_clock::now() + default_patience; }

  model::Session seen(const Session& session) {
    const auto snapshot = collector.look(soon());
    if (!snapshot) throw std::runtime_error(snapshot.error().message);
    for (const auto& one : snapshot->sessions) {
      if (one.id.pid == session.pid()) return one;
    }
    throw std::runtime_error("the look did not see the session");
  }

  void expect_moved_on(const model::ActionResult& result, const Session& session) {
    EXPECT_EQ(result.outcome, ActionOutcome::moved_on);
    EXPECT_THAT(result.reason, StartsWith("it moved on"));
    EXPECT_TRUE(scene.exists(session));
  }

  Scene scene{shared_server(GetParam().major)};
  std::unique_ptr<Driver> driver = make_postgres_driver();
  collect::postgres::Collector collector{*driver, scene.url()};
};

TEST_P(GuardTest, ASessionThatIsAsItWasSeenIsEnded) {
  Session& leaked = scene.leak(1);
  const auto guard = model::guard_for(seen(leaked), false);
  EXPECT_EQ(collector.terminate(guard, soon()).outcome, ActionOutcome::done);
  EXPECT_FALSE(scene.exists(leaked));
}

TEST_P(GuardTest, ASessionThatBecameActiveSurvives) {
  Session& leaked = scene.leak(1);
  const auto guard = model::guard_for(seen(leaked), false);
  leaked.send("SELECT pg_sleep(600)");
  wait_until_state(scene.observer(), leaked.pid(), "active");
  expect_moved_on(collector.terminate(guard, soon()), leaked);
}

TEST_P(GuardTest, ASessionThatRanOneMoreStatementAndIsIdleAgainSurvives) {
  Session& leaked = scene.leak(1);
  const auto guard = model::guard_for(seen(leaked), false);
  leaked.exec("SELECT 1");
  wait_until_state(scene.observer(), leaked.pid(), "idle in transaction");
  expect_moved_on(collector.terminate(guard, soon()), leaked);
}

TEST_P(GuardTest, ASessionThatCommittedAndBeganAnewSurvives) {
  Session& leaked = scene.leak(1);
  const auto guard = model::guard_for(seen(leaked), false);
  leaked.exec("COMMIT");
  leaked.exec("BEGIN");
  expect_moved_on(collector.terminate(guard, soon()), leaked);
}

TEST_P(GuardTest, AReusedPidSurvives) {
  Session& leaked = scene.leak(1);
  auto guard = model::guard_for(seen(leaked), false);
  guard.session.started_at -= std::chrono::microseconds(1);
  expect_moved_on(collector.terminate(guard, soon()), leaked);
}

TEST_P(GuardTest, ASessionThatEndedByItselfIsSkipped) {
  Session& leaked = scene.leak(1);
  const auto pid = leaked.pid();
  const auto guard = model::guard_for(seen(leaked), false);
  leaked.close();
  wait_until_gone(scene.observer(), pid);
  const auto result = collector.terminate(guard, soon());
  EXPECT_EQ(result.outcome, ActionOutcome::moved_on);
}

TEST_P(GuardTest, OnlyWhileBlockingIsAskedAgain) {
  Session& root = scene.leak(1);
  Session& waiter = scene.waiter(1);
  const auto guard = model::guard_for(seen(root), true);
  scene.observer().exec("SELECT pg_cancel_backend(" + std::to_string(waiter.pid()) + ")");
  EXPECT_EQ(waiter.try_finish(), "57014");
  expect_moved_on(collector.terminate(guard, soon()), root);

  scene.waiter(1);
  EXPECT_EQ(collector.terminate(model::guard_for(seen(root), true), soon()).outcome, ActionOutcome::done);
}

TEST_P(GuardTest, AStatementThatEndedMeanwhileIsNotCancelledInItsSuccessor) {
  Session& busy = scene.session();
  busy.send("SELECT pg_sleep(600)");
  wait_until_state(scene.observer(), busy.pid(), "active");
  const auto guard = model::guard_for(seen(busy), false);
  scene.observer().exec("SELECT pg_cancel_backend(" + std::to_string(busy.pid()) + ")");
  EXPECT_EQ(busy.try_finish(), "57014");
  busy.send("SELECT pg_sleep(600)");
  wait_until_state(scene.observer(), busy.pid(), "active");
  expect_moved_on(collector.cancel(guard, soon()), busy);
  EXPECT_TRUE(busy.is_busy());
}

TEST_P(GuardTest, ASleepingTransactionIsNeverCancelled) {
  Session& leaked = scene.leak(1);
  const auto result = collector.cancel(model::guard_for(seen(leaked), false), soon());
  EXPECT_EQ(result.outcome, ActionOutcome::skipped);
  EXPECT_THAT(result.reason, StartsWith("it runs no statement"));
}

INSTANTIATE_TEST_SUITE_P(Installed, GuardTest, ::testing::ValuesIn(installed_postgres()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
