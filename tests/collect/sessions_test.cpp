// What one look says about one session's transaction: its times, whether it wrote, what it holds.
#include <gmock/gmock.h>

#include "collect/looking.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using lockkeeper::testing::wait_until_state;
using model::SessionState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Sessions : public OnServer {};
LOCKKEEPER_ON_MAIN_VERSIONS(Sessions);

TEST_P(Sessions, AreNamedByWhoConnected) {
  Session client = session("post-publisher");
  Looker looker(server().url());
  const model::Snapshot snapshot = looker.look();
  const model::Session& seen = session_of(snapshot, client.pid());
  EXPECT_EQ(seen.kind, model::SessionKind::client);
  EXPECT_EQ(seen.application, "post-publisher");
  EXPECT_EQ(seen.user, "postgres");
  EXPECT_EQ(seen.database, "postgres");
  EXPECT_THAT(seen.client, StartsWith("127.0.0.1:"));
  EXPECT_TRUE(seen.superuser);
  EXPECT_EQ(seen.state, SessionState::idle);
  EXPECT_FALSE(seen.transaction);
  EXPECT_EQ(model::parse_time(client.value("SELECT backend_start AT TIME ZONE 'UTC' || '+00' FROM pg_stat_activity "
                                           "WHERE pid = pg_backend_pid()")),
            seen.id.started_at);
  EXPECT_EQ(snapshot.server.version, client.value("SHOW server_version").substr(0, snapshot.server.version.size()));
  EXPECT_EQ(snapshot.server.name, "127.0.0.1:" + std::to_string(server().port()));
  EXPECT_EQ(snapshot.server.max_connections, 100);
  EXPECT_FALSE(snapshot.server.in_recovery);
  EXPECT_TRUE(snapshot.complete());
}

TEST_P(Sessions, IdleTimeBeginsWhenTheLastStatementEnds) {
  Session client = session();
  client.exec("BEGIN");
  const auto before = Looker(server().url()).look().taken_at;
  client.exec("SELECT pg_sleep(0.5)");
  wait_until_state(observer(), client.pid(), "idle in transaction");
  const model::Snapshot snapshot = Looker(server().url()).look();
  const model::Session& seen = session_of(snapshot, client.pid());
  EXPECT_EQ(seen.state, SessionState::idle_in_transaction);
  ASSERT_TRUE(seen.state_changed_at && seen.statement_started_at && seen.transaction);
  EXPECT_GE(*seen.state_changed_at - *seen.statement_started_at, std::chrono::milliseconds(500));
  EXPECT_GE(snapshot.taken_at, *seen.state_changed_at);
  EXPECT_LE(seen.transaction->started_at, before) << "the transaction is as old as its BEGIN";
  EXPECT_GE(*seen.statement_started_at, before);
  ASSERT_TRUE(seen.statement);
  EXPECT_EQ(seen.statement->text, "SELECT pg_sleep(?)");
}

TEST_P(Sessions, ALocalClientComesFromTheLocalSocket) {
  Session client("host=" + server().socket_dir().string() + " port=" + std::to_string(server().port()) +
                 " user=postgres dbname=postgres");
  const model::Snapshot snapshot = Looker(server().url()).look();
  EXPECT_EQ(session_of(snapshot, client.pid()).client, "local socket");
}

TEST_P(Sessions, AWriterAtReadCommittedHasAnXidAndNoSnapshot) {
  Session client = session();
  client.exec("BEGIN");
  client.exec("UPDATE shop.orders SET paid = true WHERE id = 1");
  client.exec("SELECT FROM shop.items");
  const model::Snapshot snapshot = Looker(server().url()).look();
  const model::Session& seen = session_of(snapshot, client.pid());
  ASSERT_TRUE(seen.transaction);
  EXPECT_TRUE(seen.transaction->wrote);
  EXPECT_TRUE(seen.transaction->xid_age);
  EXPECT_FALSE(seen.transaction->xmin_age);
  EXPECT_THAT(locks_of(seen), ElementsAre("AccessShareLock on shop.items", "RowExclusiveLock on shop.orders"))
      << "indexes are not listed beside their tables";
}

TEST_P(Sessions, AReaderAtRepeatableReadHasASnapshotAndNoXid) {
  Session client = session();
  client.exec("BEGIN ISOLATION LEVEL REPEATABLE READ");
  client.exec("SELECT count(*) FROM shop.orders");
  Session writer = session();
  writer.exec("INSERT INTO shop.items VALUES (1)");
  writer.exec("INSERT INTO shop.items VALUES (2)");
  const model::Snapshot snapshot = Looker(server().url()).look();
  const model::Session& seen = session_of(snapshot, client.pid());
  ASSERT_TRUE(seen.transaction);
  EXPECT_FALSE(seen.transaction->wrote);
  EXPECT_FALSE(seen.transaction->xid_age);
  ASSERT_TRUE(seen.transaction->xmin_age);
  EXPECT_GE(*seen.transaction->xmin_age, 2) << "two transactions have begun since";
  EXPECT_THAT(locks_of(seen), ElementsAre("AccessShareLock on shop.orders"));
}

