// Acting: dry runs, confirmation, and who may.
#include <gmock/gmock.h>

#include <mutex>

#include "http/serving.hpp"

namespace lockkeeper::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* path = "/api/v1/servers/main/kill";

class Kill : public Serving {
 protected:
  void SetUp() override {
    settings.actions = true;
    sources.audit = "/somewhere/audit.jsonl";
    sources.act = [this](const std::string& name, const diagnose::ActionRequest& request) {
      const std::scoped_lock guard(mutex);
      EXPECT_EQ(name, "main");
      requests.push_back(request);
      return kill_report(shop, request);
    };
    publish();
  }

  [[nodiscard]] Answer kill(const std::string& body) const { return ask(post(path, body, {csrf()})); }
  [[nodiscard]] std::vector<bool> dry_runs() {
    const std::scoped_lock guard(mutex);
    std::vector<bool> result;
    for (const auto& request : requests) result.push_back(request.dry_run);
    return result;
  }

  std::mutex mutex;
  std::vector<diagnose::ActionRequest> requests;
};

TEST_F(Kill, ADryRunShowsTheTargets) {
  settings.actions = false;
  start();
  const auto report =
      kill(R"({"finding": "idle-transaction-3a1e32e7", "action": "terminate", "dry_run": true})").json();
  EXPECT_EQ(report.at("dry_run"), true);
  EXPECT_EQ(report.at("targets").as_array().size(), 3U);
  EXPECT_EQ(report.at("targets").at(0).at("outcome"), "would_terminate");
  EXPECT_THAT(requests.at(0).actor, StartsWith("http from 127.0.0.1:"));
}

TEST_F(Kill, IsADryRunUnlessItIsSaid) {
  start();
  EXPECT_EQ(kill(R"({"finding": "idle-transaction-3a1e32e7"})").json().at("dry_run"), true);
  EXPECT_THAT(dry_runs(), ElementsAre(true));
}

TEST_F(Kill, IsCarriedOutWhenAsManyWereConfirmed) {
  start();
  const auto report =
      kill(
          R"({"finding": "idle-transaction-3a1e32e7", "dry_run": false, "confirm": 3, "max_rollback_rows": 5, "include_superusers": true})")
          .json();
  EXPECT_EQ(report.at("dry_run"), false);
  EXPECT_EQ(report.at("targets").at(0).at("outcome"), "terminated");
  EXPECT_EQ(report.at("audit"), "/somewhere/audit.jsonl");
  EXPECT_THAT(dry_runs(), ElementsAre(true, false));
  EXPECT_EQ(requests.at(1).max_rollback_rows, 5);
  EXPECT_TRUE(requests.at(1).include_superusers);
}

TEST_F(Kill, DoesNothingWhereOthersAreThereNow) {
  start();
  const Answer answer = kill(R"({"finding": "idle-transaction-3a1e32e7", "dry_run": false, "confirm": 2})");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.error_code(), "moved_on");
  EXPECT_THAT(dry_runs(), ElementsAre(true));
}

// As the page does: the targets of a dry run, as it showed them.
boost::json::array shown(const boost::json::value& report) {
  boost::json::array confirm;
  for (const auto& target : report.at("targets").as_array()) {
    const auto& session = target.at("session").as_object();
    confirm.push_back({{"session", std::to_string(session.at("pid").as_int64()) + "@" +
                                       std::string(session.at("started_at").as_string())},
                       {"transaction_started_at", session.at("transaction_started_at")},
                       {"state_changed_at", session.at("state_changed_at")}});
  }
  return confirm;
}

class KillOfWhatWasShown : public Kill {
 protected:
  void SetUp() override {
    Kill::SetUp();
    start();
    confirm = shown(kill(R"({"finding": "idle-transaction-3a1e32e7"})").json());
    ASSERT_EQ(confirm.size(), 3U);
  }
  [[nodiscard]] Answer act() const {
    return kill(boost::json::serialize(
        boost::json::object{{"finding", "idle-transaction-3a1e32e7"}, {"dry_run", false}, {"confirm", confirm}}));
  }
  [[nodiscard]] std::vector<std::string> agreed() {
    const std::scoped_lock guard(mutex);
    std::vector<std::string> sessions;
    for (const auto& session : *requests.back().agreed) sessions.push_back(to_string(session.id));
    return sessions;
  }

  boost::json::array confirm;
};

TEST_F(KillOfWhatWasShown, IsCarriedOut) {
  EXPECT_EQ(act().json().at("dry_run"), false);
  EXPECT_EQ(agreed().size(), 3U);
  EXPECT_THAT(dry_runs(), ElementsAre(true, true, false));
}

TEST_F(KillOfWhatWasShown, LeavesAloneWhoCameSince) {
  const std::string last(confirm.back().at("session").as_string());
  confirm.pop_back();
  EXPECT_EQ(act().status, 200);
  EXPECT_THAT(agreed(), AllOf(SizeIs(2), Not(Contains(last))));
}

TEST_F(KillOfWhatWasShown, LeavesAloneWhoIsInAnotherTransactionNow) {
  const std::string first(confirm.front().at("session").as_string());
  confirm.front().as_object()["transaction_started_at"] = "2026-11-21T00:00:00Z";
  EXPECT_EQ(act().status, 200);
  EXPECT_THAT(agreed(), AllOf(SizeIs(2), Not(Contains(first))));
}

