// The packets that begin a connection.
#include <gtest/gtest.h>

#include <algorithm>

#include "wire/postgres/frontend.hpp"

namespace lockkeeper::wire::postgres {
namespace {

using namespace std::literals;
using Parameters = std::vector<std::pair<std::string, std::string>>;

// A packet around what follows the length.
std::string packet(const std::string& content) {
  const std::size_t size = content.size() + 4;
  return std::string{static_cast<char>(size >> 24U), static_cast<char>(size >> 16U), static_cast<char>(size >> 8U),
                     static_cast<char>(size)} +
         content;
}

const std::string version_3 = "\0\3\0\0"s;

TEST(StartupPacket, HasVersionAndParameters) {
  std::string out;
  append_startup(out, 3, 0, Parameters{{"user", "ann"}, {"database", "shop"}});
  EXPECT_EQ(out, "\0\0\0\x20\0\3\0\0user\0ann\0database\0shop\0\0"s);
  const auto startup = decode_startup(out);
  ASSERT_TRUE(startup);
  EXPECT_EQ(startup->kind, StartupKind::startup);
  EXPECT_EQ(startup->major, 3);
  EXPECT_EQ(startup->minor, 0);
  ASSERT_EQ(startup->parameters.size(), 2U);
  EXPECT_EQ(startup->parameters[1], std::pair("database"sv, "shop"sv));
  EXPECT_EQ(startup->value("user"), "ann");
  EXPECT_EQ(startup->value("application_name"), "");
}

TEST(StartupPacket, KeepsOptionsOfTheProtocol) {
  std::string out;
  append_startup(out, 3, 2, Parameters{{"user", "ann"}, {"_pq_.compression", "on"}});
  const auto startup = decode_startup(out);
  ASSERT_TRUE(startup);
  EXPECT_EQ(startup->minor, 2);
  EXPECT_EQ(startup->value("_pq_.compression"), "on");
}

TEST(StartupPacket, TheLaterOfTwoValuesCounts) {
  const std::string bytes = packet(version_3 + "user\0ann\0user\0bob\0\0"s);
  const auto startup = decode_startup(bytes);
  ASSERT_TRUE(startup);
  EXPECT_EQ(startup->value("user"), "bob");
}

TEST(StartupPacket, MayHaveEmptyValuesAndNoParameters) {
  const std::string bytes = packet(version_3 + "user\0\0\0"s);
  EXPECT_EQ(decode_startup(bytes).value().parameters.size(), 1U);
  EXPECT_EQ(decode_startup(packet(version_3 + "\0"s)).value().parameters.size(), 0U);
}

TEST(StartupPacket, EndsWithItsTerminator) {
  const std::string good = "user\0ann\0\0"s;
  EXPECT_TRUE(decode_startup(packet(version_3 + good)));
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto startup = decode_startup(packet(version_3 + good.substr(0, size)));
    ASSERT_FALSE(startup) << size;
    EXPECT_EQ(startup.error(), Malformed::bad_body);
  }
  for (const std::string& wrong : {good + "x"s, good + "\0"s, "\0\0"s, "user\0ann\0x"s, "user\0"s}) {
    EXPECT_FALSE(decode_startup(packet(version_3 + wrong)));
  }
}

TEST(StartupPacket, IsExactlyAsLongAsItSays) {
  const std::string good = packet(version_3 + "user\0ann\0\0"s);
  EXPECT_EQ(decode_startup(good + "x").error(), Malformed::startup_length);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(decode_startup(good.substr(0, size)).has_value(), false) << size;
  }
}

TEST(StartupPacket, MayBeAsLongAsTheServerTakes) {
  const std::string start = version_3 + "user\0"s;
  std::string bytes = packet(start + std::string(most_startup - 4 - start.size() - 2, 'a') + "\0\0"s);
  EXPECT_EQ(bytes.size(), most_startup);
  EXPECT_TRUE(decode_startup(bytes));
  bytes = packet(start + std::string(most_startup - 4 - start.size() - 1, 'a') + "\0\0"s);
  EXPECT_EQ(decode_startup(bytes).error(), Malformed::startup_length);
}

TEST(StartupPacket, OfAnotherMajorVersionIsNotRead) {
  const std::string bytes = packet("\0\2\0\0not what 3.0 looks like"s);
  const auto startup = decode_startup(bytes);
  ASSERT_TRUE(startup);
  EXPECT_EQ(startup->kind, StartupKind::startup);
  EXPECT_EQ(startup->major, 2);
  EXPECT_TRUE(startup->parameters.empty());
  EXPECT_EQ(decode_startup(packet("\x04\xd2\x16\x31"s)).value().major, 1234) << "a request that nobody knows";
}

TEST(StartupPacket, ParametersThatWouldEndTheListAreLeftOut) {
  std::string out;
  append_startup(out, 3, 0, Parameters{{"", "x"}, {"user", "ann\0options"s}});
  EXPECT_EQ(out, packet(version_3 + "user\0ann\0\0"s));
}

TEST(EncryptionRequests, AreEightBytes) {
  std::string ssl;
  append_ssl_request(ssl);
  EXPECT_EQ(ssl, "\0\0\0\x08\x04\xd2\x16\x2f"s);
  EXPECT_EQ(decode_startup(ssl).value().kind, StartupKind::ssl_request);
  std::string gss;
  append_gss_request(gss);
  EXPECT_EQ(gss, "\0\0\0\x08\x04\xd2\x16\x30"s);
  EXPECT_EQ(decode_startup(gss).value().kind, StartupKind::gss_request);
  EXPECT_EQ(decode_startup(packet("\x04\xd2\x16\x2f\0"s)).error(), Malformed::bad_body);
  EXPECT_EQ(decode_startup(packet("\x04\xd2\x16\x30\0"s)).error(), Malformed::bad_body);
}

TEST(CancelRequest, HasPidAndSecret) {
  std::string out;
  append_cancel_request(out, 0x01020304, "\1\0\2\0"s);
  EXPECT_EQ(out, "\0\0\0\x10\x04\xd2\x16\x2e\1\2\3\4\1\0\2\0"s);
  const auto cancel = decode_startup(out);
  ASSERT_TRUE(cancel);
  EXPECT_EQ(cancel->kind, StartupKind::cancel_request);
  EXPECT_EQ(cancel->cancel_pid, 0x01020304U);
  EXPECT_EQ(cancel->cancel_secret, "\1\0\2\0"s);
}

TEST(CancelRequest, TakesSecretsOfProtocol32) {
  for (const std::size_t size : {4U, 32U, 256U}) {
    std::string out;
    append_cancel_request(out, 7, std::string(size, 's'));
    EXPECT_EQ(decode_startup(out).value().cancel_secret, std::string(size, 's'));
  }
  for (const std::size_t size : {0U, 3U, 257U}) {
    std::string out;
    append_cancel_request(out, 7, std::string(size, 's'));
    EXPECT_EQ(decode_startup(out).error(), Malformed::bad_body) << size;
  }
  EXPECT_EQ(decode_startup(packet("\x04\xd2\x16\x2e"s)).error(), Malformed::bad_body) << "no pid";
}

}  // namespace
}  // namespace lockkeeper::wire::postgres
