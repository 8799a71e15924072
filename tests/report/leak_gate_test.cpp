#include "report/leak_gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <boost/json.hpp>

namespace lockkeeper::report {
namespace {

using namespace std::chrono_literals;
using model::LeakKey;
using model::LeakKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

model::Leak leak(std::string test) {
  model::Leak leak;
  leak.key = {LeakKind::left_open, std::move(test), "INSERT INTO posts VALUES (?)"};
  leak.is_test = true;
  leak.at = *model::parse_time("2026-11-29T10:00:00.25Z");
  leak.open_for = 12s;
  leak.next_test = "posts > lists";
  leak.client = "client 1 of application \"shop\"";
  model::StatementLine begin;
  begin.text = "BEGIN";
  begin.started_at = leak.at;
  model::StatementLine insert;
  insert.text = leak.key.statement;
  insert.rows = 1;
  leak.ran = {begin, insert};
  return leak;
}

model::GateReport report_of(std::vector<model::Leak> leaks) {
  model::GateReport report;
  report.leaks = std::move(leaks);
  report.tests = 24;
  report.clients = 3;
  report.transactions = 61;
  report.most_held = 2;
  report.most_held_by = "posts > lists";
  report.units_at_once = 4;
  report.smallest_pool = 5;
  return report;
}

TEST(LeakGateText, SaysWhoDidWhatAndWhatToDo) {
  EXPECT_EQ(to_text(report_of({leak("posts > creates")}), {}),
            R"(leak[left_open]: test "posts > creates" left a transaction open
  --> client 1 of application "shop"
   |
   |   10:00:00.250  BEGIN [0 ms, 0 rows]
   |                 INSERT INTO posts VALUES (?) [0 ms, 1 row]
   |
   = open:     12 s
   = what:     The transaction was still open when the next test, "posts > lists", began. Until then
               it held its connection and its locks: whatever runs after it may hang, or not, by the
               order of the tests.
   = fix:      End it on every path, the failing ones too: a scope that rolls back (with,
               try/finally, a managed transaction), in the code that the test calls or in its
               clean-up.

leaks: 1 leak; 24 tests, 61 transactions by 3 connections
pool: at most 2 transactions open at once in one test ("posts > lists"), 4 tests with one open at
      the same time; the smallest pool in which they cannot wait for one another: 5
)");
}

TEST(LeakGateText, ACleanSuiteIsTwoLines) {
  EXPECT_THAT(to_text(report_of({}), {}),
              testing::StartsWith("clean: nothing was left open; 24 tests, 61 transactions"));
}

TEST(LeakGateText, WhatMayHaveBeenMissedIsSaid) {
  auto report = report_of({});
  report.facts_lost = 7;
  report.still_connected = 1;
  const std::string text = to_text(report, {});
  EXPECT_THAT(text, HasSubstr("not seen: 7 things"));
  EXPECT_THAT(text, HasSubstr("still connected: 1 client outlived the command"));
}

TEST(LeakGateText, DoubtIsNamed) {
  auto doubtful = leak("a");
  doubtful.others = {"b", "c"};
  Options wide;
  wide.width = 400;
  EXPECT_THAT(to_text(report_of({doubtful}), wide), HasSubstr("it may be theirs: \"b\", \"c\"."));
}

TEST(LeakGateText, WhatIsKnownIsCountedOnly) {
  auto known = leak("a");
  known.known = true;
  auto report = report_of({known});
  report.gone = {{LeakKind::left_open, "z", ""}};
  const std::string text = to_text(report, {});
  EXPECT_THAT(text, Not(HasSubstr("leak[")));
  EXPECT_THAT(text, HasSubstr("1 leak that it knows is not counted"));
  EXPECT_THAT(text, HasSubstr("1 leak of it did not come again"));
}

TEST(LeakGateJson, HasItAll) {
  const auto object = boost::json::parse(to_json(report_of({leak("a\xff")}), 3)).as_object();
  EXPECT_EQ(object.at("command_status").as_int64(), 3);
  EXPECT_TRUE(object.at("complete").as_bool());
  const auto& only = object.at("leaks").as_array().at(0).as_object();
  EXPECT_EQ(only.at("kind").as_string(), "left_open");
  EXPECT_EQ(only.at("open_for_ms").as_int64(), 12'000);
  EXPECT_EQ(only.at("statements").as_array().size(), 2U);
}

TEST(LeakGateJunit, EscapesWhatTestsAreNamed) {
  auto known = leak("old");
  known.known = true;
  const std::string xml = to_junit(report_of({leak("<a> & \"b\"\x01"), known}));
  EXPECT_THAT(xml, HasSubstr("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\""));
  EXPECT_THAT(xml, HasSubstr("name=\"&lt;a&gt; &amp; &quot;b&quot;"));
  EXPECT_THAT(xml, Not(HasSubstr("\x01")));
  EXPECT_THAT(to_junit(report_of({})), HasSubstr("tests=\"1\" failures=\"0\""));
}

TEST(LeakGateBaseline, ComesBackAsItWas) {
  EXPECT_THAT(*read_baseline(to_baseline(report_of({leak("b"), leak("a \"quoted\"\n")}))),
              ElementsAre(leak("a \"quoted\"\n").key, leak("b").key));
  EXPECT_THAT(*read_baseline(to_baseline(report_of({}))), testing::IsEmpty());
}

TEST(LeakGateBaseline, SaysWhatIsWrongWithIt) {
  const auto wrong = [](std::string_view text) {
    const auto read = read_baseline(text);
    return read ? "" : read.error();
  };
  EXPECT_THAT(wrong("nonsense"), HasSubstr("not JSON"));
  EXPECT_THAT(wrong("[]"), HasSubstr("not an object"));
  EXPECT_THAT(wrong("{}"), HasSubstr("version"));
  EXPECT_THAT(wrong(R"({"version": 2, "known": []})"), HasSubstr("is 2, and this program knows 1"));
  EXPECT_THAT(wrong(R"({"version": 1, "known": [{"kind": "left", "test": "a", "statement": ""}]})"),
              HasSubstr("known[0].kind is none of left_open"));
  EXPECT_THAT(wrong(R"({"version": 1, "known": [{"kind": "left_open", "test": 7, "statement": ""}]})"),
              HasSubstr("known[0].test"));
}

RC_GTEST_PROP(LeakGateBaseline, AnyBytesAreBorne, (const std::string& bytes)) {
  const auto read = read_baseline(bytes);
  RC_ASSERT(read || !read.error().empty());
}

}  // namespace
}  // namespace lockkeeper::report
