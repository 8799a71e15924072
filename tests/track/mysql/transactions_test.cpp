// When a transaction opens and ends, and what is told of it.
#include "track/mysql/script.hpp"

namespace lockkeeper::testing::mysql {
namespace {

using namespace std::literals;
using model::OddityKind;
using model::TransactionEnd;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using MysqlTransactions = Script;

TEST_F(MysqlTransactions, AreWhatTheServerSaysIsOpen) {
  EXPECT_FALSE(run("BEGIN", ok(open)).transaction_over);
  run("SELECT a FROM t WHERE id = 1", rows(3, open));
  EXPECT_TRUE(session_->in_transaction());
  run("UPDATE t SET a = 2", ok(open, 5));
  const Step step = run("COMMIT", ok(idle));
  EXPECT_TRUE(step.answered && step.transaction_over);
  ASSERT_THAT(ends(), ElementsAre(TransactionEnd::committed));
  EXPECT_THAT(texts_of(0), ElementsAre("BEGIN", "SELECT a FROM t WHERE id = ?", "UPDATE t SET a = ?", "COMMIT"));
  const auto& folds = over()[0]->record->first();
  EXPECT_EQ(folds[1].rows, 3);
  EXPECT_EQ(folds[1].bytes, 3 * 6 + 5 + 8 + 9 + 9);
  EXPECT_EQ(folds[1].busy, 1s);
  EXPECT_EQ(folds[1].gap_before, 1s);
  EXPECT_EQ(folds[2].rows, 5);
  EXPECT_EQ(over()[0]->record->rows_written(), 5);
  EXPECT_EQ(over()[0]->record->id().session.pid, 4711);
  EXPECT_EQ(over()[0]->client->user, "app");
  EXPECT_THAT(oddities(), IsEmpty());
}

TEST_F(MysqlTransactions, SingleStatementsAreNone) {
  run("INSERT INTO t VALUES (1)", ok(idle, 1));
  run("SELECT 1", rows(1, idle));
  run("selec", error(1064, "42000"));
  EXPECT_THAT(facts_, IsEmpty());
}

TEST_F(MysqlTransactions, EndAsTheirTextSays) {
  for (const std::string sql : {"ROLLBACK", "COMMIT", "CREATE TABLE u (a int)", "LOCK TABLES t READ"}) {
    run("START TRANSACTION", ok(open));
    run(sql, ok(idle));
  }
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back, TransactionEnd::committed, TransactionEnd::committed,
                                  TransactionEnd::committed));
  EXPECT_THAT(texts_of(2), ElementsAre("START TRANSACTION", "CREATE TABLE u (a int)"));
}

TEST_F(MysqlTransactions, OfXaEndWithIt) {
  run("XA START 'a'", ok(open));
  run("XA END 'a'", ok(open));
  run("XA PREPARE 'a'", ok(open));
  run("XA ROLLBACK 'a'", ok(idle));
  run("XA START 'b'", ok(open));
  run("XA PREPARE 'b'", ok(idle));
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back, TransactionEnd::committed));
}

TEST_F(MysqlTransactions, StayOpenAfterARollbackToASavepoint) {
  run("BEGIN", ok(open));
  run("SAVEPOINT a", ok(open));
  run("ROLLBACK TO a", ok(open));
  EXPECT_THAT(facts_, IsEmpty());
  EXPECT_EQ(current().statements(), 3);
}

TEST_F(MysqlTransactions, FollowOneAnotherByChain) {
  run("BEGIN", ok(open));
  run("COMMIT AND CHAIN", ok(open));
  run("SELECT 1", rows(1, open));
  run("ROLLBACK AND CHAIN", ok(open));
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::committed, TransactionEnd::rolled_back));
  EXPECT_TRUE(session_->in_transaction());
  EXPECT_THAT(texts_of(1), ElementsAre("SELECT ?", "ROLLBACK AND CHAIN"));
}

TEST_F(MysqlTransactions, AreOpenedByAnyStatementWithAutocommitOff) {
  run("SET autocommit = 0", ok(manual));
  run("SELECT a FROM t", rows(1, flag::open));
  run("INSERT INTO t VALUES (1)", ok(flag::open, 1));
  run("COMMIT", ok(manual));
  EXPECT_THAT(texts_of(0), ElementsAre("SELECT a FROM t", "INSERT INTO t VALUES (?)", "COMMIT"));
  EXPECT_EQ(over()[0]->record->first()[0].gap_before, 0s);
  run("COMMIT", ok(manual));
  run("ROLLBACK", ok(manual));
  EXPECT_THAT(oddities(), IsEmpty()) << "that is what every driver does";
  run("DELETE FROM t", ok(flag::open, 1));
  run("SET autocommit = 1", ok(idle));
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::committed, TransactionEnd::committed));
}

