// What clients say, message by message: each field, and each way in which it can be broken.
#include "wire/postgres/frontend.hpp"

#include <gtest/gtest.h>

#include "wire/bodies.hpp"

namespace lockkeeper::wire::postgres {
namespace {

using namespace std::literals;
using lockkeeper::testing::expect_whole;
using lockkeeper::testing::only_body;

TEST(QueryMessage, IsOneText) {
  std::string out;
  append_query(out, "select 1; select 2");
  EXPECT_EQ(out, "Q\0\0\0\x17select 1; select 2\0"s);
  const std::string body = only_body(out, frontend::query);
  EXPECT_EQ(decode_query(body).value().sql, "select 1; select 2");
  expect_whole(body, decode_query);
  EXPECT_FALSE(decode_query("select\0 1\0"s)) << "text behind the text";
  EXPECT_EQ(decode_query("\0"s).value().sql, "");
}

TEST(ParseMessage, HasNameTextAndTypes) {
  std::string out;
  append_parse(out, "s1", "select $1", "\0\2\0\0\0\x17\0\0\0\x19"s);
  EXPECT_EQ(out, "P\0\0\0\x1bs1\0select $1\0\0\2\0\0\0\x17\0\0\0\x19"s);
  const std::string body = only_body(out, frontend::parse);
  const auto parse = decode_parse(body);
  ASSERT_TRUE(parse);
  EXPECT_EQ(parse->name, "s1");
  EXPECT_EQ(parse->sql, "select $1");
  EXPECT_EQ(parse->types, "\0\2\0\0\0\x17\0\0\0\x19"s);
  expect_whole(body, decode_parse);
}

TEST(ParseMessage, MayBeUnnamedAndWithoutTypes) {
  const std::string body = "\0select 1\0\0\0"s;
  const auto parse = decode_parse(body);
  ASSERT_TRUE(parse);
  EXPECT_EQ(parse->name, "");
  EXPECT_EQ(parse->types, "\0\0"s);
  expect_whole(body, decode_parse);
}

TEST(ParseMessage, CountsTypesWithoutASign) {
  std::string body = "\0\0\xff\xff"s;
  EXPECT_FALSE(decode_parse(body));
  body.append(65'535 * 4, '\0');
  EXPECT_TRUE(decode_parse(body));
}

TEST(BindMessage, IsReadUpToItsNames) {
  const std::string rest = "\0\0\0\0\0\0"s;
  std::string out;
  append_bind_head(out, "p1", "s1", rest.size());
  EXPECT_EQ(out, "B\0\0\0\x10p1\0s1\0"s) << "the length counts what follows";
  const std::string body = out.substr(header_size) + rest;
  const auto bind = decode_bind(body);
  ASSERT_TRUE(bind);
  EXPECT_EQ(bind->portal, "p1");
  EXPECT_EQ(bind->statement, "s1");
  EXPECT_EQ(bind->parameters, rest);
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_EQ(decode_bind(std::string(body.substr(0, size))).has_value(), size >= 6) << size;
  }
}

TEST(BindParameters, AreFormatsValuesAndResultFormats) {
  const auto fits = [](const std::string& bytes) {
    return check_bind_parameters(bytes) ? std::optional(true) : std::nullopt;
  };
  expect_whole("\0\0\0\0\0\0"s, fits);
  expect_whole("\0\1\0\1\0\2\0\0\0\1x\xff\xff\xff\xff\0\1\0\0"s, fits);             // One format for both; a NULL.
  expect_whole("\0\2\0\0\0\1\0\2\0\0\0\0\0\0\0\2ab\0\2\0\0\0\1"s, fits);            // One for each; an empty value.
  EXPECT_FALSE(fits("\0\2\0\0\0\0\0\1\0\0\0\0\0\0"s)) << "two formats, one value";  // As exec_bind_message refuses it.
  EXPECT_TRUE(fits("\0\1\0\0\0\0\0\0"s)) << "one format, no value";
  EXPECT_FALSE(fits("\0\0\0\1\xff\xff\xff\xfe\0\0"s)) << "length -2";
  EXPECT_FALSE(fits("\0\0\0\1\x7f\xff\xff\xff\0\0"s)) << "a value that is not there";
  EXPECT_FALSE(fits("\xff\xff\0\0\0\0"s)) << "formats that are not there";
}

TEST(DescribeMessage, NamesAStatementOrAPortal) {
  std::string out;
  append_describe(out, Target::statement, "s1");
  EXPECT_EQ(out, "D\0\0\0\x08Ss1\0"s);
  const std::string body = only_body(out, frontend::describe);
  EXPECT_EQ(decode_describe(body).value().target, Target::statement);
  EXPECT_EQ(decode_describe(body).value().name, "s1");
  EXPECT_EQ(decode_describe("P\0"s).value().target, Target::portal);
  expect_whole(body, decode_describe);
  for (const std::string& wrong : {"s\0"s, "X\0"s, "\0\0"s}) EXPECT_FALSE(decode_describe(wrong));
}

TEST(CloseMessage, NamesAStatementOrAPortal) {
  std::string out;
  append_close(out, Target::portal, "");
  EXPECT_EQ(out, "C\0\0\0\6P\0"s);
  EXPECT_EQ(decode_close("Ss1\0"s).value().target, Target::statement);
  EXPECT_EQ(decode_close("Ss1\0"s).value().name, "s1");
  expect_whole("Ss1\0"s, decode_close);
  EXPECT_FALSE(decode_close("Q\0"s));
}

TEST(ExecuteMessage, HasPortalAndRows) {
  std::string out;
  append_execute(out, "p", 258);
  EXPECT_EQ(out, "E\0\0\0\x0ap\0\0\0\1\2"s);
  const std::string body = only_body(out, frontend::execute);
  EXPECT_EQ(decode_execute(body).value().portal, "p");
  EXPECT_EQ(decode_execute(body).value().most_rows, 258);
  EXPECT_EQ(decode_execute("\0\xff\xff\xff\xff"s).value().most_rows, -1) << "the server takes it for all";
  expect_whole(body, decode_execute);
}

TEST(EmptyMessages, AreTheirHeaders) {
  std::string out;
  append_sync(out);
  append_flush(out);
  append_terminate(out);
  EXPECT_EQ(out, "S\0\0\0\4H\0\0\0\4X\0\0\0\4"s);
}

TEST(CopyFailMessage, SaysWhy) {
  std::string out;
  append_copy_fail(out, "no");
  EXPECT_EQ(out, "f\0\0\0\7no\0"s);
}

TEST(PasswordMessage, IsOneText) {
  std::string out;
  append_password(out, "secret");
  EXPECT_EQ(out, "p\0\0\0\x0bsecret\0"s);
  expect_whole("secret\0"s, decode_password);
  EXPECT_EQ(decode_password("secret\0"s), "secret");
  EXPECT_EQ(decode_password("\0"s), "");
  EXPECT_FALSE(decode_password("se\0cret\0"s));
}

TEST(SaslInitialMessage, HasMechanismAndData) {
  std::string out;
  append_sasl_initial(out, "SCRAM-SHA-256", "n,,n=,r=abc");
  EXPECT_EQ(out, "p\0\0\0\x21SCRAM-SHA-256\0\0\0\0\x0bn,,n=,r=abc"s);
  const std::string body = only_body(out, frontend::password);
  const auto initial = decode_sasl_initial(body);
  ASSERT_TRUE(initial);
  EXPECT_EQ(initial->mechanism, "SCRAM-SHA-256");
  EXPECT_EQ(initial->data, "n,,n=,r=abc");
  expect_whole(body, decode_sasl_initial);
  EXPECT_FALSE(decode_sasl_initial("M\0\xff\xff\xff\xfe"s)) << "length -2";
}

TEST(SaslInitialMessage, TellsNoDataFromEmptyData) {
  std::string out;
  append_sasl_initial(out, "M", {});
  EXPECT_EQ(out, "p\0\0\0\x0aM\0\xff\xff\xff\xff"s);
  const auto none = decode_sasl_initial("M\0\xff\xff\xff\xff"s);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->data.data(), nullptr);
  const auto empty = decode_sasl_initial("M\0\0\0\0\0"s);
  ASSERT_TRUE(empty);
  EXPECT_NE(empty->data.data(), nullptr);
  EXPECT_EQ(empty->data, "");
}

TEST(SaslResponseMessage, IsItsData) {
  std::string out;
  append_sasl_response(out, "c=biws\0"s);
  EXPECT_EQ(out, "p\0\0\0\x0b"s + "c=biws\0"s);
}

TEST(Encoding, AZeroByteEndsAText) {
  std::string out;
  append_parse(out, "a\0b"s, "select 1\0; drop"s, "\0\0"s);
  const auto parse = decode_parse(only_body(out, frontend::parse));
  ASSERT_TRUE(parse);
  out.clear();
  append_query(out, "select 1\0; drop"s);
  EXPECT_EQ(decode_query(Bytes(out).substr(header_size)).value().sql, "select 1");
}

}  // namespace
}  // namespace lockkeeper::wire::postgres
