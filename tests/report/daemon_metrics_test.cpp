#include "report/daemon_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>

#include "report/exposition.hpp"

namespace lockkeeper::report {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

model::Fact over(std::uint64_t number, std::uint64_t client, int second, model::TransactionEnd end) {
  model::ClientIdentity who;
  who.id = client;
  const model::WallTime at{std::chrono::seconds(second)};
  model::TransactionOver what;
  what.client = std::make_shared<const model::ClientIdentity>(who);
  what.record = std::make_shared<const model::TransactionRecord>(model::TransactionId{{4711, {}}, at});
  what.end = end;
  what.ended_at = at + 1s;
  return {at, what, number};
}

std::string metrics(const model::Recording& recording, const TransactionCounts& counts) {
  const std::string name = "main";
  model::Diagnosis diagnosis;
  diagnosis.looks = 3;
  diagnosis.findings.emplace_back().rule = model::RuleId("idle-transaction");
  const ServerMetrics server{name, diagnosis, &recording, &counts, 2s};
  return daemon_metrics({&server, 1});
}

std::set<std::string> found(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) names.insert((*at)[1]);
  return names;
}

TEST(TransactionCounts, CountEachOnceThoughRecordingsOverlap) {
  using enum model::TransactionEnd;
  TransactionCounts counts;
  model::Recording recording;
  recording.facts = {over(7, 1, 1, committed), over(8, 2, 1, committed), over(9, 1, 3, rolled_back)};
  counts.take(recording);
  counts.take(recording);
  recording.facts.erase(recording.facts.begin());
  recording.facts.push_back(over(11, 1, 5, committed));
  counts.take(recording);
  EXPECT_EQ(counts.count(committed), 3U);
  EXPECT_EQ(counts.count(rolled_back), 1U);
  EXPECT_EQ(counts.count(unknown), 0U);
}

TEST(DaemonMetrics, AreWellFormedAndAllOnTheirPage) {
  model::Recording recording;
  recording.pools.emplace_back().database = "shop \"\n\xff";
  const std::string text = metrics(recording, {});
  EXPECT_THAT(test::exposition_faults(text), IsEmpty());
  std::ifstream page(LOCKKEEPER_SOURCE_DIR "/docs/metrics.md");
  const std::string told{std::istreambuf_iterator<char>(page), {}};
  EXPECT_EQ(found(text, "# TYPE ([a-z_]+) "), found(told, "\\n\\| `([a-z_]+)`"));
}

TEST(DaemonMetrics, HaveFewLabelsHoweverManyPoolsThereAre) {
  model::Recording recording;
  for (int i = 0; i < 500; ++i) {
    auto& pool = recording.pools.emplace_back();
    pool.database = "database" + std::to_string(i);
    pool.now.waiting = 1;
  }
  const std::string text = metrics(recording, {});
  EXPECT_THAT(test::exposition_faults(text), IsEmpty());
  EXPECT_EQ(found(text, "pool_name=\"([^\"]*)\"").size(), most_pools_told + 1);
  EXPECT_THAT(text, HasSubstr("pending_requests{server=\"main\",db_client_connection_pool_name=\"other\"} 400\n"));
}

std::string metrics(const ServerMetrics& server, const DaemonCounts& counts = {}) {
  std::string text = daemon_metrics({&server, 1}, counts);
  EXPECT_THAT(test::exposition_faults(text), IsEmpty());
  return text;
}

TEST(DaemonMetrics, TellHowLongClientsWaitedAndHeld) {
  model::Recording recording;
  auto& pool = recording.pools.emplace_back();
  pool.database = "shop";
  pool.user = "anna";
  pool.waits[0] = 1;   // served within a microsecond
  pool.waits[11] = 2;  // 1 to 2 ms
  pool.total_wait = 3ms;
  pool.uses[31] = 4;  // 18 minutes and more
  pool.total_use = 2h;
  const std::string name = "main";
  const model::Diagnosis diagnosis;
  const std::string text = metrics({.name = name, .diagnosis = diagnosis, .recording = &recording});
  const std::string labels = R"({server="main",db_client_connection_pool_name="shop/anna")";
  const std::string wait = "db_client_connection_wait_time_seconds", use = "db_client_connection_use_time_seconds";
  EXPECT_THAT(text, HasSubstr(wait + "_bucket" + labels + R"(,le="6.4e-05"} 1)"));
  EXPECT_THAT(text, HasSubstr(wait + "_bucket" + labels + R"(,le="0.001024"} 1)"));
  EXPECT_THAT(text, HasSubstr(wait + "_bucket" + labels + R"(,le="0.004096"} 3)"));
  EXPECT_THAT(text, HasSubstr(wait + "_bucket" + labels + R"(,le="+Inf"} 3)"));
  EXPECT_THAT(text, HasSubstr(wait + "_sum" + labels + "} 0.003\n"));
  EXPECT_THAT(text, HasSubstr(use + "_bucket" + labels + R"(,le="1073.741824"} 0)"));
  EXPECT_THAT(text, HasSubstr(use + "_count" + labels + "} 4\n"));
  EXPECT_THAT(text, HasSubstr(use + "_sum" + labels + "} 7200\n"));
}