TEST_F(KillOfWhatWasShown, LeavesAloneWhoHasWorkedSince) {
  const std::string first(confirm.front().at("session").as_string());
  confirm.front().as_object()["state_changed_at"] = "2026-11-21T00:00:00Z";
  EXPECT_EQ(act().status, 200);
  EXPECT_THAT(agreed(), AllOf(SizeIs(2), Not(Contains(first))));
}

TEST_F(KillOfWhatWasShown, DoesNothingWhereNobodyIsAsShown) {
  for (auto& target : confirm) target.as_object()["transaction_started_at"] = nullptr;
  EXPECT_EQ(act().error_code(), "moved_on");
  EXPECT_THAT(dry_runs(), ElementsAre(true, true));
}

TEST_F(Kill, ConfirmedByNumberTouchesOnlyWhomItCounted) {
  start();
  EXPECT_EQ(kill(R"({"finding": "idle-transaction-3a1e32e7", "dry_run": false, "confirm": 3})").status, 200);
  ASSERT_TRUE(requests.back().agreed);
  EXPECT_THAT(*requests.back().agreed, SizeIs(3));
}

TEST_F(Kill, OfASessionByItsIdAndStart) {
  start();
  const auto report =
      kill(R"({"session": "4711@2026-11-22T05:02:22.123456Z", "action": "cancel", "dry_run": false, "confirm": 1})")
          .json();
  EXPECT_EQ(report.at("targets").at(0).at("outcome"), "cancelled");
  EXPECT_EQ(requests.at(1).session->pid, 4711);
}

TEST_F(Kill, WhatIsNotThereIsSaidInTheReport) {
  start();
  const auto report = kill(R"({"finding": "idle-transaction-00000000", "dry_run": false, "confirm": 0})").json();
  EXPECT_EQ(report.at("error").at("code"), "no_such_finding");
  EXPECT_THAT(dry_runs(), ElementsAre(true));
}

TEST_F(Kill, IsForbiddenUnlessSwitchedOn) {
  settings.actions = false;
  start();
  EXPECT_EQ(kill(R"({"finding": "idle-transaction-3a1e32e7", "dry_run": false, "confirm": 3})").error_code(),
            "forbidden");
  EXPECT_THAT(dry_runs(), IsEmpty());
  EXPECT_EQ(json("/api/v1/status").at("actions"), false);
}

TEST_F(Kill, IsForbiddenToOtherPages) {
  start();
  const std::string body = R"({"finding": "idle-transaction-3a1e32e7"})";
  EXPECT_EQ(ask(post(path, body)).status, 403);
  EXPECT_EQ(ask(post(path, body, {csrf() + "0"})).status, 403);
  EXPECT_EQ(ask(post(path, body, {csrf(), "Origin: http://evil.example"})).status, 403);
  EXPECT_EQ(ask(post(path, body, {csrf(), "Origin: null"})).status, 403);
  EXPECT_EQ(ask({.method = "POST", .path = path, .headers = {csrf(), "Content-Type: text/plain"}, .body = body}).status,
            415);
  EXPECT_EQ(ask(post(path, body, {csrf(), "Origin: http://localhost"})).status, 200);
  EXPECT_THAT(dry_runs(), ElementsAre(true));
}

TEST_F(Kill, WhatIsNotUnderstoodIsRefused) {
  start();
  for (
      const char* body :
      {"",
       "{",
       "[]",
       "{}",
       R"({"finding": ""})",
       R"({"finding": 1})",
       R"({"session": "4711"})",
       R"({"session": "x@y"})",
       R"({"finding": "a", "session": "4711@2026-11-22T05:02:22Z"})",
       R"({"finding": "a", "action": "sql"})",
       R"({"finding": "a", "dry_run": "no"})",
       R"({"finding": "a", "confirm": [1]})",
       R"({"finding": "a", "confirm": [{"session": "4711"}]})",
       R"({"finding": "a", "confirm": [{"session": "4711", "transaction_started_at": null, "state_changed_at": null}]})",
       R"({"finding": "a", "confirm": [{"session": "1@2026-11-22T05:02:22Z", "state_changed_at": null, "extra": 1}]})",
       R"({"finding": "a", "confirm": [{"session": "1@2026-11-22T05:02:22Z", "transaction_started_at": "soon", "state_changed_at": null}]})",
       R"({"finding": "a", "dry_run": false})",
       R"({"finding": "a", "confirm": -1})",
       R"({"finding": "a", "max_rollback_rows": 1.5})",
       R"({"finding": "a", "include_superuser": true})"}) {
    const Answer answer = kill(body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.error_code(), "bad_request") << body;
  }
  EXPECT_THAT(dry_runs(), IsEmpty());
}

TEST_F(Kill, OfAnUnknownServerIsNotFound) {
  start();
  EXPECT_EQ(ask(post("/api/v1/servers/other/kill", "{}", {csrf()})).status, 404);
}

TEST_F(Kill, IsForbiddenWhereNothingCanAct) {
  sources.act = {};
  start();
  EXPECT_EQ(kill(R"({"finding": "idle-transaction-3a1e32e7"})").status, 403);
}

}  // namespace
}  // namespace lockkeeper::test
