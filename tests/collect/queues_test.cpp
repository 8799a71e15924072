// Chains and queues of real waiters, asked the way the rules ask: rules::Blocking.
#include <gmock/gmock.h>

#include "collect/looking.hpp"
#include "rules/blocking.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using rules::Blocking;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string update_row_1 = "UPDATE shop.orders SET paid = NOT paid WHERE id = 1";

class Queues : public OnServer {};
LOCKKEEPER_ON_MAIN_VERSIONS(Queues);

model::Holder holder(const model::Snapshot& snapshot, const Session& session) {
  return session_of(snapshot, session.pid()).id;
}

std::vector<std::int64_t> freed(const Blocking& blocking, const model::Holder& holder) {
  return pids_of(blocking.freed_by(std::vector{holder}));
}

TEST_P(Queues, ARowLockChainLeadsToItsRoot) {
  Session root = session(), middle = session();
  middle.exec("BEGIN; UPDATE shop.orders SET paid = true WHERE id = 2");
  root.exec("BEGIN; " + update_row_1);
  middle.send(update_row_1);
  lockkeeper::testing::wait_until_waiting(observer(), middle.pid());
  Session last = waiting_session("UPDATE shop.orders SET paid = false WHERE id = 2");
  const model::Snapshot snapshot = Looker(server().url()).look();
  const model::Wait& wait = wait_of(snapshot, middle.pid());
  EXPECT_EQ(wait.kind, "transactionid");
  EXPECT_EQ(wait.mode, "ShareLock");
  EXPECT_THAT(wait.target, StartsWith("transaction "));
  EXPECT_THAT(wait.target, ::testing::EndsWith("(a row of shop.orders)"));
  EXPECT_THAT(pids_of(wait.blocked_by), ElementsAre(root.pid()));
  const Blocking blocking(snapshot);
  EXPECT_THAT(pids_of(blocking.roots()), ElementsAre(root.pid()));
  std::vector<std::int64_t> both{middle.pid(), last.pid()};
  std::ranges::sort(both);
  EXPECT_EQ(pids_of(blocking.behind(holder(snapshot, root))), both);
  EXPECT_EQ(freed(blocking, holder(snapshot, root)), both);
  EXPECT_THAT(freed(blocking, holder(snapshot, middle)), ElementsAre(last.pid()));
  EXPECT_THAT(blocking.stuck(), IsEmpty());
}

TEST_P(Queues, WaitingSinceIsExactAndBeganBeforeTheLook) {
  Session root = session();
  root.exec("BEGIN; " + update_row_1);
  const auto before = Looker(server().url()).look().taken_at;
  Session waiter = waiting_session("SELECT pg_sleep(0.2); " + update_row_1);
  const auto snapshot =
      Looker(server().url())
          .look_until([&](const auto& seen) { return !wait_of(seen, waiter.pid()).since_is_upper_bound; },
                      "the server to note when the wait began");
  const model::Wait& wait = wait_of(snapshot, waiter.pid());
  ASSERT_TRUE(wait.since);
  EXPECT_GE(*wait.since - before, std::chrono::milliseconds(200)) << "not the start of the whole statement";
  EXPECT_LE(*wait.since, snapshot.taken_at);
}

TEST_P(Queues, SixtyWaitersOnOneRowAreAQueueOfLinearlyManyEdges) {
  Session root = session("root");
  root.exec("BEGIN; " + update_row_1);
  std::vector<Session> waiters;
  for (int count = 0; count < 60; ++count) {
    waiters.push_back(session("waiter"));
    waiters.back().send(update_row_1);
  }
  for (const auto& waiter : waiters) lockkeeper::testing::wait_until_waiting(observer(), waiter.pid());
  const model::Snapshot snapshot = Looker(server().url()).look();
  EXPECT_EQ(snapshot.waits.size(), waiters.size());
  std::size_t edges = 0;
  for (const auto& wait : snapshot.waits) edges += wait.blocked_by.size() + (wait.behind ? 1 : 0);
  EXPECT_LE(edges, 3 * waiters.size());
  const Blocking blocking(snapshot);
  EXPECT_THAT(pids_of(blocking.roots()), ElementsAre(root.pid()));
  EXPECT_THAT(blocking.stuck(), IsEmpty());
  EXPECT_EQ(pids_of(blocking.behind(holder(snapshot, root))), pids_of(waiters));
  EXPECT_EQ(freed(blocking, holder(snapshot, root)), pids_of(waiters));
  const auto before = snapshot.waits.front().since;
  ASSERT_TRUE(before);
}

TEST_P(Queues, AReaderBehindDdlWaitsSoftlyForTheReaderThatBlocksTheDdl) {
  Session reader = session();
  reader.exec("BEGIN; SELECT FROM shop.orders");
  Session ddl = waiting_session("ALTER TABLE shop.orders ADD COLUMN note text");
  Session behind = waiting_session("SELECT FROM shop.orders");
  const model::Snapshot snapshot = Looker(server().url()).look();
  EXPECT_EQ(wait_of(snapshot, ddl.pid()).kind, "relation");
  EXPECT_EQ(wait_of(snapshot, ddl.pid()).target, "shop.orders");
  EXPECT_EQ(wait_of(snapshot, ddl.pid()).mode, "AccessExclusiveLock");
  EXPECT_THAT(pids_of(wait_of(snapshot, behind.pid()).blocked_by), ElementsAre(ddl.pid()));
  const Blocking blocking(snapshot);
  EXPECT_THAT(pids_of(blocking.roots()), ElementsAre(reader.pid()));
  EXPECT_EQ(freed(blocking, holder(snapshot, reader)).size(), 2U);
  EXPECT_THAT(freed(blocking, holder(snapshot, ddl)), ElementsAre(behind.pid()));
}

TEST_P(Queues, ManyReadersBehindDdlDoNotWaitForOneAnother) {
  Session reader = session();
  reader.exec("BEGIN; SELECT FROM shop.orders");
  Session ddl = waiting_session("ALTER TABLE shop.orders ADD COLUMN note text");
  std::vector<Session> readers;
  for (int count = 0; count < 20; ++count) {
    readers.push_back(session());
    readers.back().send("SELECT FROM shop.orders");
  }
  for (const auto& waiter : readers) lockkeeper::testing::wait_until_waiting(observer(), waiter.pid());
  const model::Snapshot snapshot = Looker(server().url()).look();
  for (const auto& waiter : readers) {
    const model::Wait& wait = wait_of(snapshot, waiter.pid());
    EXPECT_THAT(pids_of(wait.blocked_by), ::testing::AnyOf(ElementsAre(ddl.pid()), IsEmpty()));
    EXPECT_TRUE(wait.blocked_by.empty() ? wait.behind && wait.behind->pid == ddl.pid() : !wait.behind);
  }
  const Blocking blocking(snapshot);
  EXPECT_EQ(freed(blocking, holder(snapshot, ddl)), pids_of(readers));
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
