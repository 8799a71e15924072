#include "demo/result.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace lockkeeper::demo {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

IncidentResult all_shown(int number, std::string name) {
  IncidentResult result{number, std::move(name)};
  result.cells.fill({Shown::yes, "seen"});
  return result;
}

std::string table_of(std::vector<IncidentResult> incidents, bool colour = false) {
  report::Options options;
  options.colour = colour;
  return to_table({"PostgreSQL 15.20", std::move(incidents)}, options);
}

TEST(Table, HasALineForEachIncidentAndNoRemarksWhereAllWasSeen) {
  EXPECT_EQ(table_of({all_shown(1, "webhook"), all_shown(5, "lonely-test")}),
            "                reproduced  found       explained   resolved    prevented\n"
            "1 webhook       yes         yes         yes         yes         yes\n"
            "5 lonely-test   yes         yes         yes         yes         yes\n");
}

TEST(Table, SaysWhyACellIsNoYes) {
  IncidentResult result = all_shown(3, "counter");
  result[Column::resolved] = {Shown::no, "who waited has not gone on"};
  const std::string table = table_of({result});
  EXPECT_THAT(table, HasSubstr("3 counter       yes         yes         yes         no          yes"));
  EXPECT_THAT(table, HasSubstr("  counter: resolved no: who waited has not gone on\n"));
}

TEST(Table, TellsCellsWithTheSameReasonOnce) {
  IncidentResult result = all_shown(4, "refund");
  result[Column::explained] = result[Column::resolved] = {Shown::not_shown, "what came before it failed"};
  const std::string table = table_of({result});
  EXPECT_THAT(table, HasSubstr("  refund: explained, resolved not shown: what came before it failed\n"));
}

TEST(Table, TellsWhatHoldsForSeveralIncidentsOnce) {
  IncidentResult one = all_shown(1, "webhook");
  one[Column::reproduced] = one[Column::resolved] = {Shown::not_shown, "there is no server"};
  IncidentResult two = one;
  two.name = "post";
  EXPECT_THAT(table_of({one, two}),
              EndsWith("\n  webhook, post: reproduced, resolved not shown: there is no server\n"));
}

TEST(Table, KeepsItsColumnsInColour) {
  EXPECT_THAT(table_of({all_shown(1, "webhook")}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(table_of({all_shown(1, "webhook")}, true), HasSubstr("\x1b[1;32myes         \x1b[0m"));
}

TEST(Result, IsAsExpectedUnlessSomethingFailed) {
  Result result{"SQLite", {all_shown(1, "webhook")}};
  EXPECT_TRUE(result.as_expected());
  result.incidents.front()[Column::resolved] = {Shown::not_shown, "nothing to end"};
  EXPECT_TRUE(result.as_expected());
  result.incidents.front()[Column::found] = {Shown::no, "nothing was said"};
  EXPECT_FALSE(result.as_expected());
}

TEST(Json, HoldsEveryColumnWithItsWords) {
  IncidentResult incident = all_shown(2, "post");
  incident[Column::found] = {Shown::no, "nothing was said"};
  incident.rules = {"root-blocker"};
  incident.sessions_ended = 1;
  incident.healthy_transactions = 240;
  const auto json = boost::json::parse(to_json({"MariaDB 10.11", {incident}}));
  EXPECT_EQ(json.at("version"), 1);
  EXPECT_EQ(json.at("server"), "MariaDB 10.11");
  EXPECT_EQ(json.at("as_expected"), false);
  const auto& one = json.at("incidents").at(0);
  EXPECT_EQ(one.at("number"), 2);
  EXPECT_EQ(one.at("columns").as_object().size(), all_columns.size());
  EXPECT_EQ(one.at("columns").at("found").at("shown"), "no");
  EXPECT_EQ(one.at("columns").at("found").at("words"), "nothing was said");
  EXPECT_EQ(one.at("columns").at("prevented").at("shown"), "yes");
  EXPECT_EQ(one.at("rules").at(0), "root-blocker");
  EXPECT_EQ(one.at("healthy_transactions"), 240);
}

}  // namespace
}  // namespace lockkeeper::demo
