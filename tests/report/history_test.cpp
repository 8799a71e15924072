// The history as text and as JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/utf8.hpp"
#include "report/history_json.hpp"
#include "report/history_text.hpp"

namespace lockkeeper::report {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

model::WallTime at(std::chrono::seconds since_four) { return std::chrono::sys_days(2026y / 11 / 22) + 4h + since_four; }

model::ConnectionPeriod period(std::chrono::seconds since_four, std::int64_t clients, std::int64_t idle_in_transaction,
                               const std::string& server = "main") {
  model::ConnectionPeriod made{.at = at(since_four), .server = server, .samples = 60};
  made.maximum = {clients, 1, clients - idle_in_transaction - 1, idle_in_transaction, 0, 0, 0, 97};
  for (std::size_t index = 0; index < made.mean.size(); ++index)
    made.mean[index] = static_cast<double>(made.maximum[index]) / 2;
  return made;
}

model::HistoryFinding finding() {
  return {.server = "main",
          .id = model::FindingId("leaked-transaction-3f2a9c1b"),
          .rule = model::RuleId("leaked-transaction"),
          .severity = model::Severity::critical,
          .confidence = model::Confidence::certain,
          .title = "7 transactions of application \"checkout\" will not come back",
          .count = 7,
          .first_seen = at(12min + 7s),
          .last_seen = at(55min),
          .ended_at = at(55min + 10s),
          .json = R"({"id": "leaked-transaction-3f2a9c1b"})"};
}

model::HistoryWindow incident() {
  model::HistoryWindow window{.from = at(0s), .to = at(1h), .step = 1min};
  for (int minute = 5; minute < 60; ++minute) {
    if (minute < 20 || minute > 24) window.periods.push_back(period(minute * 1min, 10 + minute, minute / 2));
  }
  auto lasting = finding();
  lasting.id = model::FindingId("idle-transaction-00000001");
  lasting.severity = model::Severity::warning;
  lasting.ended_at.reset();
  lasting.json = "not JSON";
  window.findings = {finding(), lasting};
  window.actions = {{.at = at(55min),
                     .server = "main",
                     .actor = "ops",
                     .action = "terminate",
                     .finding = "leaked-transaction-3f2a9c1b",
                     .session = "4711@2026-11-22T04:01:00.000000Z",
                     .outcome = "terminated"}};
  window.transactions = {{.server = "main",
                          .ended_at = at(55min),
                          .started_at = at(12min),
                          .application = "checkout",
                          .user = "app",
                          .database = "shop",
                          .end = "terminated",
                          .why_kept = model::KeptBecause::killed,
                          .statements = 12,
                          .busy = 15ms,
                          .idle = 43min,
                          .rows_written = 3}};
  window.oldest = at(5min);
  window.newest = at(59min);
  return window;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

std::string line_with(const std::string& text, std::string_view word) {
  for (const std::string& line : lines_of(text)) {
    if (line.contains(word)) return line;
  }
  return "";
}

TEST(HistoryText, AnIncident) {
  const std::string text = to_text(incident(), {});
  EXPECT_EQ(text, R"(main, 2026-11-22 04:00:00 to 05:00:00 UTC
                      04:00          04:15          04:30          04:45              mean    max
  clients                  ▂▂▂▃▃▃▃▃▃▃▃▄▄▄▄     ▅▅▅▅▅▅▅▅▅▆▆▆▆▆▆▆▆▇▇▇▇▇▇▇▇▇█████████    21.5     69
  active                   ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁     ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁     0.5      1
  idle                     ▂▂▂▂▂▂▂▂▂▂▂▂▃▃▃     ▃▃▃▃▃▃▃▃▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▅▅▅▅▅▅▅▅▅    12.9     39
  idle in transaction      ▁▁▁▁▁▁▁▁▁▁▁▁▁▂▂     ▂▂▂▂▂▂▂▂▂▂▂▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▄▄▄▄▄▄▄▄     8.1     29
  97 connections are usable; a bar is the most in its time

  2 findings
  critical leaked-transaction-3f2a9c1b  04:12:07 to 04:55:10, 43 min 3 s
           7 transactions of application "checkout" will not come back
  warning  idle-transaction-00000001  since 04:12:07, last seen 04:55:00, 42 min 53 s so far
           7 transactions of application "checkout" will not come back

  1 action
  04:55:00  terminate 4711@2026-11-22T04:01:00.000000Z: terminated; by ops for
            leaked-transaction-3f2a9c1b

  1 transaction kept
  ended        open for        idle statements rows written  end         kept as  who
  04:55:00       43 min      43 min         12            3  terminated  killed   checkout (app, shop)

note: what is kept begins at 04:05:00; nothing is known of before
)") << text;
}

TEST(HistoryText, NothingAtAll) {
  const std::string text = to_text({.from = at(0s), .to = at(1h)}, {});
  EXPECT_THAT(text, HasSubstr("2026-11-22 04:00:00 to 05:00:00 UTC: nothing was kept"));
  EXPECT_THAT(text, HasSubstr("nothing has been kept so far"));
}

TEST(HistoryText, ServersHaveTheirOwnBlocks) {
  auto window = incident();
  window.periods.push_back(period(0s, 3, 1, "replica"));
  const auto text = to_text(window, {});
  EXPECT_THAT(text, HasSubstr("\nreplica, 2026"));
  EXPECT_THAT(text.substr(text.find("replica, 2026")), Not(HasSubstr("finding")));
}

TEST(HistoryText, AServerThatNobodyLookedAtSaysSo) {
  auto window = incident();
  window.periods.clear();
  EXPECT_THAT(to_text(window, {}), HasSubstr("connections: nobody looked"));
}

TEST(HistoryText, StatesThatNeverWereAreLeftOut) {
  auto window = incident();
  EXPECT_THAT(to_text(window, {}), Not(HasSubstr("waiting for a lock")));
  window.periods.back().maximum[5] = 1;
  EXPECT_THAT(line_with(to_text(window, {}), "waiting for a lock"), HasSubstr("▁"));
}

TEST(HistoryText, OneIsSeenBesideAThousand) {
  model::HistoryWindow window{.from = at(0s), .to = at(2min), .step = 1min};
  window.periods = {period(0s, 1'000, 1), period(1min, 1, 0)};
  EXPECT_THAT(line_with(to_text(window, {}), "clients"), HasSubstr("█▁"));
  EXPECT_THAT(line_with(to_text(window, {}), "idle in transaction"), HasSubstr("▁·"));
}

TEST(HistoryText, MoreStepsThanColumnsAreDrawnTogether) {
  model::HistoryWindow window{.from = at(0s), .to = at(1h), .step = 1s};
  for (int second = 0; second < 3600; ++second)
    window.periods.push_back(period(second * 1s, second == 1800 ? 90 : 9, 1));
  const std::string clients = line_with(to_text(window, {}), "clients");
  EXPECT_LE(base::columns(clients), 100U);
  EXPECT_THAT(clients, HasSubstr("█")) << "a peak of one second is seen";
}

TEST(HistoryText, AStepThatIsLongerThanTheWindow) {
  model::HistoryWindow window{.from = at(70s), .to = at(90s), .step = 1min};
  window.periods = {period(1min, 5, 1)};
  EXPECT_THAT(line_with(to_text(window, {}), "clients"), HasSubstr("█"));
}

TEST(HistoryText, WhatWasLeftOutIsSaid) {
  auto window = incident();
  window.findings_left_out = window.transactions_left_out = true;
  EXPECT_THAT(to_text(window, {}), HasSubstr("the oldest findings, transactions were"));
}

TEST(HistoryText, ColourIsOnlyColourAndHostileTextIsHarmless) {
  auto window = incident();
  constexpr const char* hostile = "\x1b[2J\x1b]0;owned\x07\r\nhealthy\xFF";
  window.findings[0].title = window.actions[0].reason = window.actions[0].actor = hostile;
  window.transactions[0].application = window.transactions[0].end = hostile;
  for (auto& row : window.periods) row.server = hostile;
  const auto plain = to_text(window, {});
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_EQ(plain.find('\r'), std::string::npos);
  EXPECT_EQ(plain.find('\xff'), std::string::npos);
  const auto coloured = to_text(window, {.arguments = "", .colour = true});
  EXPECT_NE(coloured.find('\x1b'), std::string::npos);
  EXPECT_EQ(lines_of(coloured).size(), lines_of(plain).size());
}

TEST(HistoryJson, HasEverything) {
  const auto object = boost::json::parse(to_json(incident())).as_object();
  EXPECT_EQ(object.at("version"), 1);
  EXPECT_EQ(object.at("from"), "2026-11-22T04:00:00.000000Z");
  EXPECT_EQ(object.at("step_ms"), 60'000);
  EXPECT_EQ(object.at("oldest"), "2026-11-22T04:05:00.000000Z");
  const auto& server = object.at("connections").as_array().at(0).as_object();
  EXPECT_EQ(server.at("server"), "main");
  ASSERT_EQ(server.at("periods").as_array().size(), 50U);
  const auto& first = server.at("periods").as_array()[0].as_object();
  EXPECT_EQ(first.at("at"), "2026-11-22T04:05:00.000000Z");
  EXPECT_EQ(first.at("maximum").at("clients"), 15);
  EXPECT_EQ(first.at("mean").at("clients"), 7.5);
  const auto& findings = object.at("findings").as_array();
  EXPECT_EQ(findings.at(0).at("report").at("id"), "leaked-transaction-3f2a9c1b");
  EXPECT_TRUE(findings.at(1).at("report").is_null());
  EXPECT_TRUE(findings.at(1).at("ended_at").is_null());
  EXPECT_EQ(object.at("actions").as_array().at(0).at("outcome"), "terminated");
  const auto& transaction = object.at("transactions").as_array().at(0).as_object();
  EXPECT_EQ(transaction.at("why_kept"), "killed");
  EXPECT_EQ(transaction.at("busy_ms"), 15);
  EXPECT_EQ(object.at("left_out").at("findings"), false);
  EXPECT_TRUE(object.at("error").is_null());
}

TEST(HistoryJson, ServersAreApartAndAFailureIsSaid) {
  auto window = incident();
  window.periods.push_back(period(0s, 3, 1, "replica"));
  EXPECT_EQ(boost::json::parse(to_json(window)).at("connections").as_array().size(), 2U);
  const auto failed = boost::json::parse(
      to_json({.from = at(0s), .to = at(1h)}, model::LookFailure{"unknown_database", "there is none", "make one"}));
  EXPECT_EQ(failed.at("error").at("code"), "unknown_database");
  EXPECT_TRUE(failed.at("oldest").is_null());
}

}  // namespace
}  // namespace lockkeeper::report
