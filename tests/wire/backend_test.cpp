// What servers say, message by message: each field, and each way in which it can be broken.
#include "wire/postgres/backend.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/bodies.hpp"

namespace lockkeeper::wire::postgres {
namespace {

using namespace std::literals;
using lockkeeper::testing::expect_whole;
using lockkeeper::testing::only_body;

TEST(ReadyForQuery, SaysOneOfThreeStates) {
  for (const TransactionStatus status : {TransactionStatus::idle, TransactionStatus::open, TransactionStatus::failed}) {
    std::string out;
    append_ready(out, status);
    EXPECT_EQ(out, "Z\0\0\0\5"s + static_cast<char>(status));
    EXPECT_EQ(decode_ready(only_body(out, backend::ready_for_query)), status);
  }
  expect_whole("I", decode_ready);
  for (const std::string& wrong : {"X"s, "i"s, "\0"s}) EXPECT_FALSE(decode_ready(wrong));
}

struct TagCase {
  std::string_view tag, command;
  std::optional<std::int64_t> rows;
};

class CommandTags : public ::testing::TestWithParam<TagCase> {};

TEST_P(CommandTags, AreCommandAndRows) {
  std::string out;
  append_command_complete(out, GetParam().tag);
  const std::string body = only_body(out, backend::command_complete);
  const auto tag = decode_command_complete(body);
  ASSERT_TRUE(tag);
  EXPECT_EQ(tag->tag, GetParam().tag);
  EXPECT_EQ(tag->command, GetParam().command);
  EXPECT_EQ(tag->has_rows, GetParam().rows.has_value());
  EXPECT_EQ(tag->rows, GetParam().rows.value_or(0));
  expect_whole(body, decode_command_complete);
}

INSTANTIATE_TEST_SUITE_P(Each, CommandTags,
                         ::testing::Values(TagCase{"INSERT 0 5", "INSERT", 5}, TagCase{"INSERT 16384 1", "INSERT", 1},
                                           TagCase{"INSERT 5", "INSERT", 5}, TagCase{"SELECT 0", "SELECT", 0},
                                           TagCase{"UPDATE 12", "UPDATE", 12}, TagCase{"MERGE 3", "MERGE", 3},
                                           TagCase{"COPY 1000000", "COPY", 1'000'000}, TagCase{"FETCH 10", "FETCH", 10},
                                           TagCase{"BEGIN", "BEGIN", {}}, TagCase{"CREATE TABLE", "CREATE TABLE", {}},
                                           TagCase{"DISCARD ALL", "DISCARD ALL", {}}, TagCase{"", "", {}},
                                           TagCase{"5", "5", {}}, TagCase{"COPY5", "COPY5", {}},
                                           TagCase{"SELECT ", "SELECT ", {}}, TagCase{"SELECT -1", "SELECT -1", {}},
                                           TagCase{"SELECT 9223372036854775807", "SELECT", INT64_MAX},
                                           TagCase{"SELECT 9223372036854775808", "SELECT 9223372036854775808", {}}));

TEST(CommandComplete, IsOneText) {
  EXPECT_FALSE(decode_command_complete("BEGIN\0x"s));
  EXPECT_FALSE(decode_command_complete("BEGIN\0\0"s));
  EXPECT_FALSE(decode_command_complete("BEGIN"));
  EXPECT_FALSE(decode_command_complete(""));
}

TEST(ErrorResponse, HasItsFields) {
  std::string out;
  append_error(out, {.severity = "ERROR", .sqlstate = "42P01", .message = "no such table", .detail = "d", .hint = "h"});
  EXPECT_EQ(out, "E\0\0\0\x2fSERROR\0VERROR\0C42P01\0Mno such table\0Dd\0Hh\0\0"s);
  const std::string body = only_body(out, backend::error);
  const auto notice = decode_notice(body);
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->severity, "ERROR");
  EXPECT_EQ(notice->sqlstate, "42P01");
  EXPECT_EQ(notice->message, "no such table");
  EXPECT_EQ(notice->detail, "d");
  EXPECT_EQ(notice->hint, "h");
  EXPECT_FALSE(notice->fatal());
  expect_whole(body, decode_notice);
}

TEST(ErrorResponse, LeavesEmptyFieldsOut) {
  std::string out;
  append_error(out, {.severity = "FATAL", .sqlstate = "57P01", .message = "bye"});
  EXPECT_EQ(only_body(out, backend::error), "SFATAL\0VFATAL\0C57P01\0Mbye\0\0"s);
}

TEST(ErrorResponse, PrefersTheSeverityThatIsNotTranslated) {
  EXPECT_EQ(decode_notice("SFEHLER\0VERROR\0\0"s).value().severity, "ERROR");
  EXPECT_EQ(decode_notice("VERROR\0SFEHLER\0\0"s).value().severity, "ERROR");
  EXPECT_EQ(decode_notice("SFATAL\0\0"s).value().severity, "FATAL");
  EXPECT_TRUE(decode_notice("SFATAL\0\0"s).value().fatal());
  EXPECT_TRUE(decode_notice("VPANIC\0\0"s).value().fatal());
}

TEST(ErrorResponse, IgnoresUnknownFields) {
  EXPECT_EQ(decode_notice("!what\0\xfe\0Mtext\0\0"s).value().message, "text");
  EXPECT_EQ(decode_notice("\0"s).value().message, "");
}

TEST(NoticeResponse, IsAnErrorOfAnotherType) {
  std::string out;
  append_notice(out, {.severity = "NOTICE", .sqlstate = "00000", .message = "hello"});
  EXPECT_EQ(decode_notice(only_body(out, backend::notice)).value().message, "hello");
}

TEST(ParameterStatusMessage, HasNameAndValue) {
  std::string out;
  append_parameter_status(out, "TimeZone", "UTC");
  EXPECT_EQ(out, "S\0\0\0\x11TimeZone\0UTC\0"s);
  const std::string body = only_body(out, backend::parameter_status);
  EXPECT_EQ(decode_parameter_status(body).value().name, "TimeZone");
  EXPECT_EQ(decode_parameter_status(body).value().value, "UTC");
  expect_whole(body, decode_parameter_status);
}

TEST(BackendKeyData, HasPidAndSecret) {
  std::string out;
  append_backend_key(out, 0x01020304, "\1\0\2\0"s);
  EXPECT_EQ(out, "K\0\0\0\x0c\1\2\3\4\1\0\2\0"s);
  const std::string body = only_body(out, backend::backend_key_data);
  EXPECT_EQ(decode_backend_key(body).value().pid, 0x01020304U);
  EXPECT_EQ(decode_backend_key(body).value().secret, "\1\0\2\0"s);
  for (const std::size_t size : {4U, 32U, 256U}) {
    const std::string key = "\0\0\0\1"s + std::string(size, 's');
    EXPECT_EQ(decode_backend_key(key).value().secret.size(), size);
  }
  for (const std::size_t size : {0U, 3U, 257U}) {
    EXPECT_FALSE(decode_backend_key("\0\0\0\1"s + std::string(size, 's'))) << size;
  }
  EXPECT_FALSE(decode_backend_key("\0\0\0"s));
}

TEST(AuthenticationMessage, OfEachKind) {
  const auto known = [](const std::string& body) { return decode_authentication(body); };
  expect_whole("\0\0\0\0"s, known);
  expect_whole("\0\0\0\3"s, known);
  expect_whole("\0\0\0\5salt"s, known);
  expect_whole("\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"s, known);
  for (const char kind : {'\2', '\7', '\x09'}) expect_whole("\0\0\0"s + kind, known);
  for (const char kind : {'\x08', '\x0b', '\x0c'}) {
    const std::string body = "\0\0\0"s + kind + "any\0thing"s;
    ASSERT_TRUE(decode_authentication(body));
    EXPECT_EQ(decode_authentication(body)->data, "any\0thing"s);
  }
  for (const char kind : {'\1', '\4', '\6', '\x0d'}) EXPECT_FALSE(decode_authentication("\0\0\0"s + kind));
  EXPECT_FALSE(decode_authentication("\1\0\0\0"s));
}

TEST(AuthenticationMessage, IsWritten) {
  std::string out;
  append_authentication(out, Authentication::md5, "\1\2\3\4");
  EXPECT_EQ(out, "R\0\0\0\x0c\0\0\0\5\1\2\3\4"s);
  const auto request = decode_authentication(Bytes(out).substr(header_size));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->kind, Authentication::md5);
  EXPECT_EQ(request->data, "\1\2\3\4");
}

