// The session machine, played by hand: prepared statements under names that clients and servers have for them.
#include "track/session_machine.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>

namespace lockkeeper::track::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

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

TEST_F(SessionMachine, AStatementIsSharedWhereItsTextMeansTheSame) {
  const std::string text = "SELECT '2026-01-02 03:04'::timestamptz";
  for (const std::string zone : {"UTC", "UTC", "Asia/Tokyo", "UTC", "Asia/Tokyo"}) {
    const bool is_first = registry_.size() < (zone == "UTC" ? 1U : 2U);
    begin(Mode::transaction);
    session_->parameters = {{"TimeZone", zone}};
    link(first_);
    out_ = {};
    say(parse("mine", text));
    EXPECT_EQ(out_.to_server.contains(text), is_first) << zone;
    EXPECT_EQ(out_.to_client.empty(), is_first) << zone << ": who shares it is answered at once";
    say(sync());
    if (is_first) {
      answer(bare('3'));
      answer(bare('1'));
    }
    ASSERT_TRUE(answer(ready(idle)).released);
    session_->unlink();
  }
  EXPECT_EQ(registry_.size(), 2U);
}

TEST_F(SessionMachine, AStatementThatIsMadeAgainIsReadAsTheClientsParametersSayNow) {
  const std::string text = "SELECT '2026-01-02 03:04'::timestamptz";
  const auto prepare = [&](Server& server, const std::string& zone) {
    begin(Mode::transaction);
    session_->parameters = {{"TimeZone", zone}};
    link(server);
    out_ = {};
    say(parse("mine", text));
    say(sync());
    const bool is_made = out_.to_server.contains(text);
    if (is_made) answer(bare('3'));
    if (is_made) answer(bare('1'));
    EXPECT_TRUE(answer(ready(idle)).released);
    return is_made;
  };
  EXPECT_TRUE(prepare(first_, "UTC"));
  session_->unlink();
  session_->parameters.set("TimeZone", "Asia/Tokyo");
  link(second_);
  out_ = {};
  for (const std::string& each : {bind("mine"), execute(), sync()}) say(each);
  EXPECT_THAT(out_.to_server, HasSubstr(text));
  for (const std::string& each : {bare('3'), bare('1'), bare('2'), done("SELECT 1")}) answer(each);
  EXPECT_TRUE(answer(ready(idle)).released);
  session_->unlink();
  EXPECT_TRUE(prepare(second_, "UTC")) << "what is there was read in Tokyo";
  session_->unlink();
  EXPECT_FALSE(prepare(second_, "Asia/Tokyo"));
}

// What is prepared behind these, in one pipeline: is it what others share?
TEST_F(SessionMachine, OnlyWhatDecidesHowTextsAreReadKeepsStatementsApart) {
  const auto is_shared = [&](const std::string& setting) {
    bool shared = false;
    for (const bool sets : {false, true}) {
      begin(Mode::transaction);
      link(first_);
      out_ = {};
      if (sets) say(query(setting));
      say(parse("mine", "SELECT 1"));
      shared = out_.to_server.contains(std::string("lockkeeper_0_1\0SELECT 1", 23));
      session_->unlink();
    }
    return shared;
  };
  for (const std::string setting : {"SELECT set_config('app.tenant', '7', true)",
                                    "SELECT set_config('app.tenant', '7', false)", "SET LOCAL statement_timeout = 100",
                                    "SET application_name = 'shop'", "SET my.tenant = '7'", "SET LOCAL a.b = 1"})
    EXPECT_TRUE(is_shared(setting)) << setting;
  for (const std::string setting :
       {"SET TimeZone = 'Asia/Tokyo'", "SET TIME ZONE 'Asia/Tokyo'", "SET LOCAL TIME ZONE 'Asia/Tokyo'",
        "RESET timezone", "SET NAMES 'LATIN1'", "SET LOCAL DateStyle = German", "SET transform_null_equals = on",
        "SELECT set_config('DateStyle', 'German', false)", "SELECT set_config('DateStyle', 'German', true)",
        "SELECT set_config($1, 'German', false)", "CREATE TEMP TABLE item (id integer)"})
    EXPECT_FALSE(is_shared(setting)) << setting;
}

TEST_F(SessionMachine, AStatementThatNamesAMomentIsEachClientsOwn) {
  for (int client = 0; client < 2; ++client) {
    begin(Mode::transaction);
    link(first_);
    out_ = {};
    say(parse("mine", "SELECT 'now'::timestamptz"));
    EXPECT_THAT(out_.to_server, HasSubstr("SELECT 'now'::timestamptz"));
    say(sync());
    for (const std::string& each : {bare('3'), bare('1'), ready(idle)}) answer(each);
    out_ = {};
    say(bind("mine"));
    EXPECT_THAT(out_.to_server, Not(HasSubstr("SELECT"))) << "its own goes on meaning what it did";
    session_->unlink();
  }
}

