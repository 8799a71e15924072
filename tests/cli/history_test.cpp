// `history` on a real file, through the command line; its JSON against the schema.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <lockkeeper/sqlite.hpp>

#include "cli/run.hpp"
#include "history.hpp"
#include "store/history_contract.hpp"
#include "store/sqlite_history.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Answer {
  int status = 0;
  std::string out;
  std::string error;
};

class History : public ::testing::Test {
 protected:
  Answer history(const std::vector<std::string>& arguments) const {
    std::vector<const char*> words{"lockkeeper", "history", "--file", file_.c_str()};
    for (const std::string& argument : arguments) words.push_back(argument.c_str());
    std::ostringstream out;
    std::ostringstream error;
    cli::World world{
        .out = out, .error = error, .open = {}, .read_recorder = {}, .daemon = {}, .history = read_history};
    const int status = cli::run(static_cast<int>(words.size()), words.data(), world);
    return {status, out.str(), error.str()};
  }
  // Of the hour in which it all happens.
  Answer incident(const std::vector<std::string>& arguments = {}) const {
    std::vector<std::string> all{"--from", "2026-11-22T05:00:00Z", "--last", "1h"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return history(all);
  }
  boost::json::object json(const Answer& answer) {
    std::ofstream(folder_.path() / "lines", std::ios::app) << answer.out;
    return boost::json::parse(answer.out).as_object();
  }
  void expect_valid() const {
    const auto verdict = run_command({"/usr/bin/python3", LOCKKEEPER_SOURCE_DIR "/tests/cli/schema.py", "history",
                                      (folder_.path() / "lines").string()},
                                     {}, std::chrono::seconds(60));
    EXPECT_EQ(verdict.status, 0) << verdict.output;
  }

  std::unique_ptr<store::History> open() {
    auto opened = store::open_sqlite_history(*driver_, {.file = file_}, soon());
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  void happen() {
    model::HistoryBatch batch;
    for (int second = 0; second < 3'600; second += 5) batch.samples.push_back(sample_at(second, second / 40));
    batch.samples.push_back(sample_at(7, 3, "replica"));
    batch.findings = {finding_seen(600, 1'200), finding_seen(900, 3'000, "pool-exhausted-2")};
    batch.findings[0].ended_at = at_second(1'210);
    batch.findings[1].severity = model::Severity::critical;
    batch.actions = {action_at(1'200)};
    batch.transactions = {transaction_between(590, 1'200)};
    ASSERT_TRUE(open()->append(batch, soon()));
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "history.sqlite";
  std::unique_ptr<Driver> driver_ = make_sqlite_driver();
};

TEST_F(History, TellsWhatHappened) {
  happen();
  const Answer answer = incident();
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.error, IsEmpty());
  EXPECT_THAT(answer.out, HasSubstr("main, 2026-11-22 05:00:00 to 06:00:00 UTC"));
  EXPECT_THAT(answer.out, HasSubstr("█"));
  EXPECT_THAT(answer.out, HasSubstr("idle-1  05:10:00 to 05:20:10, 10 min 10 s"));
  EXPECT_THAT(answer.out, HasSubstr("pool-exhausted-2  since 05:15:00, last seen 05:50:00, 35 min so far"));
  EXPECT_THAT(answer.out, HasSubstr("terminate 4711@2026-11-22T05:02:22.123456Z: terminated"));
  EXPECT_THAT(answer.out, HasSubstr("checkout (app, shop)"));
  EXPECT_THAT(answer.out, HasSubstr("replica, 2026"));
  EXPECT_EQ(answer.out.find('\x1b'), std::string::npos);
  EXPECT_THAT(incident({"--color", "always"}).out, HasSubstr("\x1b["));
}

TEST_F(History, MayBeReadWhileItIsWritten) {
  happen();
  const auto writer = open();
  ASSERT_TRUE(writer->append({.actions = {action_at(1'300)}}, soon()));
  EXPECT_THAT(incident().out, HasSubstr("2 actions"));
}

TEST_F(History, AsJson) {
  happen();
  const auto whole = json(incident({"--json"}));
  EXPECT_EQ(whole.at("connections").as_array().size(), 2U);
  EXPECT_EQ(whole.at("findings").as_array().size(), 2U);
  EXPECT_EQ(whole.at("findings").at(0).at("report").at("id"), "x");
  EXPECT_TRUE(whole.at("error").is_null());
  const auto main = json(incident({"--json", "--server", "main", "--step", "1min"}));
  EXPECT_EQ(main.at("step_ms"), 60'000);
  EXPECT_EQ(main.at("connections").at(0).at("periods").as_array().size(), 60U);
  ASSERT_TRUE(open()->trim(at_second(7'200), {}, soon()));
  EXPECT_EQ(json(incident({"--json"})).at("step_ms"), 60'000);
  json(history({"--json", "--from", "2020-01-01", "--to", "2020-01-02"}));
  expect_valid();
}

TEST_F(History, WhereThereIsNoneItSaysSo) {
  const Answer answer = history({});
  EXPECT_EQ(answer.status, cli::Status::not_observed);
  EXPECT_THAT(answer.out, IsEmpty());
  EXPECT_THAT(answer.error, HasSubstr("there is no such file"));
  const auto failed = json(history({"--json"}));
  EXPECT_EQ(failed.at("error").at("code"), "unknown_database");
  write_file(file_, "these are my notes, and not a database at all; they are long enough to be taken for one");
  EXPECT_EQ(json(history({"--json"})).at("error").at("code"), "protocol");
  EXPECT_THAT(history({}).error, HasSubstr("move it away"));
  expect_valid();
}

TEST_F(History, OneThatIsNotOursIsWrongUsage) {
  driver_->connect({.url = "sqlite://" + file_.string()}, soon())->execute("CREATE TABLE mine (x)", soon());
  const Answer answer = history({"--json"});
  EXPECT_EQ(answer.status, cli::Status::usage);
  EXPECT_EQ(json(answer).at("error").at("code"), "configuration");
  expect_valid();
}

TEST_F(History, AnEmptyOneAnswersWithNothing) {
  open();
  const Answer answer = history({});
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.out, HasSubstr("nothing was kept"));
  json(history({"--json"}));
  expect_valid();
}

}  // namespace
}  // namespace lockkeeper::testing
