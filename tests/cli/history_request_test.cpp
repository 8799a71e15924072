// The command line of `history`: times as people write them.
#include "cli/history_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/request.hpp"
#include "cli/run.hpp"
#include "client/environment_variables.hpp"

namespace lockkeeper::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Sunday, half past five.
const model::WallTime now = std::chrono::sys_days(2026y / 11 / 22) + 5h + 30min;

model::WallTime moment(std::string_view text) { return parse_moment(text, now).value_or(model::WallTime{}); }

HistoryRequest understood(const HistoryArguments& arguments) {
  const auto request = understand(arguments, "/state/history.sqlite", now);
  EXPECT_TRUE(request) << request.error();
  return request.value_or(HistoryRequest{});
}

std::string complaint(const HistoryArguments& arguments) {
  const auto request = understand(arguments, "/state/history.sqlite", now);
  EXPECT_FALSE(request);
  return request ? "" : request.error();
}

HistoryArguments between(const char* from, const char* to, const char* last = "") {
  HistoryArguments arguments;
  arguments.from = from;
  arguments.to = to;
  arguments.last = last;
  return arguments;
}

TEST(Moment, AsPeopleWriteIt) {
  EXPECT_EQ(moment("now"), now);
  EXPECT_EQ(moment("2026-11-22T05:02:22Z"), now - 27min - 38s);
  EXPECT_EQ(moment("2026-11-22T06:02:22+01:00"), now - 27min - 38s);
  EXPECT_EQ(moment("2026-11-22 05:02"), now - 28min);
  EXPECT_EQ(moment("2026-11-22T05:02:30"), now - 27min - 30s);
  EXPECT_EQ(moment("2026-11-21"), now - 24h - 5h - 30min);
  EXPECT_EQ(moment("05:02"), now - 28min);
  EXPECT_EQ(moment("05:02:30"), now - 27min - 30s);
  EXPECT_EQ(moment("05:30"), now);
  EXPECT_EQ(moment("05:31"), now + 1min - 24h) << "that of yesterday: today's is still to come";
  EXPECT_EQ(moment("90min"), now - 90min);
  EXPECT_EQ(moment("0"), now);
}

TEST(Moment, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "yesterday", "25:00", "05:61", "5:02", "2026-13-01", "2026-11-22 05", "22.11.2026", "-1h"}) {
    const auto read = parse_moment(text, now);
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error(), HasSubstr("is no time; write it like")) << text;
  }
}

TEST(HistoryRequest, Defaults) {
  const auto request = understood({});
  EXPECT_EQ(request.file, "/state/history.sqlite");
  EXPECT_EQ(request.query.from, now - 1h);
  EXPECT_EQ(request.query.to, now);
  EXPECT_EQ(request.query.server, "");
  EXPECT_EQ(request.query.step, 0s);
  EXPECT_EQ(request.timeout, 10s);
  EXPECT_FALSE(request.json);
  EXPECT_EQ(request.colour, Colour::automatic);
}

TEST(HistoryRequest, TwoOfFromToAndLast) {
  auto query = understood(between("03:00", "")).query;
  EXPECT_EQ(query.from, now - 150min);
  EXPECT_EQ(query.to, now);
  query = understood(between("03:00", "04:00")).query;
  EXPECT_EQ(query.to, now - 90min);
  query = understood(between("03:00", "", "10min")).query;
  EXPECT_EQ(query.to, now - 140min);
  query = understood(between("", "03:00", "10min")).query;
  EXPECT_EQ(query.from, now - 160min);
  query = understood(between("", "03:00")).query;
  EXPECT_EQ(query.from, now - 210min) << "an hour";
  query = understood(between("", "", "1d")).query;
  EXPECT_EQ(query.from, now - 24h);
}

TEST(HistoryRequest, WhatIsWrongIsSaid) {
  EXPECT_THAT(complaint(between("03:00", "04:00", "1h")), HasSubstr("two of"));
  EXPECT_THAT(complaint(between("04:00", "03:00")), HasSubstr("has no length"));
  EXPECT_THAT(complaint(between("soon", "")), StartsWith("--from: "));
  EXPECT_THAT(complaint(between("", "soon")), StartsWith("--to: "));
  EXPECT_THAT(complaint(between("", "", "0")), HasSubstr("--last must be longer than 0"));
  EXPECT_THAT(complaint(between("", "", "soon")), StartsWith("--last: "));
  HistoryArguments arguments;
  arguments.step = "x";
  EXPECT_THAT(complaint(arguments), StartsWith("--step: "));
  arguments.step = "";
  arguments.colour = "green";
  EXPECT_THAT(complaint(arguments), HasSubstr("none of auto, always, never"));
  EXPECT_THAT(understand({}, "", now).error(), HasSubstr("--file"));
}

Request parse(std::vector<const char*> words) {
  words.insert(words.begin(), {"lockkeeper", "history"});
  return parse_request(static_cast<int>(words.size()), words.data());
}

TEST(HistoryRequest, FromTheCommandLine) {
  const auto request = parse({"--file", "h.sqlite", "--server", "main", "--last", "2h", "--step", "1min", "--timeout",
                              "3s", "--json", "--color", "never"});
  ASSERT_TRUE(request.history) << request.output;
  EXPECT_EQ(request.history->file, "h.sqlite");
  EXPECT_EQ(request.history->query.server, "main");
  EXPECT_EQ(request.history->query.to - request.history->query.from, 2h);
  EXPECT_EQ(request.history->query.step, 1min);
  EXPECT_EQ(request.history->timeout, 3s);
  EXPECT_TRUE(request.history->json);
  EXPECT_EQ(request.history->colour, Colour::never);
}

TEST(HistoryRequest, HelpHasExamplesAndMistakesAreExplained) {
  EXPECT_THAT(parse({"--help"}).output, HasSubstr("lockkeeper history --from 02:50 --to 03:20"));
  const auto request = parse({"--lsat", "1h"});
  EXPECT_EQ(request.exit_status, Status::usage);
  EXPECT_THAT(request.output, HasSubstr("did you mean --last?"));
  EXPECT_THAT(parse({"--from", "soon"}).output, HasSubstr("lockkeeper history --help shows"));
}

}  // namespace
}  // namespace lockkeeper::cli
