// Who may be at the root besides a plain transaction: an advisory lock, a savepoint, a prepared transaction, a
// snapshot.
#include <gmock/gmock.h>

#include "collect/looking.hpp"
#include "rules/blocking.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using rules::Blocking;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Blockers : public OnServer {};
LOCKKEEPER_ON_MAIN_VERSIONS(Blockers);

TEST_P(Blockers, ASessionWithoutATransactionHoldsAnAdvisoryLock) {
  Session root = session();
  root.exec("SELECT pg_advisory_lock(-42), pg_advisory_lock(-7, 8), pg_advisory_lock(4294967296)");
  Session one_key = waiting_session("SELECT pg_advisory_lock(-42)");
  Session two_keys = waiting_session("SELECT pg_advisory_xact_lock_shared(-7, 8)");
  const model::Snapshot snapshot = Looker(server().url()).look();
  const model::Session& seen = session_of(snapshot, root.pid());
  EXPECT_EQ(seen.state, model::SessionState::idle);
  EXPECT_FALSE(seen.transaction);
  EXPECT_THAT(locks_of(seen), ElementsAre("ExclusiveLock on advisory (-7, 8)", "ExclusiveLock on advisory -42",
                                          "ExclusiveLock on advisory 4294967296"));
  EXPECT_EQ(wait_of(snapshot, one_key.pid()).kind, "advisory");
  EXPECT_EQ(wait_of(snapshot, one_key.pid()).target, "advisory -42");
  EXPECT_EQ(wait_of(snapshot, two_keys.pid()).target, "advisory (-7, 8)");
  EXPECT_EQ(wait_of(snapshot, two_keys.pid()).mode, "ShareLock");
  const Blocking blocking(snapshot);
  EXPECT_THAT(pids_of(blocking.roots()), ElementsAre(root.pid()));
  EXPECT_EQ(blocking.behind(seen.id).size(), 2U);
}

TEST_P(Blockers, ARowTakenInsideASavepointIsItsSessions) {
  Session root = session();
  root.exec("BEGIN; SAVEPOINT inner_one; UPDATE shop.orders SET paid = true WHERE id = 1");
  Session waiter = waiting_session("UPDATE shop.orders SET paid = false WHERE id = 1");
  const model::Snapshot snapshot = Looker(server().url()).look();
  EXPECT_THAT(pids_of(wait_of(snapshot, waiter.pid()).blocked_by), ElementsAre(root.pid()));
  EXPECT_THAT(pids_of(Blocking(snapshot).roots()), ElementsAre(root.pid()));
}

TEST_P(Blockers, APreparedTransactionIsNamedByItsGid) {
  session().exec(
      "BEGIN; UPDATE shop.orders SET paid = true WHERE id = 1; PREPARE TRANSACTION 'order 1';"
      "BEGIN; UPDATE shop.orders SET paid = true WHERE id = 2; SELECT pg_advisory_xact_lock(5);"
      "PREPARE TRANSACTION 'order 2'");
  Session row = waiting_session("UPDATE shop.orders SET paid = false WHERE id = 1");
  Session advisory = waiting_session("SELECT pg_advisory_lock(5)");
  Session table = waiting_session("BEGIN; LOCK TABLE shop.orders IN SHARE MODE");
  const model::Snapshot snapshot = Looker(server().url()).look();
  observer().exec("ROLLBACK PREPARED 'order 1'");
  observer().exec("ROLLBACK PREPARED 'order 2'");
  EXPECT_THAT(wait_of(snapshot, row.pid()).blocked_by, ElementsAre(model::Holder("order 1")));
  EXPECT_THAT(wait_of(snapshot, advisory.pid()).blocked_by, ElementsAre(model::Holder("order 2")));
  EXPECT_THAT(wait_of(snapshot, table.pid()).blocked_by, Contains(model::Holder("order 1")));
  EXPECT_THAT(wait_of(snapshot, table.pid()).blocked_by, Contains(model::Holder("order 2")));
  ASSERT_EQ(snapshot.prepared.size(), 2U);
  const auto& first = snapshot.prepared[snapshot.prepared[0].gid == "order 1" ? 0 : 1];
  EXPECT_EQ(first.owner, "postgres");
  EXPECT_EQ(first.database, "postgres");
  EXPECT_LE(first.prepared_at, snapshot.taken_at);
  ASSERT_FALSE(first.locks.empty());
  EXPECT_EQ(first.locks[0].target, "shop.orders");
  const Blocking blocking(snapshot);
  EXPECT_THAT(pids_of(blocking.freed_by(std::vector{model::Holder("order 2")})), ElementsAre(advisory.pid()));
}

