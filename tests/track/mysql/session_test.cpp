// The session machine, played by hand: which answer belongs to what, and what is remembered.
#include "track/mysql/session.hpp"

#include "track/mysql/script.hpp"
#include "track/statement.hpp"

namespace lockkeeper::testing::mysql {
namespace {

using namespace std::literals;
using model::TransactionEnd;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using MysqlSession = Script;

TEST_F(MysqlSession, PipelinedCommandsAreAnsweredInOrder) {
  begin(idle, my::Capabilities{}.with(my::Capability::deprecate_eof));
  say(query("BEGIN") + prepare("UPDATE t SET a = ?") + execute(my::last_prepared, "\0\1\3\0\7\0\0\0"sv) +
      command(my::Command::close_statement, number(3)) + command(my::Command::ping) + query("COMMIT"));
  EXPECT_EQ(session_->outstanding(), 5U);
  EXPECT_TRUE(session_->commit_under_way());
  answer(ok(open));
  EXPECT_EQ(session_->outstanding(), 4U);
  answer(prepared(9, 1));
  EXPECT_FALSE(answer(ok(open, 3)).transaction_over);
  answer(ok(open));
  EXPECT_TRUE(answer(ok(idle)).transaction_over);
  EXPECT_TRUE(session_->idle());
  EXPECT_THAT(texts_of(0), ElementsAre("BEGIN", "UPDATE t SET a = ?", "COMMIT"));
  EXPECT_EQ(over()[0]->record->rows_written(), 3);
}

TEST_F(MysqlSession, PreparedStatementsRunByTheirText) {
  say(prepare("SELECT a FROM t WHERE id = ?"));
  answer(prepared(5, 1));
  run("BEGIN", ok(open));
  for (const char value : {'\1', '\1', '\2'}) {
    say(execute(5, "\0\1\3\0"s + value + "\0\0\0"s));
    answer(rows(2, open));
  }
  const auto& folds = current().first();
  ASSERT_THAT(folds, SizeIs(2));
  EXPECT_EQ(folds[1].count, 3);
  EXPECT_EQ(folds[1].first.statement->text, "SELECT a FROM t WHERE id = ?");
  EXPECT_EQ(folds[1].rows, 6);
  EXPECT_FALSE(folds[1].same_parameters);
  ASSERT_THAT(current().reads(), SizeIs(2));
}

TEST_F(MysqlSession, TypesAreNoValues) {
  say(prepare("SELECT a FROM t WHERE id = ?"));
  answer(prepared(5, 1));
  run("BEGIN", ok(open));
  say(execute(5, "\0\1\3\0\7\0\0\0"sv));
  answer(rows(1, open));
  say(execute(5, "\0\0\7\0\0\0"sv));
  answer(rows(1, open));
  EXPECT_TRUE(current().first()[1].same_parameters);
}

TEST_F(MysqlSession, ValuesSentAheadCount) {
  say(prepare("SELECT a FROM t WHERE b = ?"));
  answer(prepared(5, 1));
  run("BEGIN", ok(open));
  for (const std::string value : {"one", "one", "two"}) {
    say(command(my::Command::send_long_data, number(5) + "\0\0"s + value));
    say(execute(5, "\0\1\xfc\0"sv));
    answer(rows(1, open));
  }
  ASSERT_THAT(current().reads(), SizeIs(2));
  say(command(my::Command::send_long_data, number(5) + "\0\0"s + std::string(20'000, 'x')));
  say(execute(5, "\0\1\xfc\0"sv));
  answer(rows(1, open));
  EXPECT_FALSE(current().first()[1].last.parameters) << "not all of it was seen";
}

TEST_F(MysqlSession, LongValuesAreNotKnown) {
  say(prepare("INSERT INTO t VALUES (?)"));
  answer(prepared(5, 1));
  run("BEGIN", ok(open));
  say(execute(5, "\0\1\xfc\0\xfd\0\0\1"s + std::string(65'536, 'x')));
  answer(ok(open, 1));
  EXPECT_FALSE(current().first()[1].first.parameters);
  EXPECT_TRUE(current().first()[0].first.parameters);
  EXPECT_LT(listener_->most_held(), 9'000U);
}

TEST_F(MysqlSession, ForgetsWhatTheServerForgets) {
  say(prepare("SELECT 1"));
  answer(prepared(5));
  say(prepare("SELECT 2"));
  answer(prepared(6));
  say(command(my::Command::close_statement, number(5)));
  run("BEGIN", ok(open));
  say(execute(5));
  answer(error(1243));
  say(execute(6));
  answer(rows(1, open));
  EXPECT_EQ(current().statements(), 2) << "nobody knows what 5 was";
  say(command(my::Command::reset_connection));
  answer(ok(idle));
  run("BEGIN", ok(open));
  say(execute(6));
  answer(error(1243));
  EXPECT_EQ(current().statements(), 1);
}

TEST_F(MysqlSession, APrepareThatFailsMakesNothing) {
  run("BEGIN", ok(open));
  say(prepare("SELEC"));
  answer(error(1064, "42000"));
  say(execute(my::last_prepared));
  answer(error(1243));
  EXPECT_EQ(current().statements(), 1);
  EXPECT_TRUE(session_->idle());
}

TEST_F(MysqlSession, BulksAreOneRun) {
  say(prepare("INSERT INTO t VALUES (?)"));
  answer(prepared(5, 1));
  run("BEGIN", ok(open));
  say(command(my::Command::bulk_execute, number(5) + "\x80\0\3\0\0\1\0\0\0\0\2\0\0\0"s));
  answer(ok(open, 2));
  EXPECT_EQ(current().statements(), 2);
  EXPECT_EQ(current().rows_written(), 2);
  EXPECT_TRUE(current().first()[1].first.parameters);
}

TEST_F(MysqlSession, CursorsAreOpenUntilReadToTheirEnd) {
  say(prepare("SELECT a FROM t"));
  answer(prepared(5));
  run("BEGIN", ok(open));
  const auto opened_at = [&] {
    say(execute(5, {}, 1));
    answer(packet("\1") + packet("\3def") + eof(open | flag::cursor));
    return now_;
  }();
  const auto fetch = [&](int count, std::uint16_t status) {
    say(command(my::Command::fetch, number(5) + number(10)));
    std::string reply;
    for (int row = 0; row < count; ++row) reply += packet("\0\0x"s);
    answer(reply + eof(status));
  };
  fetch(10, open | flag::cursor);
  ASSERT_THAT(session_->recorded(now_).portals, SizeIs(1));
  const auto portal = session_->recorded(now_).portals[0];
  EXPECT_EQ(portal.name, "statement 5");
  EXPECT_EQ(portal.statement->text, "SELECT a FROM t");
  EXPECT_EQ(portal.rows, 10);
  EXPECT_EQ(portal.opened_at, opened_at);
  fetch(3, open | flag::last_row);
  EXPECT_THAT(session_->recorded(now_).portals, IsEmpty());
  EXPECT_EQ(current().statements(), 2) << "what is fetched is no statement of its own";
}

TEST_F(MysqlSession, CursorsEndWithTheirStatement) {
  say(prepare("SELECT a FROM t"));
  answer(prepared(5));
  const auto open_one = [&] {
    say(execute(5, {}, 1));
    answer(packet("\1") + packet("\3def") + eof(idle | flag::cursor));
    EXPECT_THAT(session_->recorded(now_).portals, SizeIs(1));
  };
  open_one();
  say(command(my::Command::reset_statement, number(5)));
  answer(ok(idle));
  EXPECT_THAT(session_->recorded(now_).portals, IsEmpty());
  open_one();
  say(execute(5));
  answer(rows(1, idle));
  EXPECT_THAT(session_->recorded(now_).portals, IsEmpty());
  open_one();
  say(command(my::Command::close_statement, number(5)));
  EXPECT_THAT(session_->recorded(now_).portals, IsEmpty());
}

TEST_F(MysqlSession, FilesAreNoCommands) {
  run("BEGIN", ok(open));
  say(query("LOAD DATA LOCAL INFILE 'x' INTO TABLE t"));
  answer(packet("\xfbx"));
  say(packet("\1\2\3"));
  say(packet("\x03SELECT 1"));
  EXPECT_EQ(session_->outstanding(), 1U);
  say(packet(""));
  EXPECT_TRUE(answer(ok(open, 7)).answered);
  EXPECT_EQ(current().statements(), 2);
  EXPECT_EQ(current().rows_written(), 7);
}

TEST_F(MysqlSession, AFileMayBeRefusedBeforeItsEnd) {
  say(query("LOAD DATA LOCAL INFILE 'x' INTO TABLE t"));
  answer(packet("\xfbx"));
  say(packet("1\n"));
  EXPECT_FALSE(answer(error(1146, "42S02")).answered);
  EXPECT_TRUE(say(packet("")).answered);
  EXPECT_TRUE(session_->idle());
}

TEST_F(MysqlSession, SeveralStatementsInOneTextAreSeveralRuns) {
  run("BEGIN; INSERT INTO t VALUES (1), (2); SELECT a FROM t; COMMIT",
      ok(open | flag::more) + ok(open | flag::more, 2) + rows(3, open | flag::more) + ok(idle));
  ASSERT_THAT(ends(), ElementsAre(TransactionEnd::committed));
  EXPECT_THAT(texts_of(0), ElementsAre("BEGIN", "INSERT INTO t VALUES (?)", "SELECT a FROM t", "COMMIT"));
  const auto& folds = over()[0]->record->first();
  EXPECT_EQ(folds[1].rows, 2);
  EXPECT_EQ(folds[2].rows, 3);
  EXPECT_EQ(folds[3].rows, 0);
  EXPECT_EQ(folds[3].bytes, 11);
  run("BEGIN; SELECT 1", ok(open | flag::more) + rows(1, open));
  run("COMMIT; BEGIN", ok(idle | flag::more) + ok(open));
  EXPECT_THAT(ends(), SizeIs(2));
  EXPECT_TRUE(session_->in_transaction());
  EXPECT_THAT(oddities(), IsEmpty());
}

TEST_F(MysqlSession, AmongSeveralStatementsTheOneThatFailedIsNamed) {
  run("BEGIN; INSERT INTO t VALUES (1); COMMIT", ok(open | flag::more) + error(1062, "23000"));
  EXPECT_THAT(texts(current()), ElementsAre("BEGIN", "INSERT INTO t VALUES (?)"));
  EXPECT_EQ(current().first()[1].first.error, "23000");
}

TEST_F(MysqlSession, AProcedureAmongSeveralHasResultsOfItsOwn) {
  run("BEGIN; CALL p(); SELECT 1", ok(open | flag::more) + rows(2, open | flag::more) + rows(1, open | flag::more) +
                                       ok(open | flag::more, 4) + rows(1, open));
  EXPECT_THAT(texts(current()), ElementsAre("BEGIN", "CALL p()", "SELECT ?"));
  EXPECT_EQ(current().first()[1].rows, 4);
  EXPECT_EQ(current().first()[2].rows, 1);
}

TEST_F(MysqlSession, ATextThatTheServerTakesAsOneIsOne) {
  run("BEGIN", ok(open));
  run("IF @a THEN INSERT INTO t VALUES (1); END IF", ok(open, 1));
  run("BEGIN NOT ATOMIC INSERT INTO t VALUES (1); COMMIT; END", ok(idle, 1));
  ASSERT_THAT(ends(), ElementsAre(TransactionEnd::committed));
  EXPECT_EQ(over()[0]->record->statements(), 3);
  EXPECT_THAT(oddities(), IsEmpty());
}

TEST_F(MysqlSession, TheSessionSaysWhatItDoes) {
  EXPECT_EQ(session_->recorded(now_).state, model::ClientState::idle);
  run("BEGIN", ok(open));
  const auto since = now_;
  auto client = session_->recorded(now_);
  EXPECT_EQ(client.state, model::ClientState::idle_in_transaction);
  EXPECT_EQ(client.state_since, since);
  EXPECT_EQ(client.statement->text, "BEGIN");
  EXPECT_TRUE(client.session_mode);
  ASSERT_TRUE(client.server);
  EXPECT_EQ(client.server->session.pid, 4711);
  EXPECT_EQ(client.server->local_endpoint, "127.0.0.1:1");
  say(query("SELECT sleep(1)"));
  client = session_->recorded(now_);
  EXPECT_EQ(client.state, model::ClientState::active);
  EXPECT_EQ(client.statement->text, "SELECT sleep(?)");
  EXPECT_EQ(client.statement_started_at, now_);
  EXPECT_EQ(session_->busy_since(), now_);
  EXPECT_EQ(session_->transaction_since(), client.transaction->id().started_at);
}

TEST_F(MysqlSession, OtherCommandsHaveRepliesOfTheirOwn) {
  for (const my::Command each :
       {my::Command::ping, my::Command::init_db, my::Command::set_option, my::Command::debug}) {
    say(command(each, "\0\0"sv));
    EXPECT_TRUE(answer(ok(idle)).answered);
  }
  say(command(my::Command::statistics));
  EXPECT_TRUE(answer(packet("Uptime: 1")).answered);
  say(command(my::Command::field_list, "t\0"sv));
  EXPECT_FALSE(answer(packet("\3def")).answered);
  EXPECT_TRUE(answer(eof(idle)).answered);
  say(command(static_cast<my::Command>(0x77)));
  EXPECT_TRUE(answer(error(1047, "08S01")).answered);
  EXPECT_TRUE(session_->idle());
}

TEST_F(MysqlSession, AttributesStandBeforeTheText) {
  begin(idle, my::Capabilities{}.with(my::Capability::query_attributes));
  run("BEGIN", ok(open));
  EXPECT_THAT(texts(current()), ElementsAre("BEGIN"));
  say(prepare("SELECT ?"));
  answer(prepared(5, 1, open));
  // A count, nulls, types with names, values.
  say(execute(5, "\1\0\1\3\0\0\7\0\0\0"sv, 8));
  answer(rows(1, open));
  say(execute(5, "\1\0\0\7\0\0\0"sv, 8));
  answer(rows(1, open));
  ASSERT_THAT(current().first(), SizeIs(2));
  EXPECT_TRUE(current().first()[1].same_parameters);
}

TEST_F(MysqlSession, NobodyKnowsMoreAfterNonsense) {
  run("BEGIN", ok(open));
  say(query("SELECT 1"));
  EXPECT_NE(answer(packet("\xfe\xfe")).lost, "");
  EXPECT_TRUE(session_->lost());
  EXPECT_FALSE(session_->in_transaction());
  EXPECT_EQ(session_->wanted_from_client(100, {}), 0U);
  EXPECT_EQ(session_->wanted_from_server(100), 0U);
  EXPECT_EQ(run("COMMIT", ok(idle)).lost, "") << "said once";
  EXPECT_FALSE(session_->recorded(now_).transaction);
  session_->abandon(TransactionEnd::abandoned, tick());
  EXPECT_THAT(facts_, IsEmpty()) << "how it ended nobody can say";
}

TEST_F(MysqlSession, WhatNobodyAskedForIsAnErrorOrNonsense) {
  run("BEGIN", ok(open));
  const Step step = answer(error(4031));
  EXPECT_TRUE(step.server_ends);
  EXPECT_EQ(step.lost, "");
  session_->lost_server(TransactionEnd::terminated, tick());
  EXPECT_THAT(ends(), ElementsAre(TransactionEnd::terminated));
  begin();
  EXPECT_NE(answer(ok(idle)).lost, "");
}

TEST_F(MysqlSession, MoreCommandsThanCanBeRememberedAreNotFollowed) {
  for (std::size_t each = 0; each < track::mysql::AskedQueue::most; ++each) {
    ASSERT_EQ(say(command(my::Command::ping)).lost, "");
  }
  EXPECT_NE(say(command(my::Command::ping)).lost, "");
}

TEST_F(MysqlSession, LiteralsAreKeptIfWished) {
  begin(idle, {}, {.keep_literals = true});
  run("BEGIN", ok(open));
  run("SELECT 1", rows(1, open));
  run("SELECT 2; SELECT 'three'", rows(1, open | flag::more) + rows(1, open));
  const std::string longer = "SELECT '" + std::string(track::most_literal, 'x') + "'";
  run(longer, rows(1, open));
  const auto& folds = current().first();
  EXPECT_EQ(folds[1].first.statement->text, "SELECT 1");
  EXPECT_EQ(folds[1].last.statement->text, longer.substr(0, track::most_literal)) << "one shape, folded";
  EXPECT_EQ(folds[1].count, 4);
}

TEST_F(MysqlSession, OfALongTextTheBeginningIsEnough) {
  run("BEGIN", ok(open));
  const std::string sql = "INSERT INTO t VALUES ('" + std::string(17U << 20U, 'x') + "'); COMMIT";
  say(query(sql));
  answer(ok(open, 1));
  EXPECT_EQ(session_->outstanding(), 0U) << "two packets, one message";
  EXPECT_TRUE(current().first()[1].first.statement->truncated);
  EXPECT_EQ(current().first()[1].first.statement->kind, sql::StatementKind::insert);
  EXPECT_FALSE(current().first()[1].first.parameters);
  EXPECT_TRUE(session_->in_transaction());
}

TEST_F(MysqlSession, ARowOfSeveralPacketsIsOneRow) {
  run("BEGIN", ok(open));
  say(query("SELECT a FROM t"));
  answer(packet("\1") + packet("\3def") + eof(open));
  answer(packet("\xfd\xff\xff\xff"s + std::string(my::most_body, 'x')));
  answer(eof(open));
  EXPECT_EQ(current().first()[1].rows, 1);
  EXPECT_EQ(current().first()[1].bytes, 5 + 8 + 9 + (4 + 0xffffff) + (4 + 4) + 9);
}

}  // namespace
}  // namespace lockkeeper::testing::mysql