TEST_F(MysqlTransactions, CountAFailedStatementThatOpenedOne) {
  begin(manual);
  run("INSERT INTO t VALUES (1)", error(1062, "23000"));
  EXPECT_FALSE(session_->in_transaction()) << "as far as the server has said";
  run("SELECT a FROM t", rows(0, flag::open));
  EXPECT_THAT(texts(current()), ElementsAre("INSERT INTO t VALUES (?)", "SELECT a FROM t"));
  EXPECT_EQ(current().first()[0].first.error, "23000");
}

TEST_F(MysqlTransactions, ThatBeginInsideAnother) {
  run("BEGIN", ok(open));
  run("INSERT INTO t VALUES (1)", ok(open, 1));
  run("BEGIN /*request_id='second'*/", ok(open));
  ASSERT_THAT(oddities(), SizeIs(1));
  EXPECT_EQ(oddities()[0]->kind, OddityKind::begin_inside_transaction);
  ASSERT_TRUE(oddities()[0]->record);
  EXPECT_THAT(texts(*oddities()[0]->record), ElementsAre("BEGIN", "INSERT INTO t VALUES (?)"));
  ASSERT_THAT(ends(), ElementsAre(TransactionEnd::committed)) << "the server has";
  EXPECT_EQ(over()[0]->record->statements(), 2);
  run("ROLLBACK", ok(idle));
  EXPECT_THAT(texts_of(1), ElementsAre("BEGIN", "ROLLBACK"));
  EXPECT_EQ(over()[1]->unit.value(), "second");
}

TEST_F(MysqlTransactions, ThatAreEndedTwice) {
  run("COMMIT", ok(idle));
  run("ROLLBACK", ok(idle));
  run("BEGIN", ok(open));
  run("COMMIT", ok(idle));
  run("COMMIT", ok(idle));
  ASSERT_THAT(oddities(), SizeIs(3));
  EXPECT_EQ(oddities()[0]->kind, OddityKind::foreign_commit);
  EXPECT_EQ(oddities()[1]->kind, OddityKind::foreign_rollback);
  EXPECT_EQ(oddities()[2]->kind, OddityKind::foreign_commit);
  EXPECT_EQ(oddities()[2]->statement->text, "COMMIT");
}

TEST_F(MysqlTransactions, LiveOnAfterAnError) {
  run("BEGIN", ok(open));
  run("INSERT INTO t VALUES (1)", error(1062, "23000"));
  EXPECT_TRUE(session_->in_transaction());
  EXPECT_EQ(session_->recorded(now_).state, model::ClientState::idle_in_transaction);
  run("SELECT 1", rows(1, open));
  run("COMMIT", ok(idle));
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::committed));
  EXPECT_EQ(over()[0]->record->statements(), 4);
  EXPECT_EQ(over()[0]->record->first()[1].first.error, "23000");
}

TEST_F(MysqlTransactions, AreRolledBackByADeadlock) {
  run("BEGIN", ok(open));
  run("UPDATE t SET a = 1", error(1213, "40001"));
  const auto failed_at = now_;
  EXPECT_THAT(facts_, IsEmpty()) << "the server has not said so yet";
  EXPECT_EQ(session_->recorded(now_).state, model::ClientState::aborted_in_transaction);
  run("SELECT 1", rows(1, idle));
  ASSERT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back));
  EXPECT_EQ(over()[0]->ended_at, failed_at);
  EXPECT_EQ(over()[0]->record->statements(), 2) << "what came after it was none of its";
}

TEST_F(MysqlTransactions, AreRolledBackByADeadlockWhateverFollows) {
  const auto after_deadlock = [&](std::string_view sql, std::uint16_t status) {
    facts_.clear();
    run("BEGIN", ok(open));
    run("UPDATE t SET a = 1", error(1213, "40001"));
    run(sql, ok(status));
  };
  after_deadlock("ROLLBACK", idle);
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back));
  EXPECT_EQ(over()[0]->record->statements(), 3);
  EXPECT_THAT(oddities(), IsEmpty());
  after_deadlock("COMMIT", idle);
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back)) << "there was nothing left to commit";
  after_deadlock("BEGIN", open);
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back));
  EXPECT_THAT(oddities(), IsEmpty());
  EXPECT_THAT(texts(current()), ElementsAre("BEGIN"));
  run("ROLLBACK", ok(idle));
  after_deadlock("UPDATE u SET a = 1", open);
  EXPECT_THAT(ends(), IsEmpty()) << "of a metadata lock's deadlock it lives on";
  EXPECT_EQ(current().statements(), 3);
}

