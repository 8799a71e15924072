// What MySQL's rows mean: states, transactions, waits and what is missing.
#include "collect/mysql/to_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "collect/mysql/made_rows.hpp"

namespace lockkeeper::collect::mysql::testing {
namespace {

using model::SessionState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Origin origin{"9.7.4", "127.0.0.1:3306", "shop"};

model::SessionId id(std::int64_t session) { return {session, server_start}; }

const model::Session& session_of(const model::Snapshot& snapshot, std::int64_t session) {
  const model::Session* found = snapshot.find(id(session));
  if (found == nullptr) throw std::runtime_error("no such session");
  return *found;
}

const model::Wait& wait_of(const model::Snapshot& snapshot, std::int64_t session) {
  return *std::ranges::find(snapshot.waits, id(session), &model::Wait::waiter);
}

TEST(MysqlToModel, QuietServer) {
  const auto snapshot = to_model(quiet_server(), origin);
  EXPECT_EQ(snapshot.server.product, "MySQL");
  EXPECT_EQ(snapshot.server.engine(), model::Engine::mysql);
  EXPECT_EQ(snapshot.server.started_at, server_start);
  EXPECT_EQ(snapshot.server.usable_connections(), 151);
  EXPECT_EQ(snapshot.taken_at, noon);
  EXPECT_EQ(snapshot.observer_role, "monitor@%");
  EXPECT_THAT(snapshot.sessions, IsEmpty());
  EXPECT_TRUE(snapshot.complete());
  EXPECT_THAT(snapshot.missing, IsEmpty());
  EXPECT_EQ(to_model(quiet_server(model::Engine::mariadb), origin).server.product, "MariaDB");
}

TEST(MysqlToModel, SleepIsIdleOrIdleInTransaction) {
  LookRows rows = quiet_server();
  add_session(rows, 7, "Sleep", 90s);
  add_session(rows, 8, "Sleep", 12'345ms);
  add_transaction(rows, 8, 60s, 12);
  const auto snapshot = to_model(rows, origin);
  EXPECT_EQ(session_of(snapshot, 7).state, SessionState::idle);
  EXPECT_FALSE(session_of(snapshot, 7).transaction);
  const model::Session& open = session_of(snapshot, 8);
  EXPECT_EQ(open.state, SessionState::idle_in_transaction);
  EXPECT_EQ(open.state_changed_at, noon - 12'345ms) << "performance_schema tells more than whole seconds";
  EXPECT_EQ(open.client, "10.0.0.7:50000");
  EXPECT_EQ(open.kind, model::SessionKind::client);
  ASSERT_TRUE(open.transaction);
  EXPECT_EQ(open.transaction->started_at, noon - 60s);
  EXPECT_TRUE(open.transaction->wrote);
  EXPECT_EQ(open.transaction->rows_modified, 12);
  EXPECT_EQ(open.transaction->tables_locked, 1);
  EXPECT_FALSE(open.transaction->xid_age) << "nothing of vacuum here";
}

TEST(MysqlToModel, TransactionThatHasTouchedNothingIsSeenByItsEventAlone) {
  LookRows rows = quiet_server();
  add_session(rows, 8, "Sleep", 30s);
  add_transaction_event(rows, 8, 31s);
  const auto snapshot = to_model(rows, origin);
  const model::Session& session = session_of(snapshot, 8);
  EXPECT_EQ(session.state, SessionState::idle_in_transaction);
  EXPECT_EQ(session.transaction->started_at, noon - 31s);
  EXPECT_FALSE(session.transaction->rows_modified);
  EXPECT_FALSE(session.transaction->wrote);
}

TEST(MysqlToModel, WithoutTheThreadsTimesTheProcessListsSecondsCount) {
  LookRows rows = quiet_server();
  add_session(rows, 8, "Sleep", 12'345ms);
  rows.statement_times.back().has_ended = false;  // it ran when it was read, and slept when the process list was
  EXPECT_EQ(session_of(to_model(rows, origin), 8).state_changed_at, noon - 12s);
  rows.statement_times.clear();
  EXPECT_EQ(session_of(to_model(rows, origin), 8).state_changed_at, noon - 12s);
}

TEST(MysqlToModel, ActiveSessionShowsItsStatementWithoutLiterals) {
  LookRows rows = quiet_server();
  add_session(rows, 8, "Query", 3s, "UPDATE post SET title = 'secret' WHERE id = 4711").state = "updating";
  const auto snapshot = to_model(rows, origin);
  const model::Session& session = session_of(snapshot, 8);
  EXPECT_EQ(session.state, SessionState::active);
  EXPECT_EQ(session.statement_started_at, noon - 3s);
  EXPECT_EQ(session.statement->text, "UPDATE post SET title = ? WHERE id = ?");
  EXPECT_FALSE(session.statement->truncated);
  EXPECT_EQ(session.wait_event, "");
}

TEST(MysqlToModel, LongTextsAreCutByTheServer) {
  LookRows rows = quiet_server();
  const std::string text = "SELECT " + std::string(1017, 'x');
  ASSERT_EQ(text.size(), 1024);
  add_session(rows, 8, "Query", 3s, text);
  EXPECT_TRUE(session_of(to_model(rows, origin), 8).statement->truncated);
  rows.engine = model::Engine::mariadb;  // whose process list has it whole
  EXPECT_FALSE(session_of(to_model(rows, origin), 8).statement->truncated);
}

TEST(MysqlToModel, ServersOwnAndReplicasAreNoClients) {
  LookRows rows = quiet_server();
  add_session(rows, 1, "Daemon", 1h).user = "event_scheduler";
  add_session(rows, 2, "Slave_SQL", 1h).user = "system user";
  add_session(rows, 3, "Binlog Dump GTID", 1h);
  add_session(rows, 4, "Connect", 0s).user = "unauthenticated user";
  const auto snapshot = to_model(rows, origin);
  EXPECT_EQ(session_of(snapshot, 1).kind, model::SessionKind::background);
  EXPECT_EQ(session_of(snapshot, 2).kind, model::SessionKind::background);
  EXPECT_EQ(session_of(snapshot, 3).kind, model::SessionKind::replication);
  EXPECT_EQ(session_of(snapshot, 4).state, SessionState::other);
}

TEST(MysqlToModel, ApplicationIsTheProgramsNameElseItsLibrarys) {
  LookRows rows = quiet_server();
  for (std::int64_t session = 7; session < 10; ++session) add_session(rows, session, "Sleep", 1s);
  rows.attributes = {
      {7, "_client_name", "Connector/J"}, {7, "program_name", "publisher"}, {8, "_client_name", "pymysql"}};
  const auto snapshot = to_model(rows, origin);
  EXPECT_EQ(session_of(snapshot, 7).application, "publisher");
  EXPECT_EQ(session_of(snapshot, 8).application, "pymysql");
  EXPECT_EQ(session_of(snapshot, 9).application, "");
}

TEST(MysqlToModel, SuperusersAreKnownByTheirName) {
  LookRows rows = quiet_server();
  add_session(rows, 7, "Sleep", 1s).user = "root";
  add_session(rows, 8, "Sleep", 1s);
  rows.supers = {"root"};
  const auto snapshot = to_model(rows, origin);
  EXPECT_TRUE(session_of(snapshot, 7).superuser);
  EXPECT_FALSE(session_of(snapshot, 8).superuser);
}

TEST(MysqlToModel, AQueueForOneRowIsAChain) {
  LookRows rows = quiet_server();
  add_session(rows, 1, "Sleep", 60s);
  add_transaction(rows, 1, 60s, 1);
  for (std::int64_t waiter = 2; waiter <= 5; ++waiter) {
    add_session(rows, waiter, "Query", 10s, "UPDATE post SET n = 1");
    TransactionRow& transaction = add_transaction(rows, waiter, 10s);
    transaction.state = "LOCK WAIT";
    transaction.wait_started_at = noon - 9s;
    for (std::int64_t ahead = 1; ahead < waiter; ++ahead) add_row_wait(rows, waiter, ahead);
  }
  const auto snapshot = to_model(rows, origin);
  ASSERT_THAT(snapshot.waits, SizeIs(4));
  EXPECT_THAT(wait_of(snapshot, 2).blocked_by, ElementsAre(model::Holder(id(1))));
  EXPECT_FALSE(wait_of(snapshot, 2).behind);
  for (std::int64_t waiter = 3; waiter <= 5; ++waiter) {
    EXPECT_THAT(wait_of(snapshot, waiter).blocked_by, IsEmpty()) << waiter;
    EXPECT_EQ(wait_of(snapshot, waiter).behind, id(waiter - 1));
  }
  EXPECT_EQ(wait_of(snapshot, 5).since, noon - 9s);
  EXPECT_FALSE(wait_of(snapshot, 5).since_is_upper_bound);
  EXPECT_EQ(wait_of(snapshot, 5).target, "shop.post (index PRIMARY)");
  EXPECT_EQ(wait_of(snapshot, 5).mode, "X,REC_NOT_GAP");
  EXPECT_EQ(session_of(snapshot, 5).wait_event, "InnoDB: lock");
  ASSERT_THAT(session_of(snapshot, 1).locks, SizeIs(1)) << "one lock, however many wait for it";
  EXPECT_EQ(session_of(snapshot, 1).locks.front().target, "shop.post (index PRIMARY)");
  EXPECT_THAT(session_of(snapshot, 3).locks, IsEmpty()) << "a place in a queue is no lock";
}

TEST(MysqlToModel, AHolderThatWaitsForSomethingElseIsNotAheadInAQueue) {
  LookRows rows = quiet_server();
  for (std::int64_t session = 1; session <= 3; ++session)
    add_session(rows, session, "Query", 10s, "UPDATE post SET n = 1");
  add_row_wait(rows, 2, 1);
  add_row_wait(rows, 3, 2);  // for what 2 holds
  const auto snapshot = to_model(rows, origin);
  EXPECT_THAT(wait_of(snapshot, 3).blocked_by, ElementsAre(model::Holder(id(2))));
  EXPECT_FALSE(wait_of(snapshot, 3).behind);
}

TEST(MysqlToModel, MariadbNamesTransactionsInItsWaits) {
  LookRows rows = quiet_server(model::Engine::mariadb);
  add_session(rows, 1, "Sleep", 60s);
  add_session(rows, 2, "Query", 10s, "UPDATE post SET n = 1");
  add_transaction(rows, 1, 60s, 1);
  add_transaction(rows, 2, 10s);
  add_row_wait(rows, 2, 1);
  const auto snapshot = to_model(rows, origin);
  EXPECT_THAT(wait_of(snapshot, 2).blocked_by, ElementsAre(model::Holder(id(1))));
  rows.transactions.pop_back();  // it was gone when transactions were listed
  EXPECT_THAT(to_model(rows, origin).waits, IsEmpty());
}

TEST(MysqlToModel, AHolderIsNamedByItsTransactionNotByWhoWroteItsLockDown) {
  LookRows rows = quiet_server();
  add_session(rows, 1, "Sleep", 60s);
  for (const std::int64_t session : {2, 3}) add_session(rows, session, "Query", 10s, "INSERT INTO post VALUES (1)");
  add_transaction(rows, 1, 60s, 1);
  for (const std::int64_t session : {2, 3}) {
    add_row_wait(rows, session, 1);
    rows.lock_waits.back().blocker = "102";  // the first who wanted the row
  }
  const auto snapshot = to_model(rows, origin);
  EXPECT_THAT(wait_of(snapshot, 2).blocked_by, ElementsAre(model::Holder(id(1))));
  EXPECT_THAT(wait_of(snapshot, 3).blocked_by, ElementsAre(model::Holder(id(1))));
  EXPECT_THAT(session_of(snapshot, 1).locks, SizeIs(1));
  EXPECT_THAT(session_of(snapshot, 2).locks, IsEmpty());
}

TEST(MysqlToModel, ContendedLocksAreAskedForOnce) {
  LookRows rows = quiet_server();
  add_row_wait(rows, 2, 1);
  add_row_wait(rows, 3, 1);
  EXPECT_THAT(contended_locks(rows), ElementsAre("1:5:3:2", "2:5:3:2", "3:5:3:2"));
}

TEST(MysqlToModel, ARingStaysOne) {
  LookRows rows = quiet_server();
  for (std::int64_t session = 1; session <= 2; ++session)
    add_session(rows, session, "Query", 10s, "UPDATE post SET n = 1");
  add_row_wait(rows, 1, 2);
  add_row_wait(rows, 2, 1);
  const auto snapshot = to_model(rows, origin);
  EXPECT_THAT(wait_of(snapshot, 1).blocked_by, ElementsAre(model::Holder(id(2))));
  EXPECT_THAT(wait_of(snapshot, 2).blocked_by, ElementsAre(model::Holder(id(1))));
}

TEST(MysqlToModel, MetadataLocksMakeWaitsAndLocks) {
  LookRows rows = quiet_server();
  add_session(rows, 1, "Sleep", 60s);
  add_session(rows, 2, "Query", 20s, "ALTER TABLE post ADD z int").state = "Waiting for table metadata lock";
  add_session(rows, 3, "Query", 10s, "SELECT * FROM post").state = "Waiting for table metadata lock";
  rows.metadata_locks = {{"TABLE", "shop.post", "SHARED_READ", true, 101},
                         {"TABLE", "shop.post", "SHARED_UPGRADABLE", true, 102},
                         {"TABLE", "shop.post", "EXCLUSIVE", false, 102},
                         {"TABLE", "shop.post", "SHARED_READ", false, 103},
                         {"TABLE", "shop.other", "EXCLUSIVE", true, 103}};
  const auto snapshot = to_model(rows, origin);
  EXPECT_THAT(wait_of(snapshot, 2).blocked_by, ElementsAre(model::Holder(id(1)))) << "its own lock is not in its way";
  EXPECT_THAT(wait_of(snapshot, 3).blocked_by, ElementsAre(model::Holder(id(2))))
      << "who wants a table for himself goes first";
  EXPECT_EQ(wait_of(snapshot, 3).since, noon - 10s);
  EXPECT_TRUE(wait_of(snapshot, 3).since_is_upper_bound) << "the statement's start: the wait's is not told";
  EXPECT_EQ(session_of(snapshot, 3).wait_event, "Waiting for table metadata lock");
  ASSERT_THAT(session_of(snapshot, 1).locks, SizeIs(1));
  EXPECT_EQ(session_of(snapshot, 1).locks.front().mode, "SHARED_READ");
  EXPECT_EQ(session_of(snapshot, 1).locks.front().target, "shop.post");
}

TEST(MysqlToModel, NamedLocksAreAdvisory) {
  LookRows rows = quiet_server();
  add_session(rows, 1, "Sleep", 60s);
  rows.metadata_locks = {{"USER LEVEL LOCK", "nightly", "EXCLUSIVE", true, 101}};
  const auto snapshot = to_model(rows, origin);
  ASSERT_THAT(session_of(snapshot, 1).locks, SizeIs(1));
  EXPECT_EQ(session_of(snapshot, 1).locks.front().kind, "advisory");
  EXPECT_EQ(session_of(snapshot, 1).locks.front().target, "advisory nightly");
  EXPECT_EQ(session_of(snapshot, 1).state, SessionState::idle) << "it has no transaction";
}

TEST(MysqlToModel, PreparedTransactionWithoutASessionBlocksByName) {
  LookRows rows = quiet_server();
  add_session(rows, 2, "Query", 10s, "UPDATE post SET n = 1");
  add_transaction(rows, 0, 1h, 3);
  rows.prepared = {"'order-17','',1"};
  add_row_wait(rows, 2, 0);
  const auto snapshot = to_model(rows, origin);
  ASSERT_THAT(snapshot.prepared, SizeIs(1));
  EXPECT_EQ(snapshot.prepared.front().gid, "'order-17','',1");
  EXPECT_EQ(snapshot.prepared.front().prepared_at, noon - 1h);
  EXPECT_THAT(wait_of(snapshot, 2).blocked_by, ElementsAre(model::Holder(std::string("'order-17','',1"))));

  rows.prepared.emplace_back("'order-18','',1");
  const auto several = to_model(rows, origin);
  EXPECT_THAT(wait_of(several, 2).blocked_by,
              ElementsAre(model::Holder(std::string("'order-17','',1 or 'order-18','',1"))));
  EXPECT_THAT(several.prepared, SizeIs(2));
}

TEST(MysqlToModel, PreparedTransactionWhoseSessionIsThereIsNoOrphan) {
  LookRows rows = quiet_server();
  add_session(rows, 2, "Sleep", 1s);
  add_transaction(rows, 2, 1s, 1);
  rows.prepared = {"'order-17','',1"};
  EXPECT_THAT(to_model(rows, origin).prepared, IsEmpty());
}

StatementRow statement(std::int64_t event, std::optional<std::int64_t> transaction, model::Duration start,
                       std::string text) {
  return {108, event, transaction, start, start + 2ms, std::move(text), "d1", 1, ""};
}

TEST(MysqlHistory, StatementsOfTheTransactionInOrder) {
  LookRows rows = quiet_server();
  add_session(rows, 8, "Sleep", 30s);
  add_transaction_event(rows, 8, 60s);  // begun at 1 h of the server's timer
  rows.statements = {statement(5, 4, 59min, "SELECT 'of another transaction'"),
                     statement(9, std::nullopt, 59min, "BEGIN"),
                     statement(11, 10, 1h + 1s, "INSERT INTO post VALUES (1, 'secret')"),
                     statement(12, 10, 1h + 30s, "SELECT n FROM post WHERE id = 5")};
  rows.statements.back().error = "42S02";
  const auto snapshot = to_model(rows, origin);
  const auto& history = session_of(snapshot, 8).transaction->history;
  ASSERT_TRUE(history);
  ASSERT_THAT(history->statements, SizeIs(2));
  EXPECT_EQ(history->statements[0].statement.text, "INSERT INTO post VALUES (?)") << "no literals";
  EXPECT_EQ(history->statements[0].started_at, noon - 59s);
  EXPECT_EQ(history->statements[0].duration, 2ms);
  EXPECT_EQ(history->statements[0].statement.server_id, "d1");
  EXPECT_EQ(history->statements[1].error, "42S02");
  EXPECT_EQ(history->lost_at_most, 0);
  EXPECT_EQ(session_of(snapshot, 8).statement->text, "SELECT n FROM post WHERE id = ?") << "the last one";
}

TEST(MysqlHistory, TheStatementThatBeganTheTransactionBelongsToIt) {
  LookRows rows = quiet_server();
  add_session(rows, 8, "Sleep", 30s);
  add_transaction_event(rows, 8, 60s).begun_by = 9;  // autocommit off: no BEGIN
  rows.statements = {statement(9, std::nullopt, 1h - 1ms, "INSERT INTO post VALUES (1)"),
                     statement(11, 10, 1h + 1s, "SELECT n FROM post")};
  EXPECT_THAT(session_of(to_model(rows, origin), 8).transaction->history->statements, SizeIs(2));
}

TEST(MysqlHistory, AFullRingHasLostTheFirst) {
  LookRows rows = quiet_server();
  add_session(rows, 8, "Sleep", 30s);
  add_transaction_event(rows, 8, 60s);
  for (std::int64_t event = 25; event < 35; ++event)
    rows.statements.push_back(statement(event, 10, 1h + std::chrono::seconds(event), "SELECT 1"));
  EXPECT_EQ(session_of(to_model(rows, origin), 8).transaction->history->lost_at_most, 14) << "events 11 to 24";
  rows.statements.pop_back();
  EXPECT_EQ(session_of(to_model(rows, origin), 8).transaction->history->lost_at_most, 0) << "the ring is not full";
}

TEST(MysqlHistory, OfThisThreadAlone) {
  LookRows rows = quiet_server();
  add_session(rows, 8, "Sleep", 30s);
  add_transaction_event(rows, 8, 60s);
  rows.statements = {statement(11, 10, 1h, "SELECT mine")};
  rows.statements.push_back(statement(12, 10, 1h, "SELECT another"));  // event numbers repeat from thread to thread
  rows.statements.back().thread = 109;
  EXPECT_THAT(session_of(to_model(rows, origin), 8).transaction->history->statements, SizeIs(1));
}

TEST(MysqlHistory, ARunWithoutTextHasItsPlace) {
  LookRows rows = quiet_server(model::Engine::mariadb);
  add_session(rows, 8, "Sleep", 30s);
  add_transaction_event(rows, 8, 60s);
  rows.statements = {statement(11, 10, 1h, "SELECT n FROM post"), statement(12, 10, 1h + 1s, "")};
  const auto snapshot = to_model(rows, origin);
  ASSERT_THAT(session_of(snapshot, 8).transaction->history->statements, SizeIs(2));
  EXPECT_EQ(session_of(snapshot, 8).transaction->history->statements[1].statement.text, "");
  EXPECT_FALSE(session_of(snapshot, 8).statement) << "which was the last is not known";
}

TEST(MysqlHistory, NothingKeptIsNotNothingRun) {
  LookRows rows = quiet_server();
  add_session(rows, 8, "Sleep", 30s);
  add_transaction_event(rows, 8, 60s);
  EXPECT_FALSE(session_of(to_model(rows, origin), 8).transaction->history);
}

TEST(MysqlSleepingThreads, TheLongestSilentFirst) {
  LookRows rows = quiet_server();
  add_session(rows, 7, "Sleep", 5s);
  add_session(rows, 8, "Sleep", 50s);
  add_session(rows, 9, "Query", 500s, "SELECT 1");
  add_session(rows, 10, "Sleep", 5000s);  // without a transaction
  for (std::int64_t session = 7; session < 10; ++session) add_transaction_event(rows, session, 1h);
  EXPECT_THAT(sleeping_threads(rows), ElementsAre(108, 107));
}

TEST(MysqlMissing, PrivilegesAreNamedWithTheirGrant) {
  LookRows rows = quiet_server();
  rows.denied = {true, true, true};
  rows.server.role = "o'neil@10.0.%";
  const auto snapshot = to_model(rows, origin);
  EXPECT_FALSE(snapshot.complete());
  ASSERT_THAT(snapshot.missing, SizeIs(3));
  EXPECT_EQ(snapshot.missing[0].cure, "GRANT PROCESS ON *.* TO 'o''neil'@'10.0.%';");
  EXPECT_THAT(snapshot.missing[1].cure, HasSubstr("GRANT SELECT ON performance_schema.* TO"));
  EXPECT_THAT(snapshot.missing[2].cure, HasSubstr("XA_RECOVER_ADMIN"));
  EXPECT_TRUE(snapshot.missing[2].detail) << "no prepared transaction is there whose name would be wanted";
}

TEST(MysqlMissing, WhatPerformanceSchemaDoesNotCollectIsADetail) {
  LookRows rows = quiet_server(model::Engine::mariadb);
  rows.switches = {};
  const auto snapshot = to_model(rows, origin);
  EXPECT_TRUE(snapshot.complete()) << "no finding is absent because of it";
  ASSERT_THAT(snapshot.missing, SizeIs(2));
  EXPECT_THAT(snapshot.missing[0].cure, HasSubstr("UPDATE performance_schema.setup_consumers"));
  EXPECT_THAT(snapshot.missing[1].cure, HasSubstr("'wait/lock/metadata/sql/mdl'"));
  rows.server.performance_schema = false;
  EXPECT_THAT(to_model(rows, origin).missing, SizeIs(1));
}

TEST(MysqlMissing, UnseenHoldersOfMetadataLocksAreNoDetailOnceSomebodyWaits) {
  LookRows rows = quiet_server(model::Engine::mariadb);
  rows.switches.metadata_locks = false;
  add_session(rows, 3, "Query", 10s, "SELECT * FROM post").state = "Waiting for table metadata lock";
  EXPECT_FALSE(to_model(rows, origin).complete());
  rows.server.performance_schema = false;
  EXPECT_FALSE(to_model(rows, origin).complete());
}

TEST(MysqlStaleView, ListsTheDead) {
  LookRows rows = quiet_server();
  add_session(rows, 3, "Sleep", 1s);
  add_session(rows, 9, "Sleep", 1s);
  add_transaction(rows, 5, 10s);
  EXPECT_TRUE(lists_the_dead(rows)) << "5 is gone, and its transaction is listed";
  rows.transactions.front().state = "ROLLING BACK";
  EXPECT_FALSE(lists_the_dead(rows)) << "it is being undone";
  rows.transactions.front() = {"9", "RUNNING", noon, std::nullopt, 11, 0, 0, 0};
  EXPECT_FALSE(lists_the_dead(rows)) << "it came after the process list was read";
  rows.transactions.front().session = 0;
  EXPECT_FALSE(lists_the_dead(rows)) << "a prepared one has no session";
}

}  // namespace
}  // namespace lockkeeper::collect::mysql::testing
