#include "wire/mysql/reply.hpp"

#include <gtest/gtest.h>

#include "wire/mysql/bodies.hpp"

namespace lockkeeper::wire::mysql {
namespace {

using namespace std::literals;
using testing::mysql::expect_whole;
using testing::mysql::only_body;

constexpr Capabilities none{};
constexpr Capabilities tracking{static_cast<std::uint64_t>(Capability::session_track)};
constexpr Capabilities caching{static_cast<std::uint64_t>(Capability::cache_metadata)};
constexpr Capabilities optional_metadata{static_cast<std::uint64_t>(Capability::optional_metadata)};

TEST(MysqlOk, HasItsNumbers) {
  const std::string body = "\0\xfc\x2c\1\xfe\1\0\0\0\0\0\0\x80\x03\0\5\0info"s;
  const auto ok = decode_ok(body);
  ASSERT_TRUE(ok);
  EXPECT_EQ(ok->affected_rows, 300U);
  EXPECT_EQ(ok->last_insert_id, 0x8000000000000001U);
  EXPECT_TRUE(ok->status.in_transaction() && ok->status.autocommit() && !ok->status.more_results());
  EXPECT_EQ(ok->warnings, 5);
  EXPECT_EQ(ok->rest, "info");
  EXPECT_EQ(decode_ok_rest(*ok, none)->info, "info");
  EXPECT_FALSE(decode_ok_rest(*ok, tracking)) << "an i is a long length";
  expect_whole(body.substr(0, body.size() - 4), decode_ok);
  EXPECT_TRUE(decode_ok("\xfe\0\0\2\0\0\0"sv));
  EXPECT_FALSE(decode_ok("\1\0\0\2\0\0\0"sv));
  EXPECT_FALSE(decode_ok("\0\xfb\0\2\0\0\0"sv)) << "NULL rows";
  EXPECT_FALSE(decode_ok("\0\xff\0\2\0\0\0"sv));
}

TEST(MysqlOk, HasInfoAndChanges) {
  const Ok ok{.status = {0x4002}, .rest = "\4info\5\1\3\2db"sv};
  const auto rest = decode_ok_rest(ok, tracking);
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->info, "info");
  EXPECT_EQ(rest->session_changes, "\1\3\2db");
  std::string written;
  append_ok_rest(written, *rest, ok.status, tracking);
  EXPECT_EQ(written, ok.rest);
  EXPECT_EQ(decode_ok_rest({.status = {2}, .rest = ""}, tracking)->info, "");
  EXPECT_EQ(decode_ok_rest({.status = {0x4002}, .rest = "\4info"}, tracking)->session_changes, "");
}

TEST(MysqlSessionChanges, OfEveryKind) {
  const std::string bytes = "\0\x0d\1a\2bc\1d\1e\2ff\0"s + "\1\3\2db"s + "\2\1"s + "1" + "\3\4\0\2g1"s + "\4\3\2TR"s +
                            "\5\x09\x08T_______"s + "\x77\2??"s;
  SessionChangeReader reader(bytes);
  std::string text;
  while (const auto change = reader.next()) {
    text += std::to_string(static_cast<int>(change->kind)) + ' ' + std::string(change->name) + '=' +
            std::string(change->value) + ';';
  }
  EXPECT_EQ(text, "0 a=bc;0 d=e;0 ff=;1 =db;2 =1;3 =g1;4 =TR;5 =T_______;119 =??;");
  EXPECT_TRUE(reader.ok());
}

TEST(MysqlSessionChanges, EndWhereTheyAreBroken) {
  for (const std::string& bytes :
       {"\1"s, "\1\5\2db"s, "\1\3\3db"s, "\0\3\1a\2"s, "\3\1\0"s, "\5\xff"s, "\4\0"s, "\0\0"s}) {
    SessionChangeReader reader(bytes);
    EXPECT_FALSE(reader.next()) << bytes;
    EXPECT_FALSE(reader.next()) << bytes;
    EXPECT_FALSE(reader.ok()) << bytes;
  }
}

TEST(MysqlEof, IsFiveBytes) {
  const auto eof = decode_eof("\xfe\3\0\x28\0"sv);
  ASSERT_TRUE(eof);
  EXPECT_EQ(eof->warnings, 3);
  EXPECT_TRUE(eof->status.more_results() && eof->status.no_index());
  expect_whole("\xfe\3\0\x28\0"sv, decode_eof);
  EXPECT_FALSE(decode_eof("\xfe\3\0\x28\0x"sv));
}

TEST(MysqlError, HasCodeStateAndMessage) {
  const auto error = decode_error("\xff\xbd\4#40001Deadlock"sv);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, 1213);
  EXPECT_EQ(error->sqlstate, "40001");
  EXPECT_EQ(error->message, "Deadlock");
  const auto early = decode_error("\xff\x10\4Too many connections"sv);
  EXPECT_EQ(early->sqlstate, "");
  EXPECT_EQ(early->message, "Too many connections");
  EXPECT_EQ(decode_error("\xff\x10\4#4000"sv)->message, "#4000");
  expect_whole("\xff\x10\4"sv, decode_error);
  EXPECT_FALSE(decode_error("\xff\xff\xff\1\1\2\0\0\0\0"sv)) << "progress";
}