TEST_F(SessionMachine, AQueryOfOursDropsTheUnnamedStatement) {
  link(first_);
  say(query("BEGIN"));
  answer(done("BEGIN"));
  answer(ready(open));
  for (const std::string& each : {parse("", "SELECT 1"), sync()}) say(each);
  answer(bare('1'));
  answer(ready(open));
  out_ = {};
  static_cast<void>(session_->abandon(model::TransactionEnd::abandoned, out_, tick()));
  EXPECT_THAT(out_.to_server, HasSubstr("ROLLBACK"));
  EXPECT_EQ(first_.unnamed, nullptr) << "who means the same by it has it made again";
}

TEST_F(SessionMachine, ACloseOfANameOfOursMeansNoneOfOurs) {
  link(first_);
  prepare("mine", "SELECT 1");
  std::string close;
  pg::append_close(close, pg::Target::statement, "lockkeeper_0_1");
  EXPECT_GT(say(close).skip, 0U);
  EXPECT_THAT(out_.to_server, Not(HasSubstr("lockkeeper_0_1")));
}

TEST_F(SessionMachine, ErrorsSpeakOfNamesAsTheClientDoes) {
  link(first_);
  prepare("mine", "SELECT 1");
  say(parse("mine", "SELECT 2"));
  say(sync());
  for (const std::string& each : {bare('3'), bare('1')}) answer(each);  // Of what stands in for it.
  answer(error("42P05", "prepared statement \"lockkeeper_stand_in\" already exists"));
  EXPECT_THAT(out_.to_client, HasSubstr("\"mine\" already exists"));
}

TEST_F(SessionMachine, ADeallocateOfTheExtendedProtocolIsTheClientsNameInTheRecordAndOursOnTheServer) {
  link(first_);
  prepare("mine", "SELECT 1");
  say(query("BEGIN"));
  answer(done("BEGIN"));
  answer(ready(open));
  out_ = {};
  EXPECT_GT(say(parse("", "DEALLOCATE mine")).skip, 0U);
  EXPECT_THAT(out_.to_server, HasSubstr("DEALLOCATE lockkeeper_stand_in")) << "others share the statement itself";
  say(bind(""));
  say(execute());
  say(sync());
  for (const std::string& each : {bare('1'), bare('2'), bare('3'), bare('1')}) answer(each);
  answer(done("DEALLOCATE"));
  answer(ready(open));
  const model::RecordedClient client = session_->recorded(now_);
  ASSERT_TRUE(client.transaction);
  ASSERT_THAT(client.transaction->last(), IsEmpty());
  ASSERT_THAT(client.transaction->first(), SizeIs(2));
  EXPECT_EQ(client.transaction->first().back().first.statement,
            (Seeing{statements_, sql::Backslashes::plain}("DEALLOCATE mine")).statement);
  out_ = {};
  EXPECT_EQ(say(bind("mine")).skip, 0U) << "as it is: the server says that there is none";
  EXPECT_THAT(out_.to_server, IsEmpty());
}

// The first batch may be skipped for an error in it, and then the name is free.
TEST_F(SessionMachine, ANameWaitsForTheBatchBeforeThatDecidesWhatItIs) {
  for (const bool fails : {false, true}) {
    begin(Mode::transaction);
    Server server{10};
    link(server);
    const std::string name = fails ? "a" : "b";
    for (const std::string& each : {parse("", "SELECT 1"), bind(""), execute(), parse(name, "SELECT 2"), sync()})
      EXPECT_FALSE(say(each).held);
    EXPECT_FALSE(say(parse("other", "SELECT 3")).held) << "nothing that is open decides about that";
    out_ = {};
    EXPECT_TRUE(say(parse(name, "SELECT 4")).held);
    EXPECT_TRUE(session_->holds_client());
    EXPECT_THAT(out_.to_server, IsEmpty());
    for (const std::string& each : {bare('1'), bare('2')}) answer(each);
    if (fails) {
      answer(error("22012", "division by zero"));
    } else {
      for (const std::string& each : {done("SELECT 1"), bare('3'), bare('1')}) answer(each);
    }
    EXPECT_FALSE(session_->holds_client());
    answer(ready(idle));
    out_ = {};
    EXPECT_FALSE(say(parse(name, "SELECT 4")).held);
    EXPECT_EQ(out_.to_server.contains(stand_in), !fails) << "taken, or free";
    session_->unlink();
    out_ = {};
  }
}

