// Locks, waits, parallel workers and prepared transactions: who they are ascribed to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "collect/made_rows.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> described(const std::vector<model::HeldLock>& locks) {
  std::vector<std::string> result;
  for (const auto& lock : locks) result.push_back(lock.mode + " on " + lock.target + " x" + std::to_string(lock.count));
  std::ranges::sort(result);
  return result;
}

WaitingRow waiting(std::int64_t pid, const LockRow& lock, std::optional<std::vector<std::int64_t>> blockers) {
  return {lock, pid, 1, noon - std::chrono::seconds(2), std::move(blockers)};
}

TEST(ToModelLocks, SessionsComeInTheOrderOfTheirIds) {
  LookRows rows = quiet_server();
  rows.activity = {client(3, "idle"), client(1, "idle"), client(2, "idle")};
  const model::Snapshot snapshot = model_of(rows);
  EXPECT_TRUE(std::ranges::is_sorted(snapshot.sessions, {}, &model::Session::id));
  for (const std::int64_t pid : {1, 2, 3}) EXPECT_NE(snapshot.find(id_of(pid)), nullptr) << pid;
  EXPECT_EQ(snapshot.find(id_of(4)), nullptr);
}

TEST(ToModelLocks, EachHolderGetsTheLockAndTheSameOneIsCounted) {
  LookRows rows = quiet_server();
  rows.activity = {client(1, "idle in transaction"), client(2, "idle in transaction")};
  rows.held = {{relation_lock("shop.orders", "RowExclusiveLock"), {1, 2}, {}},
               {relation_lock("shop.items", "AccessShareLock"), {2, 99}, {}},
               {relation_lock("shop.orders", "RowExclusiveLock"), {2}, {}}};
  const model::Snapshot snapshot = model_of(rows);
  EXPECT_THAT(described(session_in(snapshot, 1).locks), ElementsAre("RowExclusiveLock on shop.orders x1"));
  EXPECT_THAT(described(session_in(snapshot, 2).locks),
              ElementsAre("AccessShareLock on shop.items x1", "RowExclusiveLock on shop.orders x2"));
}

TEST(ToModelLocks, ParallelWorkersAreFoldedIntoTheirLeader) {
  LookRows rows = quiet_server();
  rows.activity = {worker(12, 1), client(1, "active"), worker(11, 1), client(2, "idle in transaction")};
  rows.held = {{relation_lock("shop.orders", "AccessShareLock"), {1, 11, 12}, {}}};
  rows.waiting = {waiting(11, relation_lock("shop.items", "AccessShareLock"), {{2}}),
                  waiting(3, relation_lock("shop.orders", "AccessExclusiveLock"), {{11, 1}})};
  rows.activity.push_back(client(3, "active"));
  const model::Snapshot snapshot = model_of(rows);
  EXPECT_EQ(snapshot.sessions.size(), 3U);
  const model::Session leader = session_in(snapshot, 1);
  EXPECT_EQ(leader.parallel_workers, 2);
  EXPECT_THAT(described(leader.locks), ElementsAre("AccessShareLock on shop.orders x3"));
  ASSERT_EQ(snapshot.waits.size(), 2U);
  for (const auto& wait : snapshot.waits) {
    const bool of_worker = wait.target == "shop.items";
    EXPECT_EQ(wait.waiter, id_of(of_worker ? 1 : 3));
    for (const auto& holder : wait.blocked_by) EXPECT_EQ(holder, model::Holder(id_of(of_worker ? 2 : 1)));
  }
}

TEST(ToModelLocks, AWorkerWhoseLeaderHasGoneIsForgotten) {
  LookRows rows = quiet_server();
  rows.activity = {worker(12, 1)};
  rows.held = {{relation_lock("shop.orders", "AccessShareLock"), {12}, {}}};
  EXPECT_THAT(model_of(rows).sessions, IsEmpty());
}

LookRows with_prepared() {
  LookRows rows = quiet_server();
  rows.activity = {client(1, "active")};
  rows.prepared = {{77, 5, "order 7", noon - std::chrono::hours(2), "app", "shop"},
                   {78, 4, "order 8", noon - std::chrono::hours(1), "app", "shop"}};
  rows.held = {{transaction_lock(77, "ExclusiveLock"), {}, {"-1/77"}},
               {transaction_lock(78, "ExclusiveLock"), {}, {"-1/78"}},
               {relation_lock("shop.orders", "RowExclusiveLock"), {}, {"-1/77", "-1/78"}},
               {relation_lock("shop.items", "AccessShareLock"), {1}, {"-1/78", "-1/79"}}};
  return rows;
}

TEST(ToModelLocks, PreparedTransactionsOwnTheirLocksByTheirVirtualIds) {
  const model::Snapshot snapshot = model_of(with_prepared());
  ASSERT_EQ(snapshot.prepared.size(), 2U);
  EXPECT_EQ(snapshot.prepared[0].gid, "order 7");
  EXPECT_EQ(snapshot.prepared[0].owner, "app");
  EXPECT_EQ(snapshot.prepared[0].prepared_at, noon - std::chrono::hours(2));
  EXPECT_EQ(snapshot.prepared[0].xid_age, 5);
  EXPECT_THAT(described(snapshot.prepared[0].locks), ElementsAre("RowExclusiveLock on shop.orders x1"));
  EXPECT_THAT(described(snapshot.prepared[1].locks),
              ElementsAre("AccessShareLock on shop.items x1", "RowExclusiveLock on shop.orders x1"));
}