TEST(DaemonMetrics, PoolsBeyondTheLimitAreAddedUpInTheirTimesToo) {
  model::Recording recording;
  for (std::size_t i = 0; i < most_pools_told + 3; ++i) {
    auto& pool = recording.pools.emplace_back();
    pool.database = "database" + std::to_string(i);
    pool.uses[20] = 2;
    pool.total_use = 3s;
  }
  const std::string name = "main";
  const model::Diagnosis diagnosis;
  const std::string text = metrics({.name = name, .diagnosis = diagnosis, .recording = &recording});
  const std::string other = R"({server="main",db_client_connection_pool_name="other"})";
  EXPECT_THAT(text, HasSubstr("use_time_seconds_count" + other + " 6\n"));
  EXPECT_THAT(text, HasSubstr("use_time_seconds_sum" + other + " 9\n"));
}

TEST(DaemonMetrics, TellOfGapsByApplication) {
  model::GapCounts gaps{.application = "checkout", .total = 2s, .censored = 1, .open = 5};
  gaps.lengths.at(model::bucket_of(500ms)) = 4;
  const std::string name = "main";
  model::Diagnosis diagnosis;
  diagnosis.failed_looks = 6;
  const std::string text = metrics({.name = name, .diagnosis = diagnosis, .gaps = {&gaps, 1}});
  const std::string labels = R"({server="main",application="checkout")";
  EXPECT_THAT(text, HasSubstr("lockkeeper_gap_seconds_bucket" + labels + R"(,le="0.256"} 0)"));
  EXPECT_THAT(text, HasSubstr("lockkeeper_gap_seconds_bucket" + labels + R"(,le="1.024"} 4)"));
  EXPECT_THAT(text, HasSubstr("lockkeeper_gap_seconds_sum" + labels + "} 2\n"));
  EXPECT_THAT(text, HasSubstr("lockkeeper_gaps_open" + labels + "} 5\n"));
  EXPECT_THAT(text, HasSubstr("lockkeeper_gaps_censored_total" + labels + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("lockkeeper_looks_failed_total{server=\"main\"} 6\n"));
}

TEST(DaemonMetrics, TellOfActionsAlertsAndTheHistory) {
  model::ActionReport report;
  report.targets.resize(3);
  report.targets[0].result.outcome = report.targets[1].result.outcome = model::ActionOutcome::done;
  DaemonCounts counts;
  counts.actions["main"].take(report, "policy night");
  counts.actions["main"].take(report, "http from 127.0.0.1");
  counts.alerts = {{.name = "chat", .told = 7, .failed = 1, .dropped = 2, .waiting = 3, .failing = true}};
  counts.history = {.failing = true, .waiting_rows = 11, .commits = 12, .bytes = 4096, .dropped = {{"sample", 13}}};
  counts.clients_ended_on_console = 2;
  const std::string name = "main";
  const model::Diagnosis diagnosis;
  const std::string text = metrics({.name = name, .diagnosis = diagnosis}, counts);
  for (const auto* line : {
           R"(lockkeeper_actions_total{server="main",by="policy",action="terminate",outcome="terminated"} 2)",
           R"(lockkeeper_actions_total{server="main",by="policy",action="terminate",outcome="skipped"} 1)",
           R"(lockkeeper_actions_total{server="main",by="http",action="terminate",outcome="terminated"} 2)",
           R"(lockkeeper_clients_ended_total 2)",
           R"(lockkeeper_alerts_total{alert="chat",outcome="told"} 7)",
           R"(lockkeeper_alerts_total{alert="chat",outcome="failed"} 1)",
           R"(lockkeeper_alerts_total{alert="chat",outcome="dropped"} 2)",
           R"(lockkeeper_alerts_waiting{alert="chat"} 3)",
           R"(lockkeeper_alert_failing{alert="chat"} 1)",
           R"(lockkeeper_history_failing 1)",
           R"(lockkeeper_history_rows_waiting 11)",
           R"(lockkeeper_history_commits_total 12)",
           R"(lockkeeper_history_bytes 4096)",
           R"(lockkeeper_history_dropped_total{kind="sample"} 13)",
       })
    EXPECT_THAT(text, HasSubstr(std::string("\n") + line + "\n"));
}

TEST(DaemonMetrics, WithoutServersAreWellFormedToo) {
  EXPECT_THAT(test::exposition_faults(daemon_metrics({})), IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::report