TEST_P(Sessions, AReaderAtReadCommittedHoldsNothingBack) {
  Session client = session();
  client.exec("BEGIN");
  client.exec("SELECT count(*) FROM shop.orders");
  const model::Snapshot snapshot = Looker(server().url()).look();
  const model::Session& seen = session_of(snapshot, client.pid());
  ASSERT_TRUE(seen.transaction);
  EXPECT_FALSE(seen.transaction->horizon_age());
}

TEST_P(Sessions, AbortedAtTopLevelHoldsNothing) {
  Session client = session();
  client.exec("BEGIN; UPDATE shop.orders SET paid = true WHERE id = 1");
  EXPECT_EQ(client.try_exec("SELECT 1 / 0"), "22012");
  wait_until_state(observer(), client.pid(), "idle in transaction (aborted)");
  const model::Snapshot snapshot = Looker(server().url()).look();
  const model::Session& seen = session_of(snapshot, client.pid());
  EXPECT_EQ(seen.state, SessionState::aborted_in_transaction);
  EXPECT_TRUE(seen.idle_in_transaction());
  EXPECT_THAT(seen.locks, IsEmpty());
  EXPECT_FALSE(seen.transaction && seen.transaction->wrote);
}

TEST_P(Sessions, AbortedInsideASavepointKeepsItsLocksAndBlocks) {
  Session client = session();
  client.exec("BEGIN; UPDATE shop.orders SET paid = true WHERE id = 1; SAVEPOINT inner_one");
  EXPECT_EQ(client.try_exec("SELECT 1 / 0"), "22012");
  wait_until_state(observer(), client.pid(), "idle in transaction (aborted)");
  Session waiter = waiting_session("UPDATE shop.orders SET paid = false WHERE id = 1");
  const model::Snapshot snapshot = Looker(server().url()).look();
  const model::Session& seen = session_of(snapshot, client.pid());
  EXPECT_EQ(seen.state, SessionState::aborted_in_transaction);
  ASSERT_TRUE(seen.transaction);
  EXPECT_TRUE(seen.transaction->wrote);
  EXPECT_THAT(locks_of(seen), ElementsAre("RowExclusiveLock on shop.orders"));
  EXPECT_THAT(pids_of(wait_of(snapshot, waiter.pid()).blocked_by), ElementsAre(client.pid()));
}

TEST_P(Sessions, ALongStatementIsMarkedAsCutOffAndItsLiteralsAreGone) {
  Session client = session();
  client.exec("BEGIN");
  std::string sql = "SELECT 'sekret'";
  while (sql.size() < 3000) sql += ", 'sekret'";
  client.exec(sql);
  const model::Snapshot snapshot = Looker(server().url()).look();
  const model::Session& seen = session_of(snapshot, client.pid());
  ASSERT_TRUE(seen.statement);
  EXPECT_TRUE(seen.statement->truncated);
  EXPECT_EQ(seen.statement->text.find("sekret"), std::string::npos) << seen.statement->text;
}

TEST_P(Sessions, WhatMayBeALiteralInAnotherReadingIsNotShown) {
  Session client = session();
  client.exec("SET standard_conforming_strings = off");
  client.exec("BEGIN");
  client.exec("SELECT 'it\\'s', 1, 'secret'");
  Looker looker(server().url());
  EXPECT_EQ(session_of(looker.look(), client.pid()).statement.value().text, "SELECT ? ...");
  client.exec("SELECT 'its', 1, 'secret'");
  EXPECT_EQ(session_of(looker.look(), client.pid()).statement.value().text, "SELECT ?, ?, ?");
}

TEST(OddServers, AQuerySizeThatIsNoWholeNumberOfKilobytesIsRead) {
  PostgresServer odd = PostgresServer::start({.settings = {{"track_activity_query_size", "1500"}}});
  Session busy(odd.url());
  busy.exec("BEGIN; SELECT 1 AS " + std::string(2000, 'x'));
  const model::Snapshot snapshot = Looker(odd.url()).look();
  EXPECT_TRUE(session_of(snapshot, busy.pid()).statement.value().truncated);
}

// 0x81, the second byte of this letter, is no character of WIN1252.
TEST(OddServers, ATextInAnotherDatabasesEncodingDoesNotFailTheLook) {
  PostgresServer server = PostgresServer::start();
  Session administrator(server.url());
  administrator.exec("CREATE DATABASE u ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
  administrator.exec("CREATE DATABASE w ENCODING 'WIN1252' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
  Session foreign(server.url("u"));
  foreign.exec("BEGIN");
  foreign.exec("SELECT 1 AS \"Á\"");
  const model::Snapshot snapshot = Looker(server.url("w")).look();
  EXPECT_THAT(session_of(snapshot, foreign.pid()).statement.value().text, ::testing::HasSubstr("Á"));
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
