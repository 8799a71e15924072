// The session machine, played by hand: what goes where, when a server connection is free, what is remembered.
#include "track/session_machine.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "track/statement.hpp"

namespace lockkeeper::track::postgres {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(SessionMachine, AServerIsFreeWhenItSaysThatNothingIsOpenAndAllIsAnswered) {
  link(first_);
  say(query("SELECT 1"));
  EXPECT_FALSE(answer(done("SELECT 1")).released);
  const Step step = answer(ready(idle));
  EXPECT_TRUE(step.released);
  EXPECT_TRUE(step.answered);
  EXPECT_TRUE(step.transaction_over);
  EXPECT_THAT(facts_, IsEmpty()) << "a statement outside a transaction is nobody's record";
}

TEST_F(SessionMachine, APipelineKeepsItsServerUntilItsLastSync) {
  link(first_);
  for (int i = 0; i < 2; ++i) {
    for (const std::string& each : {parse("", "SELECT 1"), bind(""), execute(), sync()}) say(each);
  }
  for (int i = 0; i < 2; ++i) {
    for (const std::string& each : {bare('1'), bare('2'), done("SELECT 1")}) answer(each);
    EXPECT_EQ(answer(ready(idle)).released, i == 1);
  }
}

TEST_F(SessionMachine, AfterAnErrorTheServerSkipsToTheNextSync) {
  link(first_);
  for (const std::string& each : {parse("", "SELECT 1/0"), bind(""), execute(), sync(), query("SELECT 2")}) say(each);
  answer(bare('1'));
  answer(bare('2'));
  answer(error("22012", "division by zero"));
  EXPECT_FALSE(answer(ready(idle)).released) << "the query behind the Sync is still to be answered";
  answer(done("SELECT 1"));
  EXPECT_TRUE(answer(ready(idle)).released);
}

TEST_F(SessionMachine, ACopyReadsTheSyncThatWasSentBeforeItBegan) {
  link(first_);
  for (const std::string& each : {parse("", "COPY item FROM STDIN"), bind(""), execute(), sync()}) say(each);
  for (const std::string& each : {bare('1'), bare('2'), bare('G')}) answer(each);
  say(bare('d'));
  say(bare('c'));
  say(sync());
  answer(done("COPY 1"));
  EXPECT_TRUE(answer(ready(idle)).released);
}

TEST_F(SessionMachine, WhatMayOutliveTheTransactionIsAskedAboutOnceItIsOver) {
  link(first_);
  say(query("LISTEN changes"));
  answer(done("LISTEN"));
  out_ = {};
  EXPECT_FALSE(answer(ready(idle)).released);
  EXPECT_THAT(out_.to_server, HasSubstr("pg_listening_channels"));
  answer(error("42501", "permission denied"));
  EXPECT_FALSE(answer(ready(idle)).released);
  EXPECT_THAT(session_->pins(), SizeIs(1)) << "what could not be looked at stays";
}

TEST_F(SessionMachine, AQuestionThatALateCancelHasHitIsAskedOnceMore) {
  link(first_);
  say(query("LISTEN changes"));
  EXPECT_TRUE(session_->works_for_client());
  answer(done("LISTEN"));
  answer(ready(idle));
  EXPECT_FALSE(session_->works_for_client()) << "what it is asked is not the client's to cancel";
  for (const bool again : {true, false}) {
    out_ = {};
    EXPECT_NE(answer(error("57014", "canceling statement")).skip, 0U);
    EXPECT_FALSE(answer(ready(idle)).released);
    EXPECT_EQ(out_.to_server.contains("pg_listening_channels"), again);
  }
  EXPECT_THAT(session_->pins(), SizeIs(1)) << "it is not asked for ever: statement_timeout has the same code";
}

TEST_F(SessionMachine, AnAnswerAllowsAQuestionOnceMoreAfterTheNextLateCancel) {
  const std::vector<std::optional<std::string_view>> listening = {
      "1", "0", "0", "0", "0", std::nullopt, std::nullopt, std::nullopt, "none", "app", "f"};
  std::string row;
  pg::append_data_row(row, listening);
  first_.fresh.user = "app";
  link(first_);
  for (int cancel = 0; cancel < 3; ++cancel) {
    say(query("LISTEN changes"));
    answer(done("LISTEN"));
    answer(ready(idle));
    answer(error("57014", "canceling statement"));
    answer(ready(idle));
    for (const std::string& each : {row, done("SELECT 1"), ready(idle)}) answer(each);
    EXPECT_THAT(session_->pins(), ElementsAre(HasSubstr("LISTEN"))) << "after cancel " << cancel;
  }
}

TEST_F(SessionMachine, WhatIsTakenAwayWhileItIsAskedAboutIsAskedAboutAgain) {
  link(first_);
  say(query("LISTEN changes"));
  answer(done("LISTEN"));
  answer(ready(idle));
  say(query("UNLISTEN *"));
  answer(done("SELECT 1"));
  answer(ready(idle));
  answer(done("UNLISTEN"));
  out_ = {};
  EXPECT_FALSE(answer(ready(idle)).released);
  EXPECT_THAT(out_.to_server, HasSubstr("pg_listening_channels"));
}

TEST_F(SessionMachine, ParametersFollowTheClient) {
  session_->parameters = {{"TimeZone", "Asia/Tokyo"}};
  first_.parameters = {{"TimeZone", "UTC"}};
  link(first_);
  EXPECT_THAT(out_.to_server, HasSubstr("set_config(E'TimeZone', E'Asia/Tokyo', false)"));
  say(query("SELECT 1"));
  EXPECT_NE(answer(done("SELECT 1")).skip, 0U);
  EXPECT_FALSE(session_->works_for_client()) << "its parameters are ours";
  EXPECT_FALSE(answer(ready(idle)).released);
  EXPECT_TRUE(session_->works_for_client());
  EXPECT_EQ(answer(done("SELECT 1")).skip, 0U);
  EXPECT_TRUE(answer(ready(idle)).released);
}

TEST_F(SessionMachine, WhatWasAskedForIsKnownInTheServersWords) {
  session_->parameters = {{"TimeZone", "utc"}};
  first_.parameters = {{"TimeZone", "Asia/Tokyo"}};
  link(first_);
  EXPECT_THAT(out_.to_server, HasSubstr("utc"));
  std::string report;
  pg::append_parameter_status(report, "TimeZone", "UTC");
  EXPECT_GT(answer(report).skip, 0U) << "the client has been told at its login";
  EXPECT_EQ(session_->parameters.find("TimeZone"), "UTC");
  for (const std::string& each : {done("SELECT 1"), ready(idle)}) answer(each);
  session_->unlink();
  out_ = {};
  link(first_);
  EXPECT_THAT(out_.to_server, IsEmpty()) << "it is not set again";
}

TEST_F(SessionMachine, WhatIsNotReportedDoesNotFollow) {
  for (const bool is_reported : {false, true}) {
    Server server{10};
    if (is_reported) server.parameters.set("default_transaction_read_only", "off");
    begin(Mode::transaction);
    link(server);
    say(query("SET default_transaction_read_only = on"));
    answer(done("SET"));
    EXPECT_EQ(answer(ready(idle)).released, is_reported);
  }
}

TEST_F(SessionMachine, ATransactionIsRememberedStatementByStatement) {
  link(first_);
  for (const char* sql : {"BEGIN", "UPDATE item SET price = 1 WHERE id = 7"}) {
    say(query(sql));
    answer(done(sql[0] == 'B' ? "BEGIN" : "UPDATE 3"));
    answer(ready(open));
  }
  const model::RecordedClient client = session_->recorded(now_);
  EXPECT_EQ(client.state, model::ClientState::idle_in_transaction);
  ASSERT_TRUE(client.transaction);
  EXPECT_EQ(client.transaction->statements(), 2);
  EXPECT_EQ(client.transaction->rows_written(), 3);
  say(query("COMMIT"));
  answer(done("COMMIT"));
  EXPECT_TRUE(answer(ready(idle)).released);
  ASSERT_THAT(facts_, SizeIs(1));
  const auto& over = std::get<model::TransactionOver>(facts_.front().what);
  EXPECT_EQ(over.end, model::TransactionEnd::committed);
  EXPECT_EQ(over.record->statements(), 3);
}

TEST_F(SessionMachine, ACommitWithNothingOpenIsAnOddityInTheServersWords) {
  link(first_);
  say(query("COMMIT"));
  std::string warning;
  pg::append_notice(warning, {.severity = "WARNING",
                              .sqlstate = "25P01",
                              .message = "there is no transaction in progress",
                              .detail = {},
                              .hint = {}});
  answer(warning);
  answer(done("COMMIT"));
  answer(ready(idle));
  ASSERT_THAT(facts_, SizeIs(1));
  EXPECT_EQ(std::get<model::ClientOddity>(facts_.front().what).kind, model::OddityKind::foreign_commit);
}

TEST_F(SessionMachine, AConnectionLostBehindACommitIsUnknown) {
  link(first_);
  say(query("BEGIN"));
  answer(done("BEGIN"));
  answer(ready(open));
  say(query("COMMIT"));
  EXPECT_TRUE(session_->commit_under_way());
  session_->lost_server(model::TransactionEnd::terminated, tick());
  ASSERT_THAT(facts_, SizeIs(1));
  EXPECT_EQ(std::get<model::TransactionOver>(facts_.front().what).end, model::TransactionEnd::unknown);
}

TEST_F(SessionMachine, AnAbandonedTransactionIsRolledBackAndItsServerFreed) {
  link(first_);
  say(query("BEGIN"));
  answer(done("BEGIN"));
  answer(ready(open));
  out_ = {};
  EXPECT_FALSE(session_->abandon(model::TransactionEnd::abandoned, out_, tick()).released);
  EXPECT_THAT(out_.to_server, HasSubstr("ROLLBACK"));
  EXPECT_NE(answer(done("ROLLBACK")).skip, 0U);
  EXPECT_TRUE(answer(ready(idle)).released);
}

TEST_F(SessionMachine, APipelineThatIsLeftWithoutItsSyncIsNeverCommitted) {
  link(first_);
  for (const std::string& each : {parse("", "UPDATE item SET price = 1"), bind(""), execute()}) say(each);
  for (const std::string& each : {bare('1'), bare('2'), done("UPDATE 1")}) answer(each);
  out_ = {};
  EXPECT_FALSE(session_->abandon(model::TransactionEnd::abandoned, out_, tick()).broken.empty())
      << "the connection is to be closed";
  EXPECT_THAT(out_.to_server, IsEmpty());
}

TEST_F(SessionMachine, AServerThatAnswersOutOfTurnIsNotUsedAgain) {
  link(first_);
  EXPECT_FALSE(answer(bare('2')).broken.empty());
  say(query("SELECT 1"));
  EXPECT_FALSE(answer(bare('1')).broken.empty());
}

TEST_F(SessionMachine, WhoHasDoneNothingYetIsIdleSinceItConnected) {
  model::ClientIdentity who = *who_;
  who.connected_at = tick();
  who_ = std::make_shared<const model::ClientIdentity>(who);
  begin(Mode::session);
  EXPECT_EQ(session_->recorded(tick()).state_since, who.connected_at);
  link(first_);
  EXPECT_EQ(session_->recorded(tick()).state_since, who.connected_at) << "a server alone is nothing it has done";
}

TEST_F(SessionMachine, InSessionModeNothingIsRewrittenAndNothingFreed) {
  begin(Mode::session);
  link(first_);
  EXPECT_EQ(say(parse("mine", "SELECT 1")).skip, 0U);
  EXPECT_EQ(say(bind("mine")).skip, 0U);
  say(execute());
  say(sync());
  for (const std::string& each : {bare('1'), bare('2'), done("SELECT 1")}) answer(each);
  EXPECT_FALSE(answer(ready(idle)).released);
  EXPECT_THAT(out_.to_server, IsEmpty());
}

TEST_F(SessionMachine, WhatCannotBeReadIsTheServersToRefuse) {
  link(first_);
  EXPECT_EQ(say(bare('Q')).skip, 0U);
  answer(error("08P01", "invalid string in message"));
  EXPECT_TRUE(answer(ready(idle)).released);
}

// The statements of the open transaction, folded.
std::vector<model::FoldedRun> folds_of(const Session& session) {
  return session.recorded(model::WallTime{2'000'000s}).transaction.value().first();
}

TEST_F(SessionMachine, LiteralsAndBoundValuesTellSameFromDifferentRuns) {
  link(first_);
  const auto runs = [&](const std::string& message, const std::string& tag) {
    static_cast<void>(say(message));
    static_cast<void>(answer(done(tag)));
    static_cast<void>(answer(ready(open)));
  };
  runs(query("BEGIN"), "BEGIN");
  for (const char* sql : {"SELECT a FROM t WHERE id = 7", "SELECT a FROM t WHERE id = 7"}) runs(query(sql), "SELECT 1");
  for (const char* sql : {"SELECT b FROM t WHERE id = 7", "SELECT b FROM t WHERE id = 8"}) runs(query(sql), "SELECT 1");
  const auto folds = folds_of(*session_);
  ASSERT_THAT(folds, SizeIs(3));
  EXPECT_TRUE(folds[1].same_parameters);
  EXPECT_FALSE(folds[2].same_parameters);
  EXPECT_EQ(folds[1].first.statement->text, "SELECT a FROM t WHERE id = ?") << "the literal itself is not kept";
}

TEST_F(SessionMachine, LiteralsAreKeptWhereTheConfigurationSaysSo) {
  SessionSettings settings;
  settings.mode = Mode::transaction;
  settings.keep_literals = true;
  settings.parameters = false;
  session_ = std::make_unique<Session>(settings, Shared{statements_, registry_, facts_}, who_);
  link(first_);
  const std::string longer = "SELECT '" + std::string(most_literal, 'x') + "'";
  for (const std::string& sql : {std::string("BEGIN"), std::string("SELECT a FROM t WHERE id = 7"), longer}) {
    static_cast<void>(say(query(sql)));
    static_cast<void>(answer(done("SELECT 1")));
    static_cast<void>(answer(ready(open)));
  }
  const auto folds = folds_of(*session_);
  ASSERT_THAT(folds, SizeIs(3));
  EXPECT_EQ(folds[1].first.statement->text, "SELECT a FROM t WHERE id = 7");
  EXPECT_FALSE(folds[1].first.parameters.has_value());
  EXPECT_EQ(folds[2].first.statement->text.size(), most_literal);
  EXPECT_TRUE(folds[2].first.statement->truncated);
}

}  // namespace
}  // namespace lockkeeper::track::postgres
