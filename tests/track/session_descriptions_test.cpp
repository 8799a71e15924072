// The session machine, played by hand: what a client was told of its prepared statement, and what that is where the
// statement is made again.
#include "track/session_machine.hpp"

#include <gmock/gmock.h>

#include <string>

namespace lockkeeper::track::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SessionDescriptions : public SessionMachine {
 protected:
  // Of client 0, on the first server: one column of this name.
  void tell(const std::string& name) {
    link(first_);
    prepare("mine", "SELECT * FROM item");
    for (const std::string& each : {describe("mine"), sync()}) say(each);
    for (const std::string& each : {no_parameters(), column(name)}) EXPECT_EQ(answer(each).skip, 0U);
    ASSERT_TRUE(answer(ready(idle)).released);
    session_->unlink();
    out_ = {};
  }
  // On the second one, where it is made; what was asked is answered.
  void use(const std::string& message, const std::string& name) {
    link(second_);
    EXPECT_TRUE(say(message).held);
    EXPECT_THAT(out_.to_server, HasSubstr("SELECT * FROM item"));
    EXPECT_TRUE(session_->holds_client());
    EXPECT_TRUE(session_->works_for_client()) << "a cancel request is for it";
    EXPECT_TRUE(say(message).held) << "more has come of the client, not of the server";
    for (const std::string& each : {bare('3'), bare('1'), no_parameters()}) EXPECT_NE(answer(each).skip, 0U);
    EXPECT_TRUE(session_->holds_client());
    EXPECT_NE(answer(column(name)).skip, 0U) << "an answer to us, not to the client";
    EXPECT_FALSE(session_->holds_client());
    out_ = {};
  }
};

TEST_F(SessionDescriptions, AreComparedBeforeWhatDependsOnThem) {
  tell("id");
  use(bind("mine"), "id");
  EXPECT_FALSE(say(bind("mine")).held);
  EXPECT_THAT(out_.to_server, HasSubstr("lockkeeper_0_1"));
  for (const std::string& each : {execute(), sync()}) EXPECT_FALSE(say(each).held);
  for (const std::string& each : {bare('2'), done("SELECT 1")}) EXPECT_EQ(answer(each).skip, 0U);
  EXPECT_TRUE(answer(ready(idle)).released);
  out_ = {};
  EXPECT_FALSE(say(bind("mine")).held) << "it is there now";
}

TEST_F(SessionDescriptions, ThatHaveChangedAreAnErrorUntilTheClientPreparesAgain) {
  tell("id");
  for (const std::string& message : {bind("mine"), describe("mine")}) {
    use(message, "number");
    EXPECT_GT(say(message).skip, 0U);
    EXPECT_THAT(out_.to_server, Not(HasSubstr("lockkeeper_0_1"))) << "nothing is run with it";
    for (const std::string& each : {execute(), sync()}) say(each);
    EXPECT_NE(answer(error("26000", "prepared statement \"lockkeeper: changed\" does not exist")).skip, 0U);
    EXPECT_THAT(out_.to_client, HasSubstr("cached plan must not change result type"));
    EXPECT_THAT(out_.to_client, HasSubstr("RevalidateCachedQuery")) << "pgjdbc knows it by that";
    EXPECT_TRUE(answer(ready(idle)).released);
    session_->unlink();
    out_ = {};
  }
  link(second_);
  say(parse("other", "SELECT * FROM item"));
  EXPECT_THAT(out_.to_server, HasSubstr("lockkeeper_0_2")) << "who prepares it now shares nothing with it";
}

TEST_F(SessionDescriptions, AnErrorOfTheStatementThatIsMadeAgainEndsTheWait) {
  tell("id");
  link(second_);
  EXPECT_TRUE(say(bind("mine")).held);
  answer(bare('3'));
  out_ = {};
  answer(error("42P01", "relation \"item\" does not exist"));
  EXPECT_THAT(out_.to_client, HasSubstr("relation \"item\"")) << "the client's to hear";
  EXPECT_FALSE(session_->holds_client());
  EXPECT_FALSE(say(bind("mine")).held) << "the server skips it";
  for (const std::string& each : {execute(), sync()}) say(each);
  EXPECT_TRUE(answer(ready(idle)).released);
}

TEST_F(SessionDescriptions, OfWhatAClientPreparesItselfAreItsOwnWhereTheyAreOthers) {
  tell("id");
  for (const std::string name : {"id", "number"}) {
    begin(Mode::transaction);
    Server server{10};
    link(server);
    for (const std::string& each : {parse("other", "SELECT * FROM item"), bind("other"), execute(), sync()})
      EXPECT_FALSE(say(each).held) << "it has been told nothing yet";
    EXPECT_THAT(out_.to_server, HasSubstr("lockkeeper_0_1"));
    EXPECT_NE(answer(bare('3')).skip, 0U);
    EXPECT_EQ(answer(bare('1')).skip, 0U);
    EXPECT_NE(answer(no_parameters()).skip, 0U);
    EXPECT_NE(answer(column(name)).skip, 0U);
    for (const std::string& each : {bare('2'), done("SELECT 1")}) EXPECT_EQ(answer(each).skip, 0U);
    EXPECT_TRUE(answer(ready(idle)).released);
    out_ = {};
    say(bind("other"));
    EXPECT_THAT(out_.to_server, HasSubstr(name == "id" ? "lockkeeper_0_1" : "lockkeeper_0_2"));
    session_->unlink();
    out_ = {};
  }
}

TEST_F(SessionDescriptions, NobodyWaitsWhoHasBeenToldNothing) {
  link(first_);
  prepare("mine", "SELECT * FROM item");
  session_->unlink();
  link(second_);
  EXPECT_FALSE(say(bind("mine")).held);
}

// PostgreSQL keeps the types of its parameters from before a migration.
TEST_F(SessionDescriptions, WhoPreparesWhatHasLongBeenThereIsToldOfToday) {
  for (const bool later : {false, true}) {
    begin(Mode::transaction);
    link(first_);
    if (later) now_ += std::chrono::minutes(5);
    if (!later) prepare("mine", "SELECT * FROM item WHERE id = $1");
    session_->unlink();
    begin(Mode::transaction);
    link(first_);
    say(parse("other", "SELECT * FROM item WHERE id = $1"));
    EXPECT_EQ(out_.to_server.contains("SELECT * FROM item"), later);
    EXPECT_EQ(out_.to_client.empty(), later) << "or answered at once";
    session_->unlink();
    out_ = {};
  }
}

TEST_F(SessionDescriptions, WhoPreparesBehindAChangeOfTablesIsToldOfToday) {
  for (const std::string change : {"SELECT 1", "ALTER TABLE item ADD size int"}) {
    begin(Mode::transaction);
    link(first_);
    say(parse("mine", "SELECT * FROM item"));
    say(sync());
    if (out_.to_client.empty())
      for (const std::string& each : {bare('3'), bare('1')}) answer(each);
    answer(ready(idle));
    for (const std::string& text : {std::string("BEGIN"), change}) {
      say(query(text));
      answer(done(text));
      answer(ready(open));
    }
    say(query("COMMIT"));
    answer(done("COMMIT"));
    answer(ready(idle));
    session_->unlink();
    begin(Mode::transaction);
    link(first_);
    out_ = {};
    say(parse("other", "SELECT * FROM item"));
    EXPECT_EQ(out_.to_client.empty(), change != "SELECT 1") << change;
    session_->unlink();
    out_ = {};
  }
}

}  // namespace
}  // namespace lockkeeper::track::postgres