TEST(ToModelLocks, AWaitForAPreparedTransactionNamesItByItsGid) {
  LookRows rows = with_prepared();
  rows.waiting = {waiting(1, transaction_lock(78, "ShareLock"), {{0}})};
  const model::Snapshot snapshot = model_of(rows);
  ASSERT_EQ(snapshot.waits.size(), 1U);
  EXPECT_THAT(snapshot.waits[0].blocked_by, ElementsAre(model::Holder("order 8")));
}

TEST(ToModelLocks, OnlyPreparedTransactionsWithAConflictingModeAreMeant) {
  LookRows rows = with_prepared();
  rows.waiting = {waiting(1, relation_lock("shop.orders", "ShareLock"), {{0}})};
  EXPECT_THAT(model_of(rows).waits.at(0).blocked_by, ElementsAre(model::Holder("order 7"), model::Holder("order 8")));
  rows.waiting = {waiting(1, relation_lock("shop.items", "ShareLock"), {{0}})};
  EXPECT_THAT(model_of(rows).waits, IsEmpty()) << "AccessShareLock lets ShareLock in: the blocker has gone";
}

TEST(ToModelLocks, AStartupProcessWaitsForTheSessionsThatHoldTheLockInAConflictingMode) {
  LookRows rows = quiet_server();
  rows.activity = {client(1, "idle in transaction"), client(2, "active"), worker(12, 2), client(9, "")};
  rows.activity.back().backend_type = "startup";
  rows.held = {{relation_lock("shop.orders", "AccessShareLock"), {1, 2, 12, 9}, {}},
               {relation_lock("shop.items", "AccessShareLock"), {1}, {}}};
  rows.waiting = {waiting(9, relation_lock("shop.orders", "AccessExclusiveLock"), {std::vector<std::int64_t>{}})};
  const model::Snapshot snapshot = model_of(rows);
  ASSERT_EQ(snapshot.waits.size(), 1U);
  EXPECT_EQ(snapshot.waits[0].waiter, id_of(9));
  EXPECT_THAT(snapshot.waits[0].blocked_by, ElementsAre(model::Holder(id_of(1)), model::Holder(id_of(2))));
  rows.waiting[0].lock.mode = "RowShareLock";
  EXPECT_THAT(model_of(rows).waits, IsEmpty()) << "no holder excludes it";
}

TEST(ToModelLocks, AWaitWithoutItsTimeFallsBackOnTheStatementsStart) {
  LookRows rows = quiet_server();
  rows.activity = {client(1, "active"), client(2, "idle in transaction"), client(3, "active")};
  rows.waiting = {waiting(1, relation_lock("shop.orders", "ShareLock"), {{2}}),
                  waiting(3, relation_lock("shop.items", "ShareLock"), {{2}})};
  rows.waiting[0].since.reset();
  const model::Snapshot snapshot = model_of(rows);
  for (const auto& wait : snapshot.waits) {
    const bool unknown = wait.waiter == id_of(1);
    EXPECT_EQ(wait.since_is_upper_bound, unknown);
    EXPECT_EQ(wait.since, noon - std::chrono::seconds(unknown ? 5 : 2));
  }
}

TEST(ToModelLocks, AWaitForATransactionNamesTheRowsTable) {
  LookRows rows = quiet_server();
  rows.activity = {client(1, "active"), client(2, "idle in transaction")};
  LockRow tuple = relation_lock("a row of shop.orders", "ExclusiveLock");
  tuple.kind = "tuple";
  rows.held = {{tuple, {1}, {}}};
  rows.waiting = {waiting(1, transaction_lock(771, "ShareLock"), {{2}})};
  EXPECT_EQ(model_of(rows).waits.at(0).target, "transaction 771 (a row of shop.orders)");
}

TEST(ToModelLocks, SlotsAndStandbysThatHoldVacuumBackAreCopied) {
  LookRows rows = quiet_server();
  rows.slots = {{"slot_1", false, 1000}};
  ActivityRow standby = client(7, "active"), quiet_standby = client(8, "active");
  standby.backend_type = quiet_standby.backend_type = "walsender";
  standby.xmin_age = 7;
  rows.activity = {standby, quiet_standby};
  const model::Snapshot snapshot = model_of(rows);
  ASSERT_EQ(snapshot.replication.size(), 2U);
  EXPECT_EQ(snapshot.replication[0].name, "slot_1");
  EXPECT_TRUE(snapshot.replication[0].slot);
  EXPECT_FALSE(snapshot.replication[0].active);
  EXPECT_EQ(snapshot.replication[0].xmin_age, 1000);
  EXPECT_EQ(snapshot.replication[1].name, "post-publisher");
  EXPECT_FALSE(snapshot.replication[1].slot);
  EXPECT_TRUE(snapshot.replication[1].active);
  EXPECT_EQ(snapshot.replication[1].xmin_age, 7);
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
