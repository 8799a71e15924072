// The session machine, played by hand: what goes where, when a server connection is free, what is remembered.
#include "track/postgres/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "track/statement.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::track::postgres {
namespace {

namespace pg = wire::postgres;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// One client with two servers to be given. Time goes on by a second with every message.
class SessionMachine : public ::testing::Test {
 protected:
  void SetUp() override {
    model::ClientIdentity who;
    who.id = 7;
    who.user = "app";
    who_ = std::make_shared<const model::ClientIdentity>(who);
    begin(Mode::transaction);
  }
  void begin(Mode mode) {
    SessionSettings settings;
    settings.mode = mode;
    session_ = std::make_unique<Session>(settings, Shared{statements_, registry_, facts_}, who_);
  }
  void link(Server& server) { session_->link(server, {4711, model::WallTime{1s}}, "127.0.0.1:1", out_, tick()); }
  model::WallTime tick() { return now_ += 1s; }

  Step say(const std::string& message) { return session_->client(whole(message), out_, tick()); }
  Step answer(const std::string& message) { return session_->server(whole(message), out_, tick()); }
  static Message whole(const std::string& message) {
    return {message.front(), static_cast<std::uint32_t>(message.size() - pg::header_size),
            std::string_view(message).substr(pg::header_size)};
  }

  static std::string query(std::string_view sql) {
    std::string bytes;
    pg::append_query(bytes, sql);
    return bytes;
  }
  static std::string parse(std::string_view name, std::string_view sql) {
    std::string bytes;
    pg::append_parse(bytes, name, sql, std::string_view("\0\0", 2));
    return bytes;
  }
  static std::string bind(std::string_view statement) {
    std::string bytes;
    pg::append_bind_head(bytes, "", statement, 6);
    return bytes + std::string(6, '\0');
  }
  static std::string execute() {
    std::string bytes;
    pg::append_execute(bytes, "", 0);
    return bytes;
  }
  static std::string sync() {
    std::string bytes;
    pg::append_sync(bytes);
    return bytes;
  }
  static std::string ready(pg::TransactionStatus status) {
    std::string bytes;
    pg::append_ready(bytes, status);
    return bytes;
  }
  static std::string done(std::string_view tag) {
    std::string bytes;
    pg::append_command_complete(bytes, tag);
    return bytes;
  }
  static std::string error(std::string_view sqlstate, std::string_view message) {
    std::string bytes;
    pg::append_error(bytes, {.severity = "ERROR", .sqlstate = sqlstate, .message = message, .detail = {}, .hint = {}});
    return bytes;
  }
  static std::string bare(char type) {
    std::string bytes;
    pg::append_message(bytes, type, {});
    return bytes;
  }

  static constexpr auto idle = pg::TransactionStatus::idle;
  static constexpr auto open = pg::TransactionStatus::open;

  StatementCache statements_;
  PreparedRegistry registry_{0};
  Facts facts_;
  std::shared_ptr<const model::ClientIdentity> who_;
  std::unique_ptr<Session> session_;
  Server first_{10};
  Server second_{10};
  Output out_;
  model::WallTime now_{1'000'000s};
};

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

TEST_F(SessionMachine, PreparedStatementsAreMadeAgainOnAnotherServer) {
  link(first_);
  EXPECT_GT(say(parse("mine", "SELECT 1")).skip, 0U);
  EXPECT_THAT(out_.to_server, HasSubstr("lockkeeper_0_1"));
  EXPECT_THAT(out_.to_server, Not(HasSubstr("mine")));
  say(sync());
  answer(bare('3'));  // Of the name that the server might have had.
  answer(bare('1'));
  ASSERT_TRUE(answer(ready(idle)).released);
  session_->unlink();
  out_ = {};
  link(second_);
  say(bind("mine"));
  EXPECT_THAT(out_.to_server, HasSubstr("SELECT 1"));
  say(execute());
  say(sync());
  EXPECT_NE(answer(bare('3')).skip, 0U);
  EXPECT_NE(answer(bare('1')).skip, 0U) << "an answer to us, not to the client";
  EXPECT_EQ(answer(bare('2')).skip, 0U);
  answer(done("SELECT 1"));
  EXPECT_TRUE(answer(ready(idle)).released);
}

TEST_F(SessionMachine, ErrorsSpeakOfNamesAsTheClientDoes) {
  link(first_);
  say(parse("mine", "SELECT 1"));
  say(sync());
  answer(bare('3'));
  answer(bare('1'));
  answer(ready(idle));
  out_ = {};
  say(parse("mine", "SELECT 2"));
  say(sync());
  answer(error("42P05", "prepared statement \"lockkeeper_0_1\" already exists"));
  EXPECT_THAT(out_.to_client, HasSubstr("\"mine\" already exists"));
}

TEST_F(SessionMachine, ADeallocateOfTheExtendedProtocolIsTheClientsNameInTheRecordAndOursOnTheServer) {
  link(first_);
  say(parse("mine", "SELECT 1"));
  say(sync());
  answer(bare('3'));
  answer(bare('1'));
  answer(ready(idle));
  say(query("BEGIN"));
  answer(done("BEGIN"));
  answer(ready(open));
  out_ = {};
  EXPECT_GT(say(parse("", "DEALLOCATE mine")).skip, 0U);
  EXPECT_THAT(out_.to_server, HasSubstr("DEALLOCATE lockkeeper_0_1"));
  say(bind(""));
  say(execute());
  say(sync());
  answer(bare('1'));
  answer(bare('2'));
  answer(done("DEALLOCATE"));
  answer(ready(open));
  const model::RecordedClient client = session_->recorded(now_);
  ASSERT_TRUE(client.transaction);
  ASSERT_THAT(client.transaction->last(), IsEmpty());
  ASSERT_THAT(client.transaction->first(), SizeIs(2));
  EXPECT_EQ(client.transaction->first().back().first.statement, statements_.seen("DEALLOCATE mine").statement);
  out_ = {};
  EXPECT_EQ(say(bind("mine")).skip, 0U) << "as it is: the server says that there is none";
  EXPECT_THAT(out_.to_server, IsEmpty());
}

TEST_F(SessionMachine, AnUnnamedStatementOfOthersIsNeverRun) {
  link(first_);
  say(bind(""));
  EXPECT_EQ(out_.to_server.front(), pg::frontend::close) << "whatever was left there goes first";
}

TEST_F(SessionMachine, WhatMayOutliveTheTransactionIsAskedAboutOnceItIsOver) {
  link(first_);
  say(query("LISTEN changes"));
  answer(done("LISTEN"));
  out_ = {};
  EXPECT_FALSE(answer(ready(idle)).released);
  EXPECT_THAT(out_.to_server, HasSubstr("pg_listening_channels"));
  answer(error("57014", "canceling statement"));
  answer(ready(idle));
  EXPECT_THAT(session_->pins(), SizeIs(1)) << "what could not be looked at stays";
}

TEST_F(SessionMachine, ParametersFollowTheClient) {
  session_->parameters = {{"TimeZone", "Asia/Tokyo"}};
  first_.parameters = {{"TimeZone", "UTC"}};
  link(first_);
  EXPECT_THAT(out_.to_server, HasSubstr("set_config(E'TimeZone', E'Asia/Tokyo', false)"));
  say(query("SELECT 1"));
  EXPECT_NE(answer(done("SELECT 1")).skip, 0U);
  EXPECT_FALSE(answer(ready(idle)).released);
  EXPECT_EQ(answer(done("SELECT 1")).skip, 0U);
  EXPECT_TRUE(answer(ready(idle)).released);
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
