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

model::Fact over(std::uint64_t client, int second, model::TransactionEnd end) {
  model::ClientIdentity who;
  who.id = client;
  const model::WallTime at{std::chrono::seconds(second)};
  model::TransactionOver what;
  what.client = std::make_shared<const model::ClientIdentity>(who);
  what.record = std::make_shared<const model::TransactionRecord>(model::TransactionId{{4711, {}}, at});
  what.end = end;
  what.ended_at = at + 1s;
  return {at, what};
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
  recording.facts = {over(1, 1, committed), over(2, 1, committed), over(1, 3, rolled_back)};
  counts.take(recording);
  counts.take(recording);
  recording.facts.erase(recording.facts.begin());
  recording.facts.push_back(over(1, 5, committed));
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

TEST(DaemonMetrics, WithoutServersAreWellFormedToo) {
  EXPECT_THAT(test::exposition_faults(daemon_metrics({})), IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::report