TEST(SaslMechanisms, AreNames) {
  std::string out;
  append_sasl_request(out, std::array{"SCRAM-SHA-256-PLUS"sv, "SCRAM-SHA-256"sv});
  const std::string body = only_body(out, backend::authentication);
  const auto request = decode_authentication(body);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->kind, Authentication::sasl);
  EXPECT_EQ(sasl_mechanisms(request->data), (std::vector{"SCRAM-SHA-256-PLUS"sv, "SCRAM-SHA-256"sv}));
  for (const std::string& wrong : {""s, "A"s, "A\0"s, "A\0\0x"s, "A\0\0\0"s})
    EXPECT_TRUE(sasl_mechanisms(wrong).empty());
  EXPECT_TRUE(sasl_mechanisms("\0"s).empty());
}

TEST(NegotiateProtocolVersion, HasMinorAndOptions) {
  std::string out;
  append_negotiate_version(out, 2, std::array{"_pq_.a"sv, "_pq_.b"sv});
  EXPECT_EQ(out, "v\0\0\0\x1a\0\3\0\2\0\0\0\2_pq_.a\0_pq_.b\0"s);
  const std::string body = only_body(out, backend::negotiate_version);
  const auto negotiated = decode_negotiate_version(body);
  ASSERT_TRUE(negotiated);
  EXPECT_EQ(negotiated->minor, 2U);
  EXPECT_EQ(negotiated->unsupported, (std::vector{"_pq_.a"sv, "_pq_.b"sv}));
  expect_whole(body, decode_negotiate_version);
}