TEST(MysqlError, IsWritten) {
  std::string out;
  append_error(out, 2, {.code = 1040, .sqlstate = "", .message = "Too many"});
  append_error(out, 0, {.code = 1213, .sqlstate = "40001", .message = "Deadlock"});
  EXPECT_EQ(out, "\x0b\0\0\2\xff\x10\4Too many"s + "\x11\0\0\0\xff\xbd\4#40001Deadlock"s);
}

TEST(MysqlProgress, IsHowFarItHasCome) {
  const auto progress = decode_progress("\xff\xff\xff\1\2\3\x50\xc3\0\4copy"sv);
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->stage, 2);
  EXPECT_EQ(progress->stages, 3);
  EXPECT_EQ(progress->done, 50'000U);
  EXPECT_EQ(progress->what, "copy");
  EXPECT_EQ(decode_progress("\xff\xff\xff\1\2\3\x50\xc3\0\4co"sv)->what, "co") << "cut";
  expect_whole("\xff\xff\xff\1\2\3\x50\xc3\0\0"sv, decode_progress);
  EXPECT_FALSE(decode_progress("\xff\xfe\xff\1\2\3\x50\xc3\0\0"sv));
}

TEST(MysqlResultHeader, CountsColumns) {
  EXPECT_EQ(decode_result_header("\3", none)->columns, 3U);
  EXPECT_EQ(decode_result_header("\xfc\0\x10"sv, none)->columns, 4096U);
  EXPECT_FALSE(decode_result_header("\0"sv, none));
  EXPECT_FALSE(decode_result_header("\xfb", none));
  EXPECT_FALSE(decode_result_header("\3x", none));
  EXPECT_TRUE(decode_result_header("\3\1", caching)->definitions);
  EXPECT_FALSE(decode_result_header("\3\0"sv, caching)->definitions);
  EXPECT_TRUE(decode_result_header("\3", caching)->definitions);
  EXPECT_TRUE(decode_result_header("\3\1", optional_metadata)->definitions);
  const auto without = decode_result_header("\xfc\0\x10\0"sv, optional_metadata);
  EXPECT_FALSE(without->definitions);
  EXPECT_EQ(without->columns, 4096U);
}

TEST(MysqlPrepared, HasNumberAndCounts) {
  const std::string body = "\0\1\0\0\0\2\0\3\0\0\4\0"s;
  const auto prepared = decode_prepared(body, none);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->statement, 1U);
  EXPECT_EQ(prepared->columns, 2);
  EXPECT_EQ(prepared->parameters, 3);
  EXPECT_EQ(prepared->warnings, 4);
  expect_whole(body, [](Bytes bytes) { return decode_prepared(bytes, none); });
  EXPECT_FALSE(decode_prepared(body + '\0', optional_metadata)->definitions);
  std::string out;
  append_prepared(out, 1, *decode_prepared(body + '\0', optional_metadata), optional_metadata);
  EXPECT_EQ(only_body(out), body + '\0');
}

TEST(MysqlFileRequest, IsAName) {
  EXPECT_EQ(decode_file_request("\xfb/tmp/x"), "/tmp/x");
  EXPECT_FALSE(decode_file_request("\xfc/tmp/x"));
  EXPECT_FALSE(decode_file_request(""));
}

TEST(MysqlStatus, IsABitEach) {
  const auto flags = [](Status status) {
    return std::vector<bool>{status.in_transaction(),
                             status.autocommit(),
                             status.more_results(),
                             status.no_good_index(),
                             status.no_index(),
                             status.cursor_exists(),
                             status.last_row_sent(),
                             status.database_dropped(),
                             status.no_backslash_escapes(),
                             status.metadata_changed(),
                             status.slow(),
                             status.out_parameters(),
                             status.read_only_transaction(),
                             status.session_changed(),
                             status.ansi_quotes()};
  };
  std::size_t index = 0;
  for (unsigned bit = 0; bit < 16; ++bit) {
    if (bit == 2) continue;  // Not used.
    std::vector<bool> expected(15, false);
    expected[index++] = true;
    EXPECT_EQ(flags({static_cast<std::uint16_t>(1U << bit)}), expected) << bit;
  }
}

}  // namespace
}  // namespace lockkeeper::wire::mysql