// Of one text: what answers the client's own unnamed statement says nothing of the one that others share.
TEST_F(SessionMachine, AStatementThatIsMadeWaitsForItsOwnAnswer) {
  link(first_);
  prepare("mine", "SELECT 1");
  session_->unlink();
  link(second_);
  for (const std::string& each : {parse("", "SELECT 1"), bind(""), execute(), sync()}) say(each);
  std::string nobody;
  pg::append_describe(nobody, pg::Target::portal, "nobody");
  for (const std::string& each : {nobody, bind("mine"), execute(), sync()}) EXPECT_FALSE(say(each).held);
  answer(bare('1'));
  EXPECT_TRUE(say(bind("mine")).held) << "it may be skipped";
  for (const std::string& each : {bare('2'), done("SELECT 1"), ready(idle)}) answer(each);
  EXPECT_TRUE(session_->holds_client());
  answer(error("34000", "portal \"nobody\" does not exist"));
  answer(ready(idle));
  EXPECT_FALSE(session_->holds_client());
  out_ = {};
  EXPECT_FALSE(say(bind("mine")).held);
  EXPECT_THAT(out_.to_server, HasSubstr("SELECT 1")) << "made once more";
}

// Each would have to remember all names.
TEST_F(SessionMachine, ADeallocateAllWaitsForTheOneBefore) {
  link(first_);
  prepare("mine", "SELECT 1");
  EXPECT_FALSE(say(query("DEALLOCATE ALL")).held);
  EXPECT_TRUE(say(query("DEALLOCATE ALL")).held);
  answer(done("DEALLOCATE ALL"));
  EXPECT_FALSE(session_->holds_client());
  EXPECT_FALSE(say(query("DEALLOCATE ALL")).held);
}

// What was the unnamed one alone has no name there that would have to be closed.
TEST_F(SessionMachine, OnlyNamesThatAreThereAreClosedLater) {
  link(first_);
  say(parse("", "SELECT 1"));
  first_.forget(*first_.unnamed);
  EXPECT_THAT(first_.take_forgotten(), IsEmpty());
  EXPECT_EQ(first_.unnamed, nullptr);
}

// The server reads it as COPY data, and refuses it: nothing that the message would have to wait for.
TEST_F(SessionMachine, ANameWaitsForNothingOnceACopyHasBegun) {
  link(first_);
  for (const std::string& each : {parse("", "SELECT 1"), sync()}) say(each);
  answer(bare('1'));
  answer(ready(open));
  say(query("COPY item FROM STDIN"));
  EXPECT_TRUE(say(bind("")).held) << "the query drops the unnamed statement, if it is done";
  answer(bare('G'));
  EXPECT_FALSE(session_->holds_client());
  EXPECT_FALSE(say(bind("")).held);
}

TEST_F(SessionMachine, AnUnnamedStatementOfOthersIsNeverRun) {
  link(first_);
  say(bind(""));
  EXPECT_EQ(out_.to_server.front(), pg::frontend::close) << "whatever was left there goes first";
}

TEST_F(SessionMachine, AServerThatMakesAStatementAgainWorksForTheClientThatUsesIt) {
  link(first_);
  say(parse("mine", "SELECT 1"));
  answer(bare('1'));
  say(sync());
  answer(ready(idle));
  session_->unlink();
  link(second_);
  EXPECT_FALSE(session_->works_for_client());
  say(bind("mine"));
  say(execute());
  say(sync());
  EXPECT_NE(answer(bare('3')).skip, 0U) << "made there before it is used";
  EXPECT_TRUE(session_->works_for_client()) << "the server keeps its answers until the Sync: it may run already";
}

TEST_F(SessionMachine, NamedStatementsCanBeOff) {
  for (const Mode mode : {Mode::transaction, Mode::session}) {
    SessionSettings settings;
    settings.mode = mode;
    settings.named_statements = false;
    session_ = std::make_unique<Session>(settings, Shared{statements_, registry_, facts_}, who_);
    link(first_);
    EXPECT_EQ(say(parse("", "SELECT 1")).refused, "") << "the unnamed one is no cost to the server";
    const bool refused = say(parse("mine", "SELECT 1")).refused.contains("max_prepared_statements = 0");
    EXPECT_EQ(refused, mode == Mode::transaction) << "in session mode the server connection is its own";
  }
}

}  // namespace
}  // namespace lockkeeper::track::postgres
