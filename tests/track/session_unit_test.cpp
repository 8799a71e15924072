// Who a client is and whose work it does, as far as its bytes and the server's have said.
#include <gmock/gmock.h>

#include <string>

#include "track/session_machine.hpp"

namespace lockkeeper::track::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string tag = "/*traceparent='00-" + trace + "-00f067aa0ba902b7-01'*/";

class SessionUnit : public SessionMachine {
 protected:
  [[nodiscard]] std::string foreseen(const std::string& waiting) {
    session_->foresee(waiting);
    return session_->recorded(now_).unit.value();
  }
  void runs(const std::string& message, const std::string& command, pg::TransactionStatus status) {
    say(message);
    answer(done(command));
    answer(ready(status));
  }
  static std::string begin() { return parse("", "BEGIN") + bind("") + execute(); }
  static std::string told(std::string_view name, std::string_view value) {
    std::string bytes;
    pg::append_parameter_status(bytes, name, value);
    return bytes;
  }
  [[nodiscard]] std::string application() const { return session_->recorded(now_).who->application; }
};

TEST_F(SessionUnit, OfABeginThatWaitsIsTheStatementsBehindIt) {
  // As pgjdbc writes: all of it before the Sync, in one piece.
  EXPECT_EQ(foreseen(begin() + parse("", "UPDATE item SET price = $1 " + tag) + bind("") + execute() + sync()), trace);
  EXPECT_EQ(foreseen(query("BEGIN") + query(tag + " UPDATE item SET price = 1")), trace);
  EXPECT_EQ(foreseen(query("UPDATE item SET price = 1 " + tag)), trace);
}

TEST_F(SessionUnit, OfWhatWaitsIsNoneUntilItSaysSo) {
  const std::string all = begin() + parse("", tag + " INSERT INTO item VALUES (1)");
  EXPECT_EQ(foreseen(begin()), "");
  EXPECT_EQ(foreseen(begin() + bind("unknown") + execute() + sync()), "");
  bool told = false;
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const std::string unit = foreseen(all.substr(0, size));
    EXPECT_TRUE(unit.empty() ? !told : unit == trace) << size << " bytes: " << unit;
    told = told || !unit.empty();
  }
  EXPECT_TRUE(told);
  EXPECT_EQ(foreseen({}), "") << "nothing waits any more";
}

TEST_F(SessionUnit, OfManyMessagesIsNotLookedForToTheEnd) {
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += query("SELECT 1");
  EXPECT_EQ(foreseen(many + query("SELECT 1 " + tag)), "");
}

TEST_F(SessionUnit, OfAStatementThatWasPreparedBeforeIsNotKnown) {
  link(first_);
  for (const std::string& each : {parse("mine", "SELECT 1 " + tag), parse("", "SELECT 1 " + tag), sync()}) say(each);
  for (const std::string& each : {bare('3'), bare('1'), bare('1'), ready(idle)}) answer(each);
  session_->unlink();
  EXPECT_EQ(foreseen(begin() + bind("mine") + execute() + sync()), "") << "another unit's may have prepared it";
  EXPECT_EQ(foreseen(bind("") + execute() + sync()), "");
}

TEST_F(SessionUnit, ThatWasForeseenIsTheTransactions) {
  EXPECT_EQ(foreseen(query("BEGIN") + query("SELECT 1 " + tag)), trace);
  link(first_);
  runs(query("BEGIN"), "BEGIN", open);
  EXPECT_EQ(session_->recorded(now_).unit.value(), trace);
  runs(query("COMMIT"), "COMMIT", idle);
  ASSERT_THAT(facts_, SizeIs(1));
  EXPECT_EQ(std::get<model::TransactionOver>(facts_.front().what).unit.value(), trace);
  EXPECT_EQ(session_->recorded(now_).unit.value(), "");
}

TEST_F(SessionUnit, TheApplicationIsWhatTheServerSaysOfIt) {
  begin_as("");
  link(first_);
  say(query("SET application_name = 'shop'"));
  EXPECT_EQ(application(), "") << "it may be refused";
  EXPECT_EQ(answer(told("application_name", "shop")).skip, 0U);
  EXPECT_EQ(application(), "shop");
  answer(done("SET"));
  answer(ready(idle));
  EXPECT_EQ(session_->who()->id, who_->id);
  runs(query("BEGIN"), "BEGIN", open);
  runs(query("COMMIT"), "COMMIT", idle);
  ASSERT_THAT(facts_, SizeIs(1));
  EXPECT_EQ(std::get<model::TransactionOver>(facts_.front().what).client->application, "shop");
}

TEST_F(SessionUnit, TheApplicationOfAnotherClientIsSetBackAndNotTaken) {
  begin_as("desk");
  first_.parameters = {{"application_name", "shop"}};
  link(first_);
  EXPECT_THAT(out_.to_server, HasSubstr("set_config(E'application_name', E'desk', false)"));
  say(query("SELECT 1"));
  EXPECT_NE(answer(told("application_name", "desk")).skip, 0U) << "an answer to us";
  answer(done("SELECT 1"));
  answer(ready(idle));
  EXPECT_EQ(application(), "desk");
  answer(done("SELECT 1"));
  EXPECT_TRUE(answer(ready(idle)).released);
  session_->unlink();
  // The next one has its own, and what the server says while that is set is not its client's word either.
  begin_as("shop");
  out_ = {};
  link(first_);
  EXPECT_THAT(out_.to_server, HasSubstr("E'shop'"));
  answer(told("application_name", "shop"));
  EXPECT_EQ(application(), "shop");
}

TEST_F(SessionUnit, TheApplicationGoesBackWithARollback) {
  begin_as("desk");
  first_.parameters = {{"application_name", "desk"}};
  link(first_);
  runs(query("BEGIN"), "BEGIN", open);
  say(query("SET application_name = 'shop'"));
  answer(done("SET"));
  answer(told("application_name", "shop"));
  answer(ready(open));
  EXPECT_EQ(application(), "shop");
  say(query("ROLLBACK"));
  answer(done("ROLLBACK"));
  answer(told("application_name", "desk"));
  answer(ready(idle));
  EXPECT_EQ(application(), "desk");
}

TEST_F(SessionUnit, TheApplicationOfALoginIsTheServersWordForIt) {
  begin_as("caf\xc3\xa9");
  session_->parameters = {{"application_name", "caf??"}};
  session_->learn_application();
  EXPECT_EQ(application(), "caf??");
  session_->parameters = {};
  session_->learn_application();
  EXPECT_EQ(application(), "caf??") << "a server that does not tell leaves it as it is";
}

}  // namespace
}  // namespace lockkeeper::track::postgres
