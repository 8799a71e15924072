// Acting on what somebody agreed to: whom the dry run had shown, as they were then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <lockkeeper/postgres.hpp>

#include "collect/postgres/collector.hpp"
#include "diagnose/conductor.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::diagnose {
namespace {

using namespace std::chrono_literals;
using namespace lockkeeper::testing;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Agreed : public ::testing::Test {
 protected:
  void SetUp() override {
    Session(server_.url()).exec("CREATE ROLE app LOGIN");
    limits_.min_idle = 0s;
  }

  [[nodiscard]] std::unique_ptr<Session> leak() const {
    auto session = std::make_unique<Session>(server_.url("postgres", "app"));
    session->exec("BEGIN");
    session->exec("SELECT 1");
    return session;
  }
  [[nodiscard]] Conductor conductor() const {
    return {std::make_unique<collect::postgres::Collector>(*driver_, server_.url()), limits_};
  }
  [[nodiscard]] ActionRequest request() {
    ActionRequest request;
    for (const auto& finding : conductor().tick(5s).findings) {
      if (finding.rule.value() == "idle-transaction") request.finding = finding.id;
    }
    request.audit = folder_.path() / "audit.jsonl";
    request.actor = "test";
    return request;
  }
  [[nodiscard]] static std::vector<model::Session> shown(const model::ActionReport& report) {
    std::vector<model::Session> sessions;
    for (const auto& target : report.targets) sessions.push_back(target.session);
    return sessions;
  }
  [[nodiscard]] static model::ActionResult result_of(const model::ActionReport& report, std::int64_t pid) {
    for (const auto& target : report.targets) {
      if (target.session.id.pid == pid) return target.result;
    }
    return {model::ActionOutcome::unknown, "no target"};
  }

  PostgresServer server_ = PostgresServer::start();
  std::unique_ptr<Driver> driver_ = make_postgres_driver();
  Limits limits_;
  TemporaryFolder folder_;
};

TEST_F(Agreed, WhoCameSinceAndWhoIsInAnotherTransactionAreLeftAlone) {
  const auto stays = leak();
  const auto goes_on = leak();
  ActionRequest wanted = request();
  const auto dry = conductor().act(wanted);
  ASSERT_THAT(dry.targets, SizeIs(2));
  wanted.agreed = shown(dry);
  wanted.dry_run = false;

  const auto late = leak();
  goes_on->exec("COMMIT");
  goes_on->exec("BEGIN");
  goes_on->exec("SELECT 1");

  const auto report = conductor().act(wanted);
  EXPECT_FALSE(report.failure);
  EXPECT_EQ(result_of(report, stays->pid()).outcome, model::ActionOutcome::done);
  EXPECT_EQ(result_of(report, late->pid()).outcome, model::ActionOutcome::moved_on);
  EXPECT_THAT(result_of(report, late->pid()).reason, HasSubstr("not there when this was agreed to"));
  EXPECT_EQ(result_of(report, goes_on->pid()).outcome, model::ActionOutcome::moved_on);
  late->exec("COMMIT");
  goes_on->exec("COMMIT");
}

TEST_F(Agreed, ToNobodyTouchesNobody) {
  const auto there = leak();
  ActionRequest wanted = request();
  wanted.agreed.emplace();
  wanted.dry_run = false;
  const auto report = conductor().act(wanted);
  EXPECT_EQ(result_of(report, there->pid()).outcome, model::ActionOutcome::moved_on);
  there->exec("COMMIT");
}

}  // namespace
}  // namespace lockkeeper::diagnose