TEST_P(Blockers, APreparedTransactionsGidMayHoldAnything) {
  const std::string gid = "a, \"b\" {c} '' \\ d";
  session().exec(
      "BEGIN; UPDATE shop.orders SET paid = true WHERE id = 1; PREPARE TRANSACTION 'a, \"b\" {c} '''' \\ d'");
  Session row = waiting_session("UPDATE shop.orders SET paid = false WHERE id = 1");
  const model::Snapshot snapshot = Looker(server().url()).look();
  observer().exec("ROLLBACK PREPARED 'a, \"b\" {c} '''' \\ d'");
  EXPECT_THAT(wait_of(snapshot, row.pid()).blocked_by, ElementsAre(model::Holder(gid)));
}

TEST_P(Blockers, AConcurrentIndexBuildWaitsForAnOpenSnapshot) {
  Session reader = session();
  reader.exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM shop.items");
  Session build = waiting_session("CREATE INDEX CONCURRENTLY ON shop.orders (paid)");
  const model::Snapshot snapshot = Looker(server().url()).look();
  const model::Wait& wait = wait_of(snapshot, build.pid());
  EXPECT_EQ(wait.kind, "virtualxid");
  EXPECT_THAT(wait.target, ::testing::StartsWith("virtual transaction "));
  EXPECT_THAT(pids_of(wait.blocked_by), ElementsAre(reader.pid()));
  EXPECT_THAT(pids_of(Blocking(snapshot).roots()), ElementsAre(reader.pid()));
  reader.exec("COMMIT");
  EXPECT_EQ(build.try_finish(), "00000");
}

TEST_P(Blockers, ALockInAnotherDatabaseIsNamedWithItsDatabase) {
  observer().exec("DROP DATABASE IF EXISTS billing");
  observer().exec("CREATE DATABASE billing");
  Session other(server().url("billing"));
  other.exec("CREATE TABLE bills (id int); BEGIN; LOCK TABLE bills");
  const model::Snapshot snapshot = Looker(server().url()).look();
  const auto locks = locks_of(session_of(snapshot, other.pid()));
  ASSERT_EQ(locks.size(), 1U);
  EXPECT_THAT(locks[0], ::testing::MatchesRegex("AccessExclusiveLock on relation [0-9]+ in database billing"));
}

TEST_P(Blockers, ADeadlockThatTheServerHasNotFoundYetHasNoRootAndIsStuck) {
  Session left = session(), right = session();
  left.exec("SET deadlock_timeout = '10min'; BEGIN; UPDATE shop.orders SET paid = true WHERE id = 1");
  right.exec("SET deadlock_timeout = '10min'; BEGIN; UPDATE shop.orders SET paid = true WHERE id = 2");
  left.send("UPDATE shop.orders SET paid = true WHERE id = 2");
  right.send("UPDATE shop.orders SET paid = true WHERE id = 1");
  lockkeeper::testing::wait_until_waiting(observer(), left.pid());
  lockkeeper::testing::wait_until_waiting(observer(), right.pid());
  const model::Snapshot snapshot = Looker(server().url()).look();
  const Blocking blocking(snapshot);
  EXPECT_THAT(blocking.roots(), IsEmpty());
  std::vector<std::int64_t> both{left.pid(), right.pid()};
  std::ranges::sort(both);
  EXPECT_EQ(pids_of(blocking.stuck()), both);
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