TEST(NegotiateProtocolVersion, MayNameTheMinorAlone) {
  EXPECT_EQ(decode_negotiate_version("\0\0\0\2\0\0\0\0"s).value().minor, 2U);
  EXPECT_FALSE(decode_negotiate_version("\0\4\0\0\0\0\0\0"s)) << "another major version";
  EXPECT_FALSE(decode_negotiate_version("\0\3\0\0\xff\xff\xff\xff"s)) << "names that are not there";
}

TEST(SmallReplies, AreTheirHeaders) {
  std::string out;
  append_parse_complete(out);
  append_bind_complete(out);
  append_close_complete(out);
  append_empty_query(out);
  EXPECT_EQ(out, "1\0\0\0\4"s + "2\0\0\0\4"s + "3\0\0\0\4"s + "I\0\0\0\4"s);
}

TEST(Rows, AreWhatAConsoleAnswers) {
  std::string out;
  append_row_description(out, std::array{"name"sv, "x"sv});
  EXPECT_EQ(
      only_body(out, backend::row_description),
      "\0\2name\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0x\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0"s);
  out.clear();
  append_data_row(out, std::array<std::optional<std::string_view>, 3>{"ab"sv, std::nullopt, ""sv});
  EXPECT_EQ(only_body(out, backend::data_row), "\0\3\0\0\0\2ab\xff\xff\xff\xff\0\0\0\0"s);
}

std::string renamed(const std::string& body, std::string_view from, std::string_view to) {
  std::string out;
  append_error_renamed(out, body, from, to);
  return only_body(out, backend::error);
}

TEST(RowDescription, HasColumnsWithNamesAndTypes) {
  std::string out;
  append_row_description(out, std::array{"id"sv, "name"sv});
  const std::string body = only_body(out, backend::row_description);
  std::vector<std::pair<std::string, std::uint32_t>> columns;
  const auto read = [&](Bytes bytes) {
    columns.clear();
    return read_columns(bytes, [&](std::string_view name, std::uint32_t type) { columns.emplace_back(name, type); });
  };
  EXPECT_TRUE(read(body));
  EXPECT_EQ(columns, (decltype(columns){{"id", 25}, {"name", 25}}));
  for (std::size_t size = 0; size < body.size(); ++size) EXPECT_FALSE(read(body.substr(0, size))) << size;
  EXPECT_FALSE(read(body + "x"));
}

TEST(ParameterDescription, IsAListAsAParseHasIt) {
  EXPECT_TRUE(is_list_of_types("\0\0"sv));
  EXPECT_TRUE(is_list_of_types("\0\1\0\0\0\x17"sv));
  for (const std::string_view wrong : {""sv, "\0"sv, "\0\1"sv, "\0\0x"sv, "\0\2\0\0\0\x17"sv})
    EXPECT_FALSE(is_list_of_types(wrong));
}

TEST(ErrorRenamed, HasTheOtherName) {
  const std::string body = "SERROR\0C26000\0Mprepared statement \"lk_1\" does not exist\0Rf\0\0"s;
  EXPECT_EQ(renamed(body, "lk_1", "mine"), "SERROR\0C26000\0Mprepared statement \"mine\" does not exist\0Rf\0\0"s);
  EXPECT_EQ(renamed(body, "lk_1", ""), "SERROR\0C26000\0Mprepared statement \"\" does not exist\0Rf\0\0"s);
  EXPECT_EQ(renamed(body, "lk_1", "a\0b"s), "SERROR\0C26000\0Mprepared statement \"a\" does not exist\0Rf\0\0"s);
}

TEST(ErrorRenamed, IsUnchangedWithoutTheName) {
  const std::string body = "SERROR\0Mno lk_1 but \"lk_12\" and lk_1\" here\0D\"lk_1\"\0\0"s;
  EXPECT_EQ(renamed(body, "lk_1", "mine"), body);
  EXPECT_EQ(renamed(body, "", "mine"), body);
  EXPECT_EQ(renamed("Mabc", "abc", "x"), "Mabc") << "malformed";
  EXPECT_EQ(renamed("M\"abc\"\0"s, "abc", "x"), "M\"abc\"\0"s) << "malformed";
}

TEST(ErrorRenamed, FindsTheQuotedOneBehindAnUnquoted) {
  EXPECT_EQ(renamed("Maa \"aa\"\0\0"s, "aa", "b"), "Maa \"b\"\0\0"s);
}

}  // namespace
}  // namespace lockkeeper::wire::postgres
