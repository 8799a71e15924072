// The console's protocol, message by message, without a socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "proxy/console/conversation.hpp"
#include "proxy/support/messages.hpp"
#include "wire/postgres/frame.hpp"

namespace lockkeeper::proxy::console {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Message;
using testing::Messages;

class ConsoleConversation : public ::testing::Test {
 protected:
  // Everything that is to be run is answered with `reply`.
  Messages say(const Messages& messages) {
    std::string out;
    for (const Message& each : messages) {
      const auto step = talk.message(each.type, each.body, out);
      ended = ended || step.ends;
      if (!step.refused.empty()) refused = step.refused;
      if (!step.run) continue;
      ran.push_back(step.run->kind);
      talk.finish(reply, out);
    }
    return cut(out);
  }

  static Messages cut(std::string_view bytes) {
    Messages messages;
    while (const auto header = wire::postgres::read_header(bytes).value_or(std::nullopt)) {
      messages.push_back({header->type, std::string(bytes.substr(wire::postgres::header_size, header->body))});
      bytes.remove_prefix(header->size());
    }
    EXPECT_TRUE(bytes.empty());
    return messages;
  }

  static std::string types(const Messages& messages) {
    std::string types;
    for (const Message& each : messages) types += each.type;
    return types;
  }

  static std::string sqlstate(const Messages& messages) {
    for (const Message& each : messages) {
      if (each.type == 'E') return testing::error_field(each, 'C');
    }
    return {};
  }

