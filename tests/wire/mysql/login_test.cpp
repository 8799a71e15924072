#include "wire/mysql/login.hpp"

#include <gtest/gtest.h>

#include "wire/mysql/bodies.hpp"

namespace lockkeeper::wire::mysql {
namespace {

using namespace std::literals;
using testing::mysql::expect_refused_below;
using testing::mysql::expect_whole;
using testing::mysql::only_body;

const std::string greeting_body = "\x0a"s + "11.4.2-MariaDB\0"s + "\x07\1\0\0"s + "scramble" + "\0"s + "\xfe\xf7"s +
                                  "\x2d"s + "\2\0"s + "\xff\x81"s + "\x15"s + "\0\0\0\0\0\0"s + "\x1d\0\0\0"s +
                                  "more_of_it!!\0"s + "mysql_native_password\0"s;

TEST(MysqlGreeting, HasItsFields) {
  const auto greeting = decode_greeting(greeting_body);
  ASSERT_TRUE(greeting);
  EXPECT_EQ(greeting->server_version, "11.4.2-MariaDB");
  EXPECT_EQ(greeting->connection_id, 263U);
  EXPECT_EQ(greeting->scramble_begin, "scramble");
  EXPECT_EQ(greeting->scramble_end, "more_of_it!!\0"sv);
  EXPECT_EQ(greeting->capabilities.bits, 0x0000'001d'81ff'f7feU);
  EXPECT_TRUE(greeting->capabilities.has(Capability::cache_metadata));
  EXPECT_EQ(greeting->charset, 45);
  EXPECT_TRUE(greeting->status.autocommit());
  EXPECT_EQ(greeting->plugin, "mysql_native_password");
  std::string again;
  append_greeting(again, 0, *greeting);
  EXPECT_EQ(only_body(again), greeting_body);
}

TEST(MysqlGreeting, IsRefusedWhereItEndsEarly) {
  // The plugin's name may lack its terminator; it may not begin in the scramble.
  const std::size_t plugin = greeting_body.size() - "mysql_native_password"sv.size() - 1;
  expect_refused_below(plugin, greeting_body, decode_greeting);
  EXPECT_EQ(decode_greeting(greeting_body.substr(0, greeting_body.size() - 1))->plugin, "mysql_native_password");
}

TEST(MysqlGreeting, OfOldProtocolsIsRefused) {
  std::string older = greeting_body;
  older[0] = 9;
  EXPECT_EQ(decode_greeting(older).error(), Malformed::old_protocol);
  EXPECT_EQ(decode_greeting("").error(), Malformed::old_protocol);
  std::string without = greeting_body;
  without[1 + 15 + 4 + 8 + 1 + 1] = '\xf5';  // protocol_41
  EXPECT_EQ(decode_greeting(without).error(), Malformed::old_protocol);
}

TEST(MysqlGreeting, OfMysqlHasNoneOfMariadbsCapabilities) {
  std::string body = greeting_body;
  body[1 + 15 + 4 + 8 + 1] = '\xff';
  EXPECT_EQ(decode_greeting(body)->capabilities.bits, 0x81ff'f7ffU);
}

TEST(MysqlGreeting, IsWrittenWithFewerCapabilities) {
  Greeting greeting = *decode_greeting(greeting_body);
  greeting.capabilities = greeting.capabilities.without(Capability::compress).without(Capability::cache_metadata);
  std::string out;
  append_greeting(out, 0, greeting);
  const std::string body = only_body(out);
  EXPECT_EQ(body.size(), greeting_body.size());
  EXPECT_FALSE(decode_greeting(body)->capabilities.has(Capability::compress));
  EXPECT_FALSE(decode_greeting(body)->capabilities.has(Capability::cache_metadata));
  EXPECT_TRUE(decode_greeting(body)->capabilities.has(Capability::bulk_statements));
}

TEST(MysqlGreeting, CanHaveALongScramble) {
  Greeting greeting = *decode_greeting(greeting_body);
  const std::string longer(40, 's'), too_long(300, 's');
  for (const auto& [given, read] : {std::pair(longer, 40U), std::pair(too_long, 247U)}) {
    greeting.scramble_end = given;
    std::string out;
    append_greeting(out, 0, greeting);
    const std::string body = only_body(out);
    EXPECT_EQ(decode_greeting(body)->scramble_end.size(), read);
    EXPECT_EQ(decode_greeting(body)->plugin, "mysql_native_password");
  }
}

constexpr Capabilities usual{static_cast<std::uint64_t>(Capability::protocol_41) |
                             static_cast<std::uint64_t>(Capability::secure_connection)};

LoginRequest request_with(Capabilities capabilities) {
  LoginRequest request{.capabilities = capabilities, .most_packet = 1U << 24U, .charset = 255, .user = "ann"};
  request.answer = "answer";
  request.database = "shop";
  request.plugin = "caching_sha2_password";
  request.attributes = "\4name\5value"sv;
  request.zstd_level = 3;
  return request;
}

std::string body_of(const LoginRequest& request) {
  std::string out;
  append_login_request(out, 1, request);
  return only_body(out);
}

TEST(MysqlLoginRequest, HasTheFieldsOfItsCapabilities) {
  const Capabilities all = usual.with(Capability::database)
                               .with(Capability::plugin_auth)
                               .with(Capability::connect_attributes)
                               .with(Capability::zstd)
                               .with(Capability::cache_metadata);
  for (const bool sized : {false, true}) {
    const std::string body = body_of(request_with(sized ? all.with(Capability::sized_auth) : all));
    const auto request = decode_login_request(body);
    ASSERT_TRUE(request);
    EXPECT_TRUE(request->capabilities.has(Capability::cache_metadata));
    EXPECT_EQ(request->user, "ann");
    EXPECT_EQ(request->answer, "answer");
    EXPECT_EQ(request->database, "shop");
    EXPECT_EQ(request->plugin, "caching_sha2_password");
    EXPECT_EQ(request->zstd_level, 3);
    AttributeReader attributes(request->attributes);
    const auto attribute = attributes.next();
    ASSERT_TRUE(attribute);
    EXPECT_EQ(attribute->name, "name");
    EXPECT_EQ(attribute->value, "value");
    EXPECT_FALSE(attributes.next());
    EXPECT_EQ(body_of(*request), body);
  }
}

TEST(MysqlLoginRequest, OfAnOldClientEndsEarly) {
  const std::string body = body_of(request_with(usual));
  expect_whole(body, decode_login_request);
  EXPECT_EQ(decode_login_request(body)->plugin, "");
  // It said that there would be more.
  std::string more = body_of(request_with(usual));
  more[0] |= 0x08;
  more[2] |= 0x18;
  EXPECT_EQ(decode_login_request(more)->answer, "answer");
  EXPECT_EQ(decode_login_request(more + "shop")->database, "shop");
  EXPECT_EQ(decode_login_request(more + "shop\0plugin"s)->plugin, "plugin");
  EXPECT_FALSE(decode_login_request(more + "shop\0plugin\0\7a"s)) << "attributes that are not there";
}

TEST(MysqlLoginRequest, WithATerminatedAnswer) {
  const Capabilities old{static_cast<std::uint64_t>(Capability::protocol_41)};
  const std::string body = body_of(request_with(old));
  EXPECT_EQ(decode_login_request(body)->answer, "answer");
  EXPECT_TRUE(body.ends_with("ann\0answer\0"s));
}

TEST(MysqlLoginRequest, LongAnswersNeedTheirForm) {
  LoginRequest request = request_with(usual.with(Capability::sized_auth));
  const std::string token(3000, 't');
  request.answer = token;
  EXPECT_EQ(decode_login_request(body_of(request))->answer, token);
  request.capabilities = usual;
  EXPECT_EQ(decode_login_request(body_of(request))->answer.size(), 255U);
}

TEST(MysqlLoginRequest, ForTlsAlone) {
  LoginRequest request = request_with(usual.with(Capability::tls));
  request.tls_request = true;
  const std::string body = body_of(request);
  EXPECT_EQ(body.size(), 32U);
  const auto decoded = decode_login_request(body);
  EXPECT_TRUE(decoded->tls_request);
  EXPECT_EQ(decoded->charset, 255);
  EXPECT_EQ(body_of(*decoded), body);
  request.tls_request = false;
  EXPECT_FALSE(decode_login_request(body_of(request))->tls_request);
}

TEST(MysqlLoginRequest, IsRefused) {
  EXPECT_EQ(decode_login_request("\x05\x80\0\0\0ann\0"sv).error(), Malformed::old_protocol);
  EXPECT_EQ(decode_login_request("").error(), Malformed::bad_body);
  EXPECT_EQ(decode_login_request(std::string(most_login + 1, '\xff')).error(), Malformed::too_long);
}

TEST(MysqlLogin, RepliesAreToldApart) {
  EXPECT_EQ(login_reply(""), LoginReply::unknown);
  EXPECT_EQ(login_reply("\0"sv), LoginReply::ok);
  EXPECT_EQ(login_reply("\x01\x03"), LoginReply::more_data);
  EXPECT_EQ(login_reply("\x02plugin"), LoginReply::next_factor);
  EXPECT_EQ(login_reply("\xfe"), LoginReply::switch_plugin);
  EXPECT_EQ(login_reply("\xff\x15\x04"), LoginReply::error);
  EXPECT_EQ(login_reply("\x03"), LoginReply::unknown);
}

TEST(MysqlLogin, PluginsAreSwitched) {
  const std::string body = "\xfe"s + "client_ed25519\0"s + "scramble";
  const auto plugin = decode_switch_plugin(body);
  ASSERT_TRUE(plugin);
  EXPECT_EQ(plugin->plugin, "client_ed25519");
  EXPECT_EQ(plugin->data, "scramble");
  EXPECT_EQ(decode_switch_plugin("\xfe")->plugin, "mysql_old_password");
  EXPECT_EQ(decode_switch_plugin("\2factor\0x"s)->plugin, "factor");
  EXPECT_FALSE(decode_switch_plugin("\2"));
  EXPECT_FALSE(decode_switch_plugin("\1x"));
  EXPECT_FALSE(decode_switch_plugin(""));
  EXPECT_EQ(decode_more_data("\1\4"), std::string(1, caching_sha2::full));
  EXPECT_FALSE(decode_more_data("\2\4"));
}

TEST(MysqlLogin, AttributesEndWhereTheyAreBroken) {
  for (const std::string& bytes : {"\4name\6value"s, "\4name"s, "\xff"s, "\xfe"s}) {
    AttributeReader attributes(bytes);
    EXPECT_FALSE(attributes.next()) << bytes;
    EXPECT_FALSE(attributes.next()) << bytes;
  }
}

}  // namespace
}  // namespace lockkeeper::wire::mysql
