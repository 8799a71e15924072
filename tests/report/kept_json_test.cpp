#include "report/kept_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "report/board_json.hpp"
#include "report/statement_lines.hpp"
#include "rules/recordings.hpp"

namespace lockkeeper::report {
namespace {

using namespace std::chrono_literals;
using test::recorded;
using testing::ElementsAre;
using testing::HasSubstr;

model::TransactionRecord record_of(int statements) {
  model::TransactionRecord record({{1, model::WallTime{}}, model::WallTime{}});
  for (int number = 1; number <= statements; ++number) {
    model::StatementRun run;
    run.statement = test::shared_statement("SELECT a" + std::to_string(number) + " FROM t");
    run.started_at = model::WallTime{} + std::chrono::seconds(number);
    record.add(run);
  }
  return record;
}

// "3" for a line, "-5" for five that are left out.
std::vector<std::string> shown(const boost::json::array& lines) {
  std::vector<std::string> result;
  for (const auto& line : lines) {
    const std::string text(line.at("text").as_string());
    result.push_back(text.empty() ? "-" + std::to_string(line.at("dropped").as_int64())
                                  : text.substr(8, text.find(' ', 8) - 8));
  }
  return result;
}

TEST(StatementLines, AllAreToldUnlessFewerAreAskedFor) {
  EXPECT_THAT(shown(values::ended_lines(record_of(3))), ElementsAre("1", "2", "3"));
  EXPECT_THAT(shown(values::ended_lines(record_of(3), 2)), ElementsAre("-1", "2", "3"));
  EXPECT_THAT(shown(values::ended_lines(record_of(3), 3)), ElementsAre("1", "2", "3"));
  EXPECT_THAT(shown(values::ended_lines(record_of(0), 2)), ElementsAre());
}

// A record keeps the first 32 and the last 96; what was between is counted.
TEST(StatementLines, TheHoleOfALongOneIsToldWhereItIsOrWithWhatIsBefore) {
  const auto record = record_of(200);
  const auto all = shown(values::ended_lines(record));
  EXPECT_EQ(all.size(), 129U);
  EXPECT_EQ(all[32], "-72");
  EXPECT_THAT(shown(values::ended_lines(record, 2)), ElementsAre("-198", "199", "200"));
  const auto last = shown(values::ended_lines(record, 96));
  EXPECT_EQ(last[0], "-104");
  EXPECT_EQ(last[1], "105");
  const auto across = shown(values::ended_lines(record, 97));
  EXPECT_THAT((std::vector(across.begin(), across.begin() + 4)), ElementsAre("-31", "32", "-72", "105"));
}

TEST(TransactionsJson, OneAloneMayBeAskedFor) {
  const auto scene = test::webhook_leak();
  const auto seen = scene.seen();
  const Seen both{&seen, &*scene.recording};
  const auto all = boost::json::parse(transactions_json(both)).at("transactions").as_array();
  ASSERT_GT(all.size(), 1U);
  const std::string key(all[1].at("key").as_string());
  const auto one = boost::json::parse(transactions_json(both, {.lines = 1, .key = key})).at("transactions").as_array();
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].at("key"), all[1].at("key"));
  EXPECT_LE(one[0].at("lines").as_array().size(), 2U);
}

TEST(TransactionJson, IsWhatAHistoryKeeps) {
  test::Recorded scene;
  scene.ends(recorded(17).named("billing").began(9s).ran("UPDATE a SET b = 1", 9s), model::TransactionEnd::abandoned,
             2s);
  const auto& over = std::get<model::TransactionOver>(scene.recording->facts.at(0).what);
  const auto json = boost::json::parse(transaction_json(over));
  EXPECT_EQ(json.at("end"), "abandoned");
  EXPECT_EQ(json.at("application"), "billing");
  EXPECT_EQ(json.at("client_id"), 17);
  EXPECT_EQ(json.at("lines").as_array().size(), 2U) << "BEGIN and the update";
}

TEST(AlertJson, SaysInOneTextWhatHappenedWhere) {
  model::Finding finding;
  finding.id = model::FindingId("idle-transaction-3f2a9c1b");
  finding.severity = model::Severity::critical;
  finding.title = "70 transactions are idle";
  const auto json = boost::json::parse(
      alert_json({"chat", "shop", "postgresql://db/shop", "closed", model::WallTime{}}, finding, {}));
  EXPECT_EQ(json.at("text"), "over: critical: 70 transactions are idle [idle-transaction-3f2a9c1b on shop]");
  EXPECT_EQ(json.at("finding").at("id"), "idle-transaction-3f2a9c1b");
}

}  // namespace
}  // namespace lockkeeper::report
