// Whole pages as a person sees them.
#include <gtest/gtest.h>

#include <algorithm>

#include "report/golden.hpp"
#include "report/scenes.hpp"
#include "report/text.hpp"
#include "rules/recordings.hpp"

namespace lockkeeper::report {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(GoldenText, Healthy) {
  Scene scene;
  scene.add(client(1).active(20ms)).add_idle_clients(2);
  expect_golden("healthy", to_text(diagnose(scene), {}));
  scene.snapshot.server.in_recovery = true;
  expect_golden("healthy_replica", to_text(diagnose(scene), {}));
}

TEST(GoldenText, IdleTransaction) { expect_golden("idle", to_text(diagnose(leaking_webhooks()), {})); }

TEST(GoldenText, RootBlocker) {
  Scene scene = sleeping_publisher();
  scene.limits.min_idle = 1h;  // the publisher is idle-transaction's too: one finding is enough here
  expect_golden("root_blocker", to_text(diagnose(scene), {}));
}

TEST(GoldenText, Incomplete) {
  Scene scene;
  scene.add(client(1).hidden()).add(client(2).hidden()).add_idle_clients(1);
  scene.snapshot.missing = {{"state, times and statement of 2 sessions of other roles",
                             "role app is neither superuser nor member of pg_monitor", "GRANT pg_monitor TO app;"}};
  expect_golden("incomplete", to_text(diagnose(scene), {}));
}

TEST(GoldenText, Failure) {
  const model::LookFailure failure{"unreachable",
                                   "connection to server at \"db.example\", port 5432 failed: Connection refused",
                                   "Is the server running there, and does a firewall let this host through?"};
  expect_golden("failure", to_text(failure, {}));
}

TEST(GoldenText, Kill) {
  expect_golden("kill_dry_run", to_text(planned_kill(), {}));
  expect_golden("kill_acted", to_text(acted_kill(), {}));
  auto cancelled = planned_kill();
  cancelled.action = model::Action::cancel;
  cancelled.targets.front().result = {model::ActionOutcome::skipped,
                                      "it runs no statement: cancelling does nothing to a sleeping transaction"};
  cancelled.predicted_freed.clear();
  expect_golden("kill_cancel_refused", to_text(cancelled, {}));
}

TEST(GoldenText, KillOfMany) {
  const Scene scene = leaking_webhooks();
  const auto diagnosis = diagnose(scene);
  model::ActionReport report;
  report.url = shop_url;
  report.observed_at = scene.snapshot.taken_at;
  report.server = scene.snapshot.server;
  report.finding = diagnosis.findings.front();
  for (const auto& subject : report.finding->subjects)
    report.targets.push_back({subject, {model::ActionOutcome::would_act, ""}});
  report.targets[40].result = {model::ActionOutcome::skipped, "its user is a superuser"};
  expect_golden("kill_many", to_text(report, {}));
}

TEST(GoldenText, WhatTheOtherRulesSay) {
  Scene scene;
  scene.snapshot.server.max_connections = 43;
  scene.add(client(1).named("jobs").aborted(2min).ran("INSERT INTO jobs VALUES (1)"));
  scene.add(client(2).named("report").active(8min).open(9min).ran("SELECT sum(total) FROM orders").sees(650'000));
  scene.add(client(3).active(3s)).add(client(4).active(3s)).wait(3, 4, 3s).wait(4, 3, 3s);
  scene.prepare("order's 7", 2h, 700'000).add_idle_clients(30);
  scene.snapshot.replication = {{"old_standby", true, false, 120'000'000}};
  expect_golden("other_rules", to_text(diagnose(scene), {}));
}

// What a recorder makes certain: the incidents and every rule, with the whole finding.
TEST(GoldenText, Recorded) {
  for (const auto& recorded : recorded_cases()) {
    if (recorded.name.find(',') != std::string::npos) continue;  // the same, told with less
    std::string name = "recorded_" + recorded.name;
    std::ranges::replace(name, ' ', '_');
    expect_golden(name, to_text(diagnose(recorded.scene), {}));
  }
  expect_golden("recorded_alone", to_text(diagnose(webhook_leak().alone()), {}));
  expect_golden("recorded_facts_lost", to_text(diagnose(restarting_workers().lost(12)), {}));
}

}  // namespace
}  // namespace lockkeeper::report
