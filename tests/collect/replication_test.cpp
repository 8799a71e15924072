// Slots that hold vacuum back, and a standby as the server looked at.
#include <gmock/gmock.h>

#include <algorithm>

#include "collect/looking.hpp"

namespace lockkeeper::collect::postgres {
namespace {

class Replication : public OnServer {};
LOCKKEEPER_ON_MAIN_VERSIONS(Replication);

TEST_P(Replication, ALogicalSlotThatNobodyReadsHoldsVacuumBack) {
  observer().exec("SELECT pg_create_logical_replication_slot('held', 'pgoutput')");
  observer().exec("INSERT INTO shop.items VALUES (1)");
  observer().exec("INSERT INTO shop.items VALUES (2)");
  const model::Snapshot snapshot = Looker(server().url()).look();
  observer().exec("SELECT pg_drop_replication_slot('held')");
  ASSERT_EQ(snapshot.replication.size(), 1U);
  EXPECT_EQ(snapshot.replication[0].name, "held");
  EXPECT_TRUE(snapshot.replication[0].slot);
  EXPECT_FALSE(snapshot.replication[0].active);
  EXPECT_GE(snapshot.replication[0].xmin_age, 2);
}

TEST_P(Replication, ASlotThatReservesOnlyFilesHoldsNothingBack) {
  observer().exec("SELECT pg_create_physical_replication_slot('files_only', true)");
  const model::Snapshot snapshot = Looker(server().url()).look();
  observer().exec("SELECT pg_drop_replication_slot('files_only')");
  EXPECT_TRUE(snapshot.replication.empty());
}

TEST(Standby, ReplayThatWaitsForAReadersLockIsAWaitOfTheStartupProcess) {
  PostgresServer primary = PostgresServer::start({.settings = {{"max_standby_streaming_delay", "-1"}}});
  PostgresServer standby = PostgresServer::start_standby(primary);
  Session writer(primary.url());
  writer.exec("CREATE TABLE shown (id int)");
  Session administrator(standby.url());
  lockkeeper::testing::wait_until(
      [&] { return !administrator.exec("SELECT FROM pg_class WHERE relname = 'shown'").empty(); },
      lockkeeper::testing::default_patience, "the table to reach the standby");
  Session reader(standby.url());
  reader.exec("BEGIN; SELECT FROM shown");
  writer.exec("ALTER TABLE shown ADD COLUMN name text");
  const std::int64_t startup =
      std::stoll(administrator.value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'"));
  Looker looker(standby.url());
  const model::Snapshot snapshot =
      looker.look_until([](const model::Snapshot& seen) { return !seen.waits.empty(); }, "the startup process to wait");
  const model::Wait& wait = wait_of(snapshot, startup);
  EXPECT_EQ(wait.target, "public.shown");
  EXPECT_EQ(wait.mode, "AccessExclusiveLock");
  EXPECT_EQ(pids_of(wait.blocked_by), std::vector<std::int64_t>{reader.pid()});
  EXPECT_EQ(session_of(snapshot, startup).kind, model::SessionKind::background);
  Session late(standby.url());
  late.send("SELECT FROM shown");
  const model::Snapshot queued = looker.look_until([](const model::Snapshot& seen) { return seen.waits.size() == 2; },
                                                   "a reader to queue behind it");
  EXPECT_EQ(pids_of(wait_of(queued, late.pid()).blocked_by), std::vector<std::int64_t>{startup});
  reader.exec("COMMIT");
  EXPECT_EQ(late.try_finish(), "00000");
}

TEST(Standby, IsLookedAtAndItsSessionsEndedAndItsFeedbackIsSeenOnThePrimary) {
  PostgresServer primary = PostgresServer::start();
  PostgresServer standby = PostgresServer::start_standby(primary);
  Session(primary.url()).exec("CREATE TABLE shown (id int); INSERT INTO shown VALUES (1)");
  Session administrator(standby.url());
  administrator.exec("ALTER SYSTEM SET hot_standby_feedback = on");
  administrator.exec("ALTER SYSTEM SET wal_receiver_status_interval = '1s'");
  administrator.exec("SELECT pg_reload_conf()");
  lockkeeper::testing::wait_until(
      [&] { return !administrator.exec("SELECT FROM pg_class WHERE relname = 'shown'").empty(); },
      lockkeeper::testing::default_patience, "the table to reach the standby");
  Session reader(standby.url());
  reader.exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM shown");
  Looker looker(standby.url());
  const model::Snapshot snapshot = looker.look();
  EXPECT_TRUE(snapshot.server.in_recovery);
  EXPECT_TRUE(snapshot.complete());
  const model::Session& seen = session_of(snapshot, reader.pid());
  EXPECT_EQ(seen.state, model::SessionState::idle_in_transaction);
  EXPECT_EQ(locks_of(seen), std::vector<std::string>{"AccessShareLock on public.shown"});
  Looker at_primary(primary.url());
  const model::Snapshot above = at_primary.look_until(
      [](const model::Snapshot& wanted) { return !wanted.replication.empty(); }, "the standby's feedback to arrive");
  EXPECT_FALSE(above.server.in_recovery);
  EXPECT_FALSE(above.replication[0].slot);
  EXPECT_TRUE(above.replication[0].active);
  EXPECT_FALSE(above.replication[0].name.empty());
  EXPECT_EQ(std::ranges::count(above.sessions, model::SessionKind::replication, &model::Session::kind), 1);
  EXPECT_EQ(looker->terminate(model::guard_for(seen, false), soon()).outcome, model::ActionOutcome::done);
  EXPECT_EQ(reader.try_exec("SELECT 1"), "08006");
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
