// The cases that the transcripts do not have: what only MySQL does, what is rare, and what is wrong.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/mysql/reply_walker.hpp"

namespace lockkeeper::wire::mysql {
namespace {

using namespace std::literals;
using Parts = std::vector<ReplyPart>;

constexpr Capabilities old_client{};
constexpr Capabilities without_eof{static_cast<std::uint64_t>(Capability::deprecate_eof)};

const std::string ok = "\0\0\0\2\0\0\0"s;
const std::string more_ok = "\0\0\0\x0a\0\0\0"s;
const std::string eof = "\xfe\0\0\2\0"s;
const std::string more_eof = "\xfe\0\0\x0a\0"s;
const std::string cursor_eof = "\xfe\0\0\x42\0"s;
const std::string end = "\xfe\0\0\2\0\0\0"s;
const std::string more_end = "\xfe\0\0\x0a\0\0\0"s;
const std::string cursor_end = "\xfe\0\0\x42\0\0\0"s;
const std::string error = "\xff\x10\4#42000No";
const std::string definition = "\3def";

ReplyPart next(ReplyWalker& reply, const std::string& body) {
  return reply.server(std::string(body, 0, reply_head), static_cast<std::uint32_t>(body.size()));
}

Parts walk(ReplyWalker& reply, const std::vector<std::string>& bodies) {
  Parts parts;
  for (const std::string& body : bodies) {
    EXPECT_FALSE(reply.complete());
    parts.push_back(next(reply, body));
  }
  return parts;
}

TEST(MysqlReplyWalker, CommandsWithoutReply) {
  for (const Command command : {Command::quit, Command::close_statement, Command::send_long_data}) {
    ReplyWalker reply(command, old_client);
    EXPECT_TRUE(reply.complete() && !reply.client_speaks());
    EXPECT_EQ(next(reply, ok), ReplyPart::unexpected);
    EXPECT_TRUE(reply.lost() && !reply.complete());
  }
}

TEST(MysqlReplyWalker, RowsInBothForms) {
  ReplyWalker older(Command::query, old_client);
  EXPECT_EQ(walk(older, {"\2", definition, definition, eof, "\1a\1b", "\0\0"s, "\xfb\xfb", eof}),
            (Parts{ReplyPart::result_header, ReplyPart::column, ReplyPart::column, ReplyPart::end_of_columns,
                   ReplyPart::row, ReplyPart::row, ReplyPart::row, ReplyPart::end_of_rows}));
  EXPECT_TRUE(older.complete());
  EXPECT_EQ(older.outcome().rows, 3U);
  EXPECT_EQ(older.outcome().bytes, 8 * 4 + 1 + 8 + 5 + 4 + 2 + 2 + 5U);
  ReplyWalker newer(Command::query, without_eof);
  EXPECT_EQ(walk(newer, {"\1", definition, "\1a", end}),
            (Parts{ReplyPart::result_header, ReplyPart::column, ReplyPart::row, ReplyPart::end_of_rows}));
  EXPECT_TRUE(newer.complete());
  EXPECT_TRUE(newer.outcome().has_status && newer.outcome().status.autocommit());
}

TEST(MysqlReplyWalker, RowsThatBeginAsAnEndDoes) {
  const std::string row = "\xfe\0\0\0\1\0\0\0\0"s;  // A cell of 16 MiB.
  ReplyWalker older(Command::query, old_client);
  walk(older, {"\1", definition, eof});
  EXPECT_EQ(older.server(row, most_body), ReplyPart::row);
  older.server_goes_on(10);
  EXPECT_EQ(older.server(row, 9), ReplyPart::row) << "no EOF has 9 bytes";
  EXPECT_EQ(next(older, eof), ReplyPart::end_of_rows);
  ReplyWalker newer(Command::query, without_eof);
  walk(newer, {"\1", definition});
  EXPECT_EQ(newer.server(row, most_body), ReplyPart::row);
  EXPECT_EQ(newer.server(end, most_body - 1), ReplyPart::end_of_rows) << "with very much session state";
  EXPECT_TRUE(newer.complete());
}

TEST(MysqlReplyWalker, ErrorsEndEverything) {
  const std::vector<std::vector<std::string>> begins = {
      {}, {"\1"}, {"\1", definition}, {"\1", definition, eof}, {"\1", definition, eof, "\1a"}, {more_ok}};
  for (const auto& begin : begins) {
    ReplyWalker reply(Command::query, old_client);
    walk(reply, begin);
    EXPECT_EQ(next(reply, error), ReplyPart::error);
    EXPECT_TRUE(reply.complete() && reply.outcome().failed);
    EXPECT_EQ(reply.outcome().error_code, 1040);
    EXPECT_EQ(std::string_view(reply.outcome().sqlstate.data(), 5), "42000");
  }
}

TEST(MysqlReplyWalker, SeveralResults) {
  ReplyWalker reply(Command::query, old_client);
  walk(reply, {more_ok, "\1", definition, more_eof, "\1a", more_eof, "\0\3\0\x0a\0\0\0"s, "\0\4\x09\x03\0\1\0"s});
  EXPECT_TRUE(reply.complete());
  EXPECT_EQ(reply.outcome().results, 4U);
  EXPECT_EQ(reply.outcome().affected_rows, 7U);
  EXPECT_EQ(reply.outcome().last_insert_id, 9U);
  EXPECT_TRUE(reply.outcome().status.in_transaction());
  EXPECT_EQ(reply.outcome().warnings, 1);
}

TEST(MysqlReplyWalker, OnlyStatementsHaveSeveralResults) {
  for (const Command command : {Command::ping, Command::init_db, Command::reset_connection, Command::set_option}) {
    ReplyWalker reply(command, old_client);
    EXPECT_EQ(next(reply, more_ok), ReplyPart::ok);
    EXPECT_TRUE(reply.complete());
  }
}

TEST(MysqlReplyWalker, EofInPlaceOfOk) {
  for (const Capabilities capabilities : {old_client, without_eof}) {
    for (const std::string& body : {eof, end}) {
      ReplyWalker reply(Command::set_option, capabilities);
      EXPECT_EQ(next(reply, body), ReplyPart::ok);
      EXPECT_TRUE(reply.complete());
    }
  }
}

TEST(MysqlReplyWalker, CursorsKeepTheirRows) {
  ReplyWalker older(Command::execute, old_client);
  EXPECT_EQ(walk(older, {"\1", definition, cursor_eof}).back(), ReplyPart::end_of_rows);
  EXPECT_TRUE(older.complete());
  ReplyWalker newer(Command::execute, without_eof);
  EXPECT_EQ(walk(newer, {"\1", definition, cursor_end}).back(), ReplyPart::end_of_rows);
  EXPECT_TRUE(newer.complete());
  ReplyWalker fetched(Command::fetch, old_client);
  EXPECT_EQ(walk(fetched, {"\0\0"s, "\0\0"s, cursor_eof}),
            (Parts{ReplyPart::row, ReplyPart::row, ReplyPart::end_of_rows}));
  EXPECT_TRUE(fetched.complete() && !fetched.outcome().status.last_row_sent());
  // In a query the flag is a cursor's of before, and rows follow.
  ReplyWalker query(Command::query, old_client);
  EXPECT_EQ(walk(query, {"\1", definition, cursor_eof, "\1a", eof}).back(), ReplyPart::end_of_rows);
}

TEST(MysqlReplyWalker, PreparedInAllSizes) {
  struct Case {
    char columns, parameters;
    std::vector<std::string> rest;
  };
  for (const Case& tested : {Case{0, 0, {}}, Case{1, 0, {definition, eof}}, Case{0, 2, {definition, definition, eof}},
                             Case{1, 1, {definition, eof, definition, eof}}}) {
    std::vector<std::string> bodies{"\0\7\0\0\0"s + tested.columns + '\0' + tested.parameters + "\0\0\0\0"s};
    std::vector<std::string> shorter = bodies;
    for (const std::string& body : tested.rest) {
      bodies.push_back(body);
      if (body != eof) shorter.push_back(body);
    }
    ReplyWalker older(Command::prepare, old_client), newer(Command::prepare, without_eof);
    walk(older, bodies);
    walk(newer, shorter);
    EXPECT_TRUE(older.complete() && newer.complete());
    EXPECT_EQ(newer.outcome().prepared.statement, 7U);
    EXPECT_EQ(newer.outcome().results, 1U);
  }
}

TEST(MysqlReplyWalker, MysqlSaysBeforeParametersAloneThatMoreFollows) {
  const std::string parameters_eof = "\xfe\0\0\x0a\x10"s;
  ReplyWalker reply(Command::execute, old_client);
  walk(reply, {"\1", definition, parameters_eof, "\0\0"s, eof});
  EXPECT_FALSE(reply.complete());
  EXPECT_EQ(next(reply, ok), ReplyPart::ok);
  EXPECT_TRUE(reply.complete());
  EXPECT_EQ(reply.outcome().results, 2U);
}

TEST(MysqlReplyWalker, MysqlLeavesDefinitionsOut) {
  const Capabilities capabilities = without_eof.with(Capability::optional_metadata);
  ReplyWalker reply(Command::execute, capabilities);
  EXPECT_EQ(walk(reply, {"\2\0"s, "\0\0"s, end}),
            (Parts{ReplyPart::result_header, ReplyPart::row, ReplyPart::end_of_rows}));
  EXPECT_TRUE(reply.complete());
  ReplyWalker with(Command::query, capabilities);
  EXPECT_EQ(walk(with, {"\1\1", definition, "\1a", end}).back(), ReplyPart::end_of_rows);
  ReplyWalker done(Command::query, capabilities);
  EXPECT_EQ(next(done, ok), ReplyPart::ok);
  ReplyWalker prepared(Command::prepare, capabilities);
  EXPECT_EQ(next(prepared, "\0\7\0\0\0\1\0\1\0\0\0\0\0"s), ReplyPart::prepared);
  EXPECT_TRUE(prepared.complete());
}

TEST(MysqlReplyWalker, FilesAreTheClients) {
  ReplyWalker reply(Command::query, old_client);
  EXPECT_EQ(next(reply, "\xfb/tmp/x"), ReplyPart::file_request);
  EXPECT_TRUE(reply.client_speaks() && !reply.complete());
  EXPECT_EQ(reply.client(100), ClientPart::file);
  EXPECT_EQ(reply.client(0), ClientPart::end_of_file);
  EXPECT_EQ(reply.client(1), ClientPart::unexpected);
  EXPECT_FALSE(reply.client_speaks() || reply.complete());
  EXPECT_EQ(next(reply, ok), ReplyPart::ok);
  EXPECT_TRUE(reply.complete());
  // A server that has seen enough; the client does not know yet.
  ReplyWalker refused(Command::query, old_client);
  next(refused, "\xfb/tmp/x");
  EXPECT_EQ(next(refused, error), ReplyPart::error);
  EXPECT_TRUE(refused.client_speaks() && !refused.complete());
  EXPECT_EQ(refused.client(5), ClientPart::file);
  EXPECT_EQ(refused.client(0), ClientPart::end_of_file);
  EXPECT_TRUE(refused.complete());
}

TEST(MysqlReplyWalker, LoginsAreADialogue) {
  for (ReplyWalker reply : {ReplyWalker::login(without_eof), ReplyWalker(Command::change_user, old_client)}) {
    EXPECT_TRUE(reply.client_speaks());
    EXPECT_EQ(next(reply, "\xfeplugin\0salt"s), ReplyPart::login);
    EXPECT_EQ(reply.client(20), ClientPart::login);
    EXPECT_EQ(next(reply, "\xfe"), ReplyPart::login);
    EXPECT_EQ(next(reply, "\1\3"), ReplyPart::login);
    EXPECT_EQ(next(reply, "\2factor\0"s), ReplyPart::login);
    EXPECT_EQ(next(reply, ok), ReplyPart::ok);
    EXPECT_TRUE(reply.complete() && !reply.client_speaks());
  }
}

TEST(MysqlReplyWalker, BinaryLogsHaveNoEnd) {
  ReplyWalker reply(Command::binlog_dump, old_client);
  for (int event = 0; event < 300; ++event) EXPECT_EQ(next(reply, "\0event"s), ReplyPart::event);
  EXPECT_EQ(reply.client(12), ClientPart::stream) << "an acknowledgement";
  EXPECT_FALSE(reply.complete());
  EXPECT_EQ(next(reply, eof), ReplyPart::end_of_events);
  EXPECT_TRUE(reply.complete());
}

TEST(MysqlReplyWalker, StreamsAreNotLookedAt) {
  ReplyWalker reply(Command::clone, old_client);
  for (const std::string& body : {ok, error, ""s, "\xfe"s}) EXPECT_EQ(next(reply, body), ReplyPart::stream);
  EXPECT_EQ(reply.client(3), ClientPart::stream);
  EXPECT_FALSE(reply.complete());
}

TEST(MysqlReplyWalker, StatisticsAreText) {
  ReplyWalker reply(Command::statistics, old_client);
  EXPECT_EQ(next(reply, "Uptime: 5"), ReplyPart::text);
  EXPECT_TRUE(reply.complete());
  ReplyWalker nothing(Command::statistics, old_client);
  EXPECT_EQ(next(nothing, ""), ReplyPart::text);
  ReplyWalker refused(Command::statistics, old_client);
  EXPECT_EQ(next(refused, error), ReplyPart::error);
}

TEST(MysqlReplyWalker, WhatCannotBeIsTheEndOfKnowing) {
  const std::vector<std::pair<Command, std::vector<std::string>>> wrong = {
      {Command::query, {""}},
      {Command::query, {"\0"s}},
      {Command::query, {"\0\0\0\2\0\0"s}},
      {Command::query, {"\xff\x10"}},
      {Command::query, {"\1", definition, "\3def"}},
      {Command::query, {"\1", definition, "\xfe"}},
      {Command::query, {"\1", definition, eof, "\xfe"}},
      {Command::prepare, {ok}},
      {Command::prepare, {"\1"}},
      {Command::change_user, {"\3"}},
      {Command::binlog_dump, {"\1"}},
      {Command::ping, {ok, ok}},
  };
  for (const auto& [command, bodies] : wrong) {
    ReplyWalker reply(command, old_client);
    ReplyPart last{};
    for (const std::string& body : bodies) last = next(reply, body);
    EXPECT_EQ(last, ReplyPart::unexpected) << to_string(command) << ' ' << bodies.back();
    EXPECT_TRUE(reply.lost() && !reply.complete() && !reply.client_speaks());
    EXPECT_EQ(next(reply, ok), ReplyPart::unexpected);
  }
}

TEST(MysqlReplyWalker, PartsHaveNames) {
  for (int part = 0; part <= static_cast<int>(ReplyPart::unexpected); ++part) {
    EXPECT_FALSE(to_string(static_cast<ReplyPart>(part)).empty());
  }
  for (int part = 0; part <= static_cast<int>(ClientPart::unexpected); ++part) {
    EXPECT_FALSE(to_string(static_cast<ClientPart>(part)).empty());
  }
}

}  // namespace
}  // namespace lockkeeper::wire::mysql