TEST_F(MysqlTransactions, WithAutocommitOffADeadlockIsFollowedByTheNext) {
  begin(manual);
  run("UPDATE t SET a = 1", ok(flag::open, 1));
  run("UPDATE t SET a = 2", error(1213, "40001"));
  say(command(my::Command::ping));
  answer(ok(manual));
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back));
  run("UPDATE t SET a = 1", ok(flag::open, 1));
  run("UPDATE t SET a = 2", error(1213, "40001"));
  run("SELECT a FROM t", rows(1, flag::open));
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back, TransactionEnd::rolled_back));
  EXPECT_THAT(texts(current()), ElementsAre("SELECT a FROM t"));
}

TEST_F(MysqlTransactions, AreRolledBackByALockWaitWhereTheServerIsSetSo) {
  run("BEGIN", ok(open));
  run("UPDATE t SET a = 1", error(1205));
  run("SELECT 1", rows(1, idle));
  ASSERT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back));
  run("BEGIN", ok(open));
  run("UPDATE t SET a = 1", error(1205));
  EXPECT_EQ(session_->recorded(now_).state, model::ClientState::idle_in_transaction);
  run("BEGIN", ok(open));
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back, TransactionEnd::committed));
  EXPECT_THAT(oddities(), SizeIs(1)) << "half a transaction was committed";
}

TEST_F(MysqlTransactions, AreCommittedByADefinitionThatFails) {
  run("BEGIN", ok(open));
  run("CREATE TABLE t (a int)", error(1050, "42S01"));
  run("SELECT 1", rows(1, idle));
  run("BEGIN", ok(open));
  run("CREATE TABEL t (a int)", error(1064, "42000"));
  run("ROLLBACK", ok(idle));
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::committed, TransactionEnd::rolled_back));
}

TEST_F(MysqlTransactions, AreUnknownIfTheConnectionDiesWithinTheirCommit) {
  run("BEGIN", ok(open));
  say(query("COMMIT"));
  EXPECT_TRUE(session_->commit_under_way());
  session_->lost_server(TransactionEnd::terminated, tick());
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::unknown));
  EXPECT_FALSE(session_->in_transaction());
}

TEST_F(MysqlTransactions, AreAbandonedByAClientThatLeaves) {
  run("BEGIN", ok(open));
  EXPECT_TRUE(say(command(my::Command::quit)).said_goodbye);
  session_->abandon(TransactionEnd::abandoned, tick());
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::abandoned));
  begin();
  run("BEGIN", ok(open));
  run("UPDATE t SET a = 1", error(1213, "40001"));
  session_->abandon(TransactionEnd::abandoned, tick());
  EXPECT_EQ(ends().back(), TransactionEnd::rolled_back);
}

TEST_F(MysqlTransactions, AreRolledBackWhenTheSessionBeginsAnew) {
  run("BEGIN", ok(open));
  say(command(my::Command::reset_connection));
  answer(ok(idle));
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back));
  run("BEGIN", ok(open));
  std::string change;
  my::append_change_user(change, {.user = "ann", .answer = "x", .database = "other"}, capabilities_);
  say(change);
  answer(
      packet("\xfe"
             "mysql_native_password\0scramble"s));
  say(packet("an answer"));
  EXPECT_TRUE(answer(ok(idle)).answered);
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::rolled_back, TransactionEnd::rolled_back));
  EXPECT_EQ(over()[1]->client->user, "app");
  EXPECT_EQ(session_->who()->user, "ann");
  EXPECT_EQ(session_->who()->database, "other");
  EXPECT_EQ(session_->who()->id, 7U);
  run("BEGIN", ok(open));
  run("COMMIT", ok(idle));
  EXPECT_EQ(over()[2]->client->user, "ann");
}

TEST_F(MysqlTransactions, OfAProcedureAreItsOwn) {
  run("CALL p()", rows(2, open | flag::more) + ok(idle));
  EXPECT_THAT(facts_, IsEmpty());
  run("BEGIN", ok(open));
  run("CALL p()", rows(2, open | flag::more) + ok(open));
  EXPECT_THAT(texts(current()), ElementsAre("BEGIN", "CALL p()"));
  EXPECT_EQ(current().first()[1].rows, 2);
}

TEST_F(MysqlTransactions, TellTheUnitOfWork) {
  run("BEGIN /*request_id='r1'*/", ok(open));
  EXPECT_EQ(session_->recorded(now_).unit.value(), "r1");
  run("COMMIT", ok(idle));
  EXPECT_EQ(over()[0]->unit.value(), "r1");
  EXPECT_EQ(session_->recorded(now_).unit.value(), "");
}

TEST_F(MysqlTransactions, AreToldEmptyWithoutRecording) {
  begin(idle, {}, {.record = false});
  run("BEGIN", ok(open));
  run("UPDATE t SET a = 2", ok(open, 5));
  run("COMMIT", ok(idle));
  ASSERT_THAT(ends(), ElementsAre(TransactionEnd::committed));
  EXPECT_EQ(over()[0]->record->statements(), 0);
}

}  // namespace
}  // namespace lockkeeper::testing::mysql
