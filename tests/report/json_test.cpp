#include "report/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <regex>

#include "base/utf8.hpp"
#include "report/scenes.hpp"
#include "rules/recordings.hpp"

namespace lockkeeper::report {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

std::string string(const json::value& value) { return json::value_to<std::string>(value); }

std::vector<std::string> keys(const json::value& value) {
  std::vector<std::string> result;
  for (const auto& [key, member] : value.as_object()) result.emplace_back(key);
  return result;
}

json::value parsed(const auto& shown, const Options& options = {}) {
  const std::string line = to_json(shown, options);
  EXPECT_EQ(line.find('\n'), std::string::npos) << "one object a line";
  return json::parse(line);
}

// Every time is RFC 3339 in UTC; every name that ends in _ms is a number.
void check_units(const json::value& value, const std::string& name = "") {
  static const std::regex time(R"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z)");
  if (const auto* object = value.if_object()) {
    for (const auto& [key, member] : *object) check_units(member, key);
  } else if (const auto* array = value.if_array()) {
    for (const auto& member : *array) check_units(member, name);
  } else if (name.ends_with("_at") || name.ends_with("_seen")) {
    EXPECT_TRUE(value.is_null() || std::regex_match(string(value), time)) << name << ": " << value;
  } else if (name.ends_with("_ms")) {
    EXPECT_TRUE(value.is_null() || value.is_number()) << name << ": " << value;
  }
}

TEST(Json, ADiagnosisHasExactlyItsKeys) {
  const auto value = parsed(diagnose(sleeping_publisher()));
  EXPECT_THAT(keys(value), ElementsAre("version", "url", "observed_at", "server", "complete", "missing", "sessions",
                                       "looks", "findings", "error"));
  EXPECT_EQ(value.at("version"), 1);
  EXPECT_EQ(value.at("url"), shop_url);
  EXPECT_EQ(value.at("observed_at"), "2026-11-22T05:10:00.000000Z");
  EXPECT_EQ(value.at("complete"), true);
  EXPECT_TRUE(value.at("error").is_null());
  EXPECT_THAT(keys(value.at("server")), ElementsAre("product", "version", "name", "database", "started_at",
                                                    "in_recovery", "max_connections", "usable_connections"));
  EXPECT_THAT(keys(value.at("sessions")), ElementsAre("clients", "active", "idle_in_transaction", "waiting"));
  check_units(value);
}

TEST(Json, AFindingHasExactlyItsKeys) {
  const auto value = parsed(diagnose(sleeping_publisher()));
  const auto& finding = value.at("findings").at(0);
  EXPECT_EQ(finding.at("rule"), "root-blocker");
  EXPECT_THAT(keys(finding),
              ElementsAre("id", "rule", "severity", "confidence", "title", "count", "subjects", "evidence",
                          "explanation", "likely_mistake", "fix", "remedies", "first_seen", "last_seen"));
  const auto& subject = finding.at("subjects").at(0);
  EXPECT_THAT(keys(subject),
              ElementsAre("pid", "started_at", "application", "user", "database", "client", "superuser", "state",
                          "state_changed_at", "transaction_started_at", "wrote", "rows_modified", "rows_locked",
                          "tables_locked", "wait_event", "statement", "locks"));
  EXPECT_THAT(keys(subject.at("statement")), ElementsAre("text", "fingerprint", "kind", "truncated", "server_id"));
  EXPECT_EQ(subject.at("statement").at("text"), "UPDATE posts SET published = ? WHERE id = ?");
  EXPECT_THAT(keys(subject.at("locks").at(0)), ElementsAre("kind", "target", "mode", "count"));
  EXPECT_THAT(keys(finding.at("remedies").at(0)), ElementsAre("action", "command", "predicted"));
  EXPECT_THAT(keys(finding.at("evidence").at("wait_tree").at(0)),
              ElementsAre("depth", "pid", "who", "waits_for", "waiting_ms", "more"));
}

TEST(Json, EvidenceKeepsItsUnits) {
  const auto value = parsed(diagnose(sleeping_publisher()));
  const auto& evidence = value.at("findings").at(0).at("evidence");
  EXPECT_EQ(evidence.at("longest_wait_ms").to_number<double>(), 90000);
  EXPECT_EQ(evidence.at("in_state_ms").to_number<double>(), 95000);
  EXPECT_EQ(evidence.at("waiting"), 14);
  EXPECT_EQ(evidence.at("wrote"), true);
  EXPECT_EQ(evidence.at("released").as_array().size(), 14U);
  EXPECT_EQ(evidence.at("wait_tree").at(1).at("waiting_ms").to_number<double>(), 90000);
  EXPECT_TRUE(evidence.at("wait_tree").at(0).at("waiting_ms").is_null());
  EXPECT_EQ(evidence.if_object()->if_contains("longest_wait"), nullptr);
  model::Diagnosis diagnosis;
  diagnosis.findings.emplace_back().evidence.items = {{"exhausted_at", look_time()}, {"rate", 0.5}, {"took", 1500us}};
  const auto other = parsed(diagnosis);
  const auto& items = other.at("findings").at(0).at("evidence");
  EXPECT_EQ(items.at("exhausted_at"), "2026-11-22T05:10:00.000000Z");
  EXPECT_EQ(items.at("rate"), 0.5);
  EXPECT_EQ(items.at("took_ms"), 2);  // whole ones
}

TEST(Json, ARecordersFindingCarriesStatementsAndTheConsolesCommand) {
  const auto value = parsed(diagnose(webhook_leak()));
  const auto& finding = value.at("findings").at(0);
  const auto& line = finding.at("evidence").at("statements").at(2);
  EXPECT_THAT(keys(line), ElementsAre("text", "count", "same_parameters", "rows", "started_at", "busy_ms",
                                      "gap_before_ms", "longest_gap_ms", "error", "dropped", "running"));
  EXPECT_EQ(line.at("text"), "SELECT * FROM instagram_product WHERE origin_id = ?");
  EXPECT_EQ(line.at("gap_before_ms"), 140);
  EXPECT_EQ(finding.at("subjects").at(0).at("client"), "192.168.0.9:50003") << "the real client, not the recorder";
  EXPECT_EQ(finding.at("remedies").at(1).at("action"), "close_client");
  EXPECT_EQ(finding.at("remedies").at(1).at("command"), "KILL_CLIENT 3; KILL_CLIENT 2; KILL_CLIENT 1;");
  check_units(value);
}

TEST(Json, HostileTextIsMendedAndParses) {
  const std::string hostile = "\x1b[2J\"},\n\\u0000\xFF\xC0\xAF\xC2\x9B\xE2\x82";
  Scene scene;
  scene.add(client(1).named(hostile).of(hostile).in(hostile).idle_in_transaction(30s).holds(hostile, hostile));
  scene.add(client(2).named(std::string("a\0b", 3)).active(20s)).wait(2, 1, 20s).prepare(hostile, 1h);
  scene.snapshot.missing = {{hostile, hostile, hostile}};
  scene.snapshot.server.name = hostile;
  auto diagnosis = diagnose(scene);
  diagnosis.url = hostile;
  const std::string line = to_json(diagnosis, {});
  EXPECT_EQ(line, base::mend_utf8(line));
  EXPECT_EQ(line.find('\x1b'), std::string::npos) << "controls are escaped";
  const auto value = parsed(diagnosis);
  EXPECT_EQ(string(value.at("missing").at(0).at("what")), base::mend_utf8(hostile))
      << "nothing but the bad bytes is changed";
  check_units(value);
}

TEST(Json, WhatIsNotKnownIsNull) {
  Scene scene;
  scene.add(client(1).hidden()).add(client(2).active(20s)).wait(2, 1, 20s);
  const auto value = parsed(diagnose(scene));
  const auto& subject = value.at("findings").at(0).at("subjects").at(0);
  for (const char* key : {"state_changed_at", "transaction_started_at", "wrote", "statement"})
    EXPECT_TRUE(subject.at(key).is_null()) << key;
  model::Diagnosis never;
  never.failure = model::LookFailure{"unreachable", "refused", "start it"};
  const auto failed = parsed(never);
  EXPECT_TRUE(failed.at("server").is_null());
  EXPECT_EQ(failed.at("complete"), false);
  EXPECT_THAT(keys(failed.at("error")), ElementsAre("code", "message", "advice"));
}

TEST(Json, AnActionReportHasExactlyItsKeys) {
  const auto planned = parsed(planned_kill());
  EXPECT_THAT(keys(planned), ElementsAre("version", "url", "observed_at", "server", "action", "dry_run", "finding",
                                         "targets", "released", "went_on", "still_waiting", "audit", "error"));
  EXPECT_EQ(planned.at("dry_run"), true);
  EXPECT_EQ(planned.at("action"), "terminate");
  EXPECT_TRUE(planned.at("audit").is_null());
  EXPECT_THAT(keys(planned.at("targets").at(0)), ElementsAre("session", "outcome", "reason"));
  EXPECT_EQ(planned.at("targets").at(0).at("outcome"), "would_terminate");
  EXPECT_THAT(keys(planned.at("released").at(0)), UnorderedElementsAre("pid", "started_at"));
  const auto acted = parsed(acted_kill());
  EXPECT_EQ(acted.at("targets").at(0).at("outcome"), "terminated");
  EXPECT_EQ(acted.at("targets").at(1).at("outcome"), "skipped");
  EXPECT_EQ(acted.at("went_on").as_array().size(), 3U);
  EXPECT_EQ(acted.at("audit"), "audit.jsonl");
  check_units(acted);
}

TEST(Json, CommandsCarryTheLimitsAndSqlIsAsItIs) {
  Scene scene = leaking_webhooks();
  scene.prepare("it's", 1h);
  auto diagnosis = diagnose(scene);
  diagnosis.url = "postgresql:///shop?host=/tmp&port=5433";
  const auto value = parsed(diagnosis, with_arguments("--min-idle 2s"));
  const auto& idle = value.at("findings").at(0);
  EXPECT_EQ(string(idle.at("remedies").at(0).at("command")),
            "lockkeeper kill 'postgresql:///shop?host=/tmp&port=5433' --finding " + string(idle.at("id")) +
                " --min-idle 2s --yes");
  const auto& prepared = value.at("findings").at(1);
  EXPECT_EQ(prepared.at("remedies").at(0).at("action"), "sql");
  EXPECT_EQ(prepared.at("remedies").at(0).at("command"), "ROLLBACK PREPARED 'it''s';");
}

}  // namespace
}  // namespace lockkeeper::report