  Conversation talk{Role::admin};
  Reply reply;
  std::vector<Kind> ran;
  bool ended = false;
  std::string refused;
};

TEST_F(ConsoleConversation, ASimpleQueryIsAnsweredWithRows) {
  reply.rows = {{"lockkeeper 0.1.0"}};
  const Messages answer = say({testing::query("SHOW VERSION;")});
  EXPECT_EQ(types(answer), "TDCZ");
  EXPECT_THAT(testing::column_names(answer[0]), ElementsAre("version"));
  EXPECT_THAT(testing::cells(answer[1]), ElementsAre("lockkeeper 0.1.0"));
  EXPECT_EQ(answer[2].body, std::string("SHOW\0", 5));
  EXPECT_EQ(answer[3].body, "I");
  EXPECT_THAT(ran, ElementsAre(Kind::show_version));
}

TEST_F(ConsoleConversation, NoticesComeBeforeTheEnd) {
  reply.notices = {"one worker is silent"};
  const Messages answer = say({testing::query("RECONNECT")});
  EXPECT_EQ(types(answer), "NCZ");
  EXPECT_EQ(testing::error_field(answer[0], 'M'), "one worker is silent");
  EXPECT_EQ(answer[1].body, std::string("RECONNECT\0", 10));
}

TEST_F(ConsoleConversation, ErrorsKeepItOpen) {
  EXPECT_EQ(types(say({testing::query("SHOW NOTHING AT ALL")})), "EZ");
  reply.failure = Failure{"3D000", "no such database", "hint"};
  const Messages answer = say({testing::query("PAUSE nowhere")});
  EXPECT_EQ(types(answer), "EZ");
  EXPECT_EQ(sqlstate(answer), "3D000");
  EXPECT_EQ(testing::error_field(answer[0], 'S'), "ERROR");
  EXPECT_EQ(testing::error_field(answer[0], 'H'), "hint");
  EXPECT_EQ(types(say({testing::query(";")})), "IZ");
  EXPECT_TRUE(refused.empty());
}

TEST_F(ConsoleConversation, StatsUsersLookAndDoNotAct) {
  talk = Conversation(Role::stats);
  for (const char* sql : {"PAUSE", "RESUME", "RECONNECT", "RELOAD", "KILL shop", "KILL_CLIENT 1"})
    EXPECT_EQ(sqlstate(say({testing::query(sql)})), "42501") << sql;
  EXPECT_TRUE(ran.empty());
  EXPECT_EQ(types(say({testing::query("SHOW HOLDERS")})), "TCZ");
  EXPECT_EQ(sqlstate(say({testing::parse("", "PAUSE"), testing::sync()})), "42501");
}

TEST_F(ConsoleConversation, TheExtendedProtocolAsDriversUseIt) {
  reply.rows = {{"a", "1"}, {std::nullopt, "2"}};
  const Messages answer = say({testing::parse("", "SHOW LISTS"), testing::bind_to("", "", {}, true),
                               testing::describe_portal(""), testing::execute(), testing::sync()});
  EXPECT_EQ(types(answer), "12TDDCZ");
  EXPECT_THAT(testing::cells(answer[4]), ElementsAre(std::nullopt, "2"));
  const Messages prepared = say({testing::parse("s", "SHOW LISTS"), testing::describe_statement("s"), testing::sync()});
  EXPECT_EQ(types(prepared), "1tTZ");
  EXPECT_EQ(prepared[1].body, std::string("\0\0", 2));
  EXPECT_EQ(types(say({testing::bind_to("", "s"), testing::execute(), testing::sync()})), "2DDCZ");
  reply.rows.clear();
  EXPECT_EQ(types(say({testing::parse("", "RESUME"), testing::describe_statement(""), testing::bind_to("", ""),
                       testing::describe_portal(""), testing::execute(), testing::sync()})),
            "1tn2nCZ");
  EXPECT_EQ(types(say({testing::close_statement("s"), testing::close_portal("x"), testing::flush(), testing::sync()})),
            "33Z");
  EXPECT_EQ(sqlstate(say({testing::bind_to("", "s"), testing::sync()})), "26000");
}

TEST_F(ConsoleConversation, RowsInPieces) {
  reply.rows = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  say({testing::query("BEGIN"), testing::parse("", "SHOW LISTS"), testing::bind_to("p", "")});
  EXPECT_EQ(types(say({testing::execute("p", 2), testing::sync()})), "DDsZ");
  EXPECT_EQ(types(say({testing::execute("p", 2), testing::sync()})), "DCZ");
  EXPECT_THAT(ran, ElementsAre(Kind::show_lists)) << "once is enough";
  EXPECT_EQ(types(say({testing::query("COMMIT"), testing::sync(), testing::execute("p"), testing::sync()})), "CZZEZ")
      << "the portal went with the transaction";
}

TEST_F(ConsoleConversation, AfterAnErrorEverythingUntilSyncIsSkipped) {
  const Messages answer = say({testing::parse("", "SHOW"), testing::bind_to("", ""), testing::execute(),
                               testing::query("SHOW VERSION"), testing::sync(), testing::query(";")});
  EXPECT_EQ(types(answer), "EZIZ");
  EXPECT_TRUE(ran.empty());
  reply.failure = Failure{"55000", "not now", {}};
  EXPECT_EQ(types(say({testing::parse("", "PAUSE"), testing::bind_to("", ""), testing::execute(), testing::execute(),
                       testing::sync()})),
            "12EZ");
}

TEST_F(ConsoleConversation, ParametersAreRefused) {
  const Messages answer = say(
      {testing::parse("", "SHOW LISTS", {25}), testing::bind_to("", "", {"x"}), testing::execute(), testing::sync()});
  EXPECT_EQ(types(answer), "1EZ");
  EXPECT_THAT(testing::error_field(answer[1], 'M'), HasSubstr("no parameters"));
}

TEST_F(ConsoleConversation, DriversTransactionsAreToldBack) {
  EXPECT_EQ(say({testing::query("BEGIN")}).back().body, "T");
  EXPECT_EQ(say({testing::query("SET extra_float_digits = 3")}).back().body, "T");
  EXPECT_EQ(say({testing::query("nonsense")}).back().body, "T");
  EXPECT_EQ(say({testing::query("ROLLBACK")}).back().body, "I");
}

TEST_F(ConsoleConversation, NamesAreBounded) {
  std::string refusal;
  for (int number = 0; number < 200 && refusal.empty(); ++number)
    refusal = sqlstate(say({testing::parse("s" + std::to_string(number), "SHOW LISTS"), testing::sync()}));
  EXPECT_EQ(refusal, "53400");
  EXPECT_EQ(sqlstate(say({testing::parse("s1", "SHOW LISTS"), testing::sync()})), "42P05");
}

TEST_F(ConsoleConversation, WhatIsNoMessageEndsIt) {
  EXPECT_EQ(types(say({testing::function_call(1, {})})), "EZ");
  EXPECT_EQ(types(say({testing::copy_data("x"), testing::copy_done()})), "");
  EXPECT_EQ(sqlstate(say({{'Q', "no end"}})), "08P01");
  EXPECT_TRUE(refused.empty());
  say({{'!', ""}});
  EXPECT_FALSE(refused.empty());
  say({testing::terminate()});
  EXPECT_TRUE(ended);
}

TEST_F(ConsoleConversation, NamesInOtherEncodingsAreMended) {
  reply.rows = {{"caf\xe9", "1"}};
  EXPECT_THAT(testing::cells(say({testing::query("SHOW LISTS")})[1]), ElementsAre("caf\xef\xbf\xbd", "1"));
}

}  // namespace
}  // namespace lockkeeper::proxy::console
