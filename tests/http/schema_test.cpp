// Every answer of the API against docs/api/http.schema.json.
#include <gtest/gtest.h>

#include <fstream>

#include "http/serving.hpp"
#include "report/board_json.hpp"
#include "report/history_json.hpp"
#include "support/servers.hpp"

namespace lockkeeper::test {
namespace {

class Schema : public Serving {
 protected:
  void SetUp() override {
    settings.actions = true;
    sources.audit = folder.path() / "audit.jsonl";
    sources.act = [this](const std::string&, const diagnose::ActionRequest& request) {
      return kill_report(shop, request);
    };
    sources.history = [](const http::HistoryQuestion& question) -> std::optional<std::string> {
      if (question.server == "broken")
        return report::to_json({}, model::LookFailure{"disk_full", "no room", "Make some."});
      if (question.server != "main") return std::nullopt;
      return report::to_json(model::HistoryWindow{.from = question.from, .to = question.to});
    };
  }

  void add(const std::string& name, const std::string& document) {
    std::ofstream(folder.path() / "lines", std::ios::app) << "{\"" << name << "\": " << document << "}\n";
  }
  void add(const std::string& name, const Answer& answer) {
    EXPECT_EQ(answer.status >= 400, name == "error") << answer.body;
    std::string body = answer.body;
    std::erase(body, '\n');
    add(name, body);
  }
  void add_all_of_the_server() {
    for (const char* what : {"diagnosis", "sessions", "transactions", "waits", "pools", "shapes", "samples"})
      add(what, ask(get(std::string("/api/v1/servers/main/") + what)));
    add("status", ask(get("/api/v1/status")));
  }
  void expect_valid() const {
    const auto verdict = testing::run_command(
        {"/usr/bin/python3", LOCKKEEPER_SOURCE_DIR "/tests/cli/schema.py", "http", (folder.path() / "lines").string()},
        std::nullopt, testing::default_patience);
    EXPECT_EQ(verdict.status, 0) << verdict.output;
  }

  testing::TemporaryFolder folder;
};

TEST_F(Schema, OfAServerBeforeItsFirstLook) {
  board.expect("main", "postgresql://db/shop");
  start();
  add_all_of_the_server();
  expect_valid();
}

TEST_F(Schema, OfAServerThatWasSeen) {
  publish();
  start();
  add_all_of_the_server();
  add("transactions", ask(get("/api/v1/servers/main/transactions?lines=1")));
  expect_valid();
}

TEST_F(Schema, OfHistoryAuditAndKill) {
  publish();
  start();
  add("history", ask(get("/api/v1/history?server=main")));
  add("history", ask(get("/api/v1/history?server=broken")));
  add("audit", ask(get("/api/v1/audit")));
  testing::write_file(sources.audit, "{\"at\": 1}\nnot json\n");
  add("audit", ask(get("/api/v1/audit")));
  const std::string kill = "/api/v1/servers/main/kill";
  add("kill", ask(post(kill, R"({"finding": "idle-transaction-3a1e32e7"})", {csrf()})));
  add("kill", ask(post(kill, R"({"finding": "idle-transaction-00000000"})", {csrf()})));
  add("kill", ask(post(kill, R"({"finding": "idle-transaction-3a1e32e7", "dry_run": false, "confirm": 3})", {csrf()})));
  expect_valid();
}

TEST_F(Schema, OfErrors) {
  publish();
  start();
  add("error", ask(get("/api/v1/nothing")));
  add("error", ask(get("/api/v1/audit?limit=x")));
  add("error", ask(get("/healthz", {"Host: evil.example"})));
  add("error", ask(post("/api/v1/status", "{}")));
  add("error", ask(post("/api/v1/servers/main/kill", "{}")));
  add("error", ask(post("/api/v1/servers/main/kill",
                        R"({"finding": "idle-transaction-3a1e32e7", "dry_run": false, "confirm": 2})", {csrf()})));
  expect_valid();
}

TEST_F(Schema, OfEvents) {
  const auto view = view_of(shop);
  add("look_event", report::look_event_json("main", 7, diagnose::sample_of(*view), view->diagnosis.findings));
  add("look_event", report::look_event_json("main", 8, std::nullopt, {}));
  for (const auto& finding : view->diagnosis.findings)
    add("finding_event", report::finding_event_json("main", "opened", finding));
  expect_valid();
}

}  // namespace
}  // namespace lockkeeper::test
