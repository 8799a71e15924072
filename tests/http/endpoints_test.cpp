// What each endpoint answers.
#include <gmock/gmock.h>

#include <stdexcept>

#include "http/serving.hpp"
#include "support/servers.hpp"

namespace lockkeeper::test {
namespace {

using ::testing::HasSubstr;

class Endpoints : public Serving {};

const http::StaticFile page_files[] = {
    {"/index.html", "text/html; charset=utf-8", "<!doctype html>", "\"1\""},
    {"/assets/index-3f2a.js", "text/javascript; charset=utf-8", "go()", "\"2\""},
};

TEST_F(Endpoints, HealthAndReadiness) {
  std::vector<std::string> missing{"main has not been looked at"};
  sources.not_ready = [&] { return missing; };
  start();
  EXPECT_EQ(ask(get("/healthz")).body, "ok\n");
  EXPECT_EQ(ask(get("/readyz")).status, 503);
  EXPECT_THAT(ask(get("/readyz")).body, HasSubstr("main has not been looked at"));
  missing.clear();
  EXPECT_EQ(ask(get("/readyz")).status, 200);
}

TEST_F(Endpoints, StatusListsServersBeforeTheirFirstLook) {
  board.expect("main", "postgresql://db/shop");
  start();
  const auto status = json("/api/v1/status");
  EXPECT_EQ(status.at("version"), "1.2.3");
  EXPECT_EQ(status.at("actions"), false);
  EXPECT_EQ(status.at("history"), false);
  EXPECT_EQ(status.at("recorder"), false);
  EXPECT_EQ(status.at("csrf").as_string().size(), 32U);
  const auto& server_line = status.at("servers").at(0);
  EXPECT_EQ(server_line.at("name"), "main");
  EXPECT_EQ(server_line.at("looks"), 0);
  EXPECT_TRUE(server_line.at("observed_at").is_null());
  EXPECT_TRUE(server_line.at("product").is_null());
  EXPECT_EQ(server_line.at("complete"), false);
  for (const char* what : {"sessions", "transactions", "waits", "pools", "shapes"})
    EXPECT_TRUE(json(std::string("/api/v1/servers/main/") + what).at("observed_at").is_null()) << what;
  EXPECT_EQ(json("/api/v1/servers/main/diagnosis").at("looks"), 0);
}

TEST_F(Endpoints, StatusCountsWhatWasSeen) {
  publish();
  start();
  const auto status = json("/api/v1/status");
  EXPECT_EQ(status.at("recorder"), true);
  const auto& server_line = status.at("servers").at(0);
  EXPECT_EQ(server_line.at("product"), "PostgreSQL");
  EXPECT_EQ(server_line.at("usable_connections"), 97);
  EXPECT_EQ(server_line.at("findings").at("critical"), 1);
  EXPECT_EQ(server_line.at("findings").at("warning"), 1);
  EXPECT_EQ(server_line.at("sessions").at("idle_in_transaction"), 4);
}

TEST_F(Endpoints, SessionsSayWhoIsBehindAndWhatTheyWaitFor) {
  publish();
  start();
  const auto sessions = json("/api/v1/servers/main/sessions").at("sessions").as_array();
  EXPECT_EQ(sessions.size(), 15U);
  for (const auto& session : sessions) {
    if (session.at("pid") == 4711) {
      EXPECT_EQ(session.at("client_id"), 17);
    } else {
      EXPECT_TRUE(session.at("client_id").is_null());
    }
    if (session.at("pid") == 900) {
      EXPECT_EQ(session.at("kind"), "replication");
    }
    if (session.at("pid") != 5002) continue;
    const auto& wait = session.at("waits_for").at(0);
    EXPECT_EQ(wait.at("mode"), "ShareLock");
    EXPECT_THAT(std::string(wait.at("blocked_by").at(0).at("key").as_string()), ::testing::StartsWith("4711@"));
    EXPECT_EQ(wait.at("blocked_by").at(1).at("queued"), true);
  }
}

TEST_F(Endpoints, TransactionsHaveTheirWholeStoryWhereTheyWereRecorded) {
  publish();
  start();
  const auto all = json("/api/v1/servers/main/transactions");
  EXPECT_EQ(all.at("recorded"), true);
  EXPECT_EQ(all.at("transactions").as_array().size(), 8U);
  for (const auto& transaction : all.at("transactions").as_array()) {
    const auto& lines = transaction.at("lines").as_array();
    if (transaction.at("pid") == 4711) {
      EXPECT_EQ(transaction.at("client_id"), 17);
      EXPECT_EQ(transaction.at("statements"), 3);
      ASSERT_EQ(lines.size(), 3U);
      EXPECT_EQ(lines[0].at("kind"), "begin");
      EXPECT_EQ(lines[1].at("gap_before_ms"), 16);
      EXPECT_EQ(transaction.at("busy_ms"), 12);
      EXPECT_EQ(transaction.at("idle_ms"), 89'988);
    } else {
      EXPECT_TRUE(transaction.at("statements").is_null());
      ASSERT_EQ(lines.size(), 1U);
      EXPECT_EQ(lines[0].at("running"), transaction.at("state") == "active");
    }
    if (transaction.at("pid") == 5004) {
      EXPECT_EQ(transaction.at("waits_for").at(0).at("key"), "gid:order-9");
    }
  }
}

TEST_F(Endpoints, WaitsAreAGraph) {
  publish();
  start();
  const auto waits = json("/api/v1/servers/main/waits");
  EXPECT_EQ(waits.at("nodes").as_array().size(), 6U);
  EXPECT_EQ(waits.at("edges").as_array().size(), 5U);
  EXPECT_EQ(waits.at("roots").as_array().size(), 2U);
  EXPECT_EQ(waits.at("roots").at(0).at("longest_wait_ms"), 25'000);
  for (const auto& node : waits.at("nodes").as_array()) {
    const bool root = node.at("root").as_bool();
    EXPECT_EQ(root, node.at("pid").is_null() || node.at("pid") == 4711);
    EXPECT_EQ(node.at("behind").is_null(), !root);
    if (node.at("pid") == 4711) {
      EXPECT_EQ(node.at("title"), "4711 post-publisher (idle in transaction)");
    }
  }
}

TEST_F(Endpoints, PoolsShapesAndTheDiagnosis) {
  publish();
  start();
  const auto pool = json("/api/v1/servers/main/pools").at("pools").at(0);
  EXPECT_EQ(pool.at("name"), "shop/app");
  EXPECT_EQ(pool.at("oldest_wait_ms"), 1'250);
  const auto shapes = json("/api/v1/servers/main/shapes").at("shapes").as_array();
  EXPECT_EQ(shapes[0].at("verdict"), "leaked");
  EXPECT_EQ(shapes[0].at("open").as_array().size(), 3U);
  EXPECT_TRUE(shapes[1].at("tau_ms").is_null());
  EXPECT_NE(shapes[0].at("id"), shapes[1].at("id"));
  EXPECT_EQ(json("/api/v1/servers/main/diagnosis").at("findings").at(0).at("rule"), "root-blocker");
}

TEST_F(Endpoints, SamplesOfTheLastHour) {
  for (int i = 0; i < 3; ++i) {
    publish();
    shop.now += std::chrono::seconds(1);
  }
  start();
  EXPECT_EQ(json("/api/v1/servers/main/samples").at("samples").as_array().size(), 3U);
  const std::string after = model::to_rfc3339(Shop().now);
  const auto samples = json("/api/v1/servers/main/samples?after=" + after).at("samples").as_array();
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].at("idle_in_transaction"), 4);
  EXPECT_EQ(samples[0].at("usable"), 97);
  EXPECT_EQ(ask(get("/api/v1/servers/main/samples?after=yesterday")).error_code(), "bad_request");
}

TEST_F(Endpoints, NamesOfServersArePercentEncoded) {
  shop.name = "db.example:5432/a b";
  publish();
  start();
  EXPECT_EQ(ask(get("/api/v1/servers/db.example%3A5432%2Fa%20b/sessions")).status, 200);
  EXPECT_EQ(ask(get("/api/v1/servers/db.example%3A5432/sessions")).error_code(), "not_found");
}

TEST_F(Endpoints, HistoryIsAskedForATime) {
  http::HistoryQuestion asked;
  sources.history = [&](const http::HistoryQuestion& question) -> std::optional<std::string> {
    asked = question;
    if (question.server != "main") return std::nullopt;
    return R"({"told": true})";
  };
  start();
  EXPECT_EQ(json("/api/v1/history?server=main&from=2026-11-22T05:00:00Z&to=2026-11-22T06:00:00Z").at("told"), true);
  EXPECT_EQ(asked.to - asked.from, std::chrono::hours(1));
  EXPECT_EQ(ask(get("/api/v1/history?server=main")).status, 200);
  EXPECT_EQ(asked.to, Shop().now);
  EXPECT_EQ(ask(get("/api/v1/history?server=other")).error_code(), "not_found");
  EXPECT_EQ(ask(get("/api/v1/history")).error_code(), "bad_request");
  EXPECT_EQ(ask(get("/api/v1/history?server=main&from=2026-11-22T07:00:00Z&to=2026-11-22T06:00:00Z")).status, 400);
}

TEST_F(Endpoints, WithoutAHistoryThereIsNone) {
  start();
  EXPECT_EQ(ask(get("/api/v1/history?server=main")).status, 404);
}

TEST_F(Endpoints, AFunctionThatThrowsIsAFaultOfOurs) {
  sources.history = [](const http::HistoryQuestion&) -> std::optional<std::string> {
    throw std::runtime_error("broken");
  };
  start();
  EXPECT_EQ(ask(get("/api/v1/history?server=main")).error_code(), "internal");
  EXPECT_EQ(ask(get("/healthz")).status, 200);
}

TEST_F(Endpoints, TheAuditNewestFirst) {
  const testing::TemporaryFolder folder;
  sources.audit = folder.path() / "audit.jsonl";
  start();
  EXPECT_TRUE(json("/api/v1/audit").at("entries").as_array().empty());
  testing::write_file(sources.audit, "{\"at\": 1}\nnot json\n{\"at\": 2}\n");
  const auto entries = json("/api/v1/audit").at("entries").as_array();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].at("at"), 2);
  EXPECT_EQ(entries[1].at("unreadable"), "not json");
  EXPECT_EQ(json("/api/v1/audit?limit=1").at("entries").as_array().size(), 1U);
  for (const char* limit : {"0", "-1", "1001", "x", "1x", ""})
    EXPECT_EQ(ask(get(std::string("/api/v1/audit?limit=") + limit)).status, 400) << limit;
}

TEST_F(Endpoints, ThePageAndItsDeepLinks) {
  sources.files = page_files;
  start();
  for (const char* path :
       {"/", "/index.html", "/findings/idle-transaction-3a1e32e7", "/servers/db.example%3A5432/waits"}) {
    const Answer answer = ask(get(path));
    EXPECT_EQ(answer.body, "<!doctype html>") << path;
    EXPECT_EQ(answer.header("cache-control"), "no-cache") << path;
  }
  const Answer script = ask(get("/assets/index-3f2a.js"));
  EXPECT_EQ(script.header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_THAT(script.header("cache-control"), HasSubstr("immutable"));
  for (const char* path : {"/assets/other.js", "/favicon.ico", "/api/v2/x", "/api", "/assets/../index.html"})
    EXPECT_EQ(ask(get(path)).status, 404) << path;
}

TEST_F(Endpoints, AFileThatTheClientHasIsNotSentAgain) {
  sources.files = page_files;
  start();
  const Answer same = ask(get("/", {"If-None-Match: \"0\", W/\"1\""}));
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(same.header("etag"), "\"1\"");
  EXPECT_EQ(ask(get("/", {"If-None-Match: \"9\""})).status, 200);
}

TEST_F(Endpoints, HeadIsGetWithoutItsBody) {
  sources.files = page_files;
  publish();
  start();
  for (const char* path : {"/", "/healthz", "/api/v1/status", "/api/v1/servers/main/sessions", "/api/v1/none"}) {
    const Answer full = ask(get(path));
    const Answer head = ask({.method = "HEAD", .path = path});
    EXPECT_EQ(head.status, full.status) << path;
    EXPECT_EQ(head.body, "") << path;
    EXPECT_EQ(head.header("content-length"), full.header("content-length")) << path;
  }
  EXPECT_EQ(ask({.method = "HEAD", .path = "/api/v1/events"}).header("content-type"), "text/event-stream");
}

TEST_F(Endpoints, WithoutADashboardThatIsSaid) {
  start();
  EXPECT_THAT(ask(get("/")).body, HasSubstr("not part of this build"));
}

TEST_F(Endpoints, OtherMethodsAreToldWhichAreAllowed) {
  publish();
  start();
  for (const char* path : {"/", "/metrics", "/api/v1/status", "/api/v1/events", "/api/v1/servers/main/waits"}) {
    const Answer answer = ask({.method = "DELETE", .path = path});
    EXPECT_EQ(answer.status, 405) << path;
    EXPECT_EQ(answer.header("allow"), "GET, HEAD") << path;
    EXPECT_EQ(answer.error_code(), "method_not_allowed") << path;
  }
  for (const char* path : {"/api/v1/login", "/api/v1/servers/main/kill"})
    EXPECT_EQ(ask(get(path)).header("allow"), "POST") << path;
}

TEST_F(Endpoints, WhatIsNotThereIsNotFound) {
  publish();
  start();
  for (const char* path :
       {"/api/v1/", "/api/v1/other", "/api/v1/servers", "/api/v1/servers/main", "/api/v1/servers/main/other",
        "/api/v1/servers/other/waits", "/api/v1/status/x", "/api/v1/servers/main/waits/x"}) {
    const Answer answer = ask(get(path));
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer.error_code(), "not_found") << path;
  }
}

}  // namespace
}  // namespace lockkeeper::test
