#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Severity;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// 100 connections that an ordinary role may use, so that a count is its percentage.
Scene server_with(std::int64_t idle_clients) {
  Scene scene;
  scene.snapshot.server.max_connections = 108;
  scene.snapshot.server.reserved_for_superusers = 3;
  scene.snapshot.server.reserved_for_roles = 5;
  return scene.add_idle_clients(idle_clients);
}

TEST(ConnectionBudget, WarnsFrom80PercentAndIsCriticalFrom95) {
  EXPECT_THAT(server_with(79).judge(connection_budget), IsEmpty());
  EXPECT_EQ(server_with(80).judge(connection_budget).front().severity, Severity::warning);
  EXPECT_EQ(server_with(94).judge(connection_budget).front().severity, Severity::warning);
  EXPECT_EQ(server_with(95).judge(connection_budget).front().severity, Severity::critical);
  EXPECT_EQ(server_with(104).judge(connection_budget).front().severity, Severity::critical) << "superusers' slots too";
}

TEST(ConnectionBudget, CountsThoseThatAGlanceDoesNotList) {
  Scene scene = server_with(1);
  scene.snapshot.unlisted_clients = 78;
  EXPECT_THAT(scene.judge(connection_budget), IsEmpty());
  scene.snapshot.unlisted_clients = 79;
  const std::string id = scene.judge(connection_budget).front().id.value();
  EXPECT_EQ(scene.judge(connection_budget).front().title, "80 of 100 connections are taken");
  EXPECT_EQ(server_with(80).judge(connection_budget).front().id.value(), id);
  scene = server_with(0);
  scene.snapshot.unlisted_clients = 96;
  EXPECT_EQ(scene.judge(connection_budget).front().severity, Severity::critical) << "though none is listed";
}

TEST(ConnectionBudget, SaysWhoUsesThem) {
  Scene scene = server_with(50);
  for (std::int64_t pid = 1; pid <= 20; ++pid) scene.add(client(pid).named("report").of("bob").active(1s));
  for (std::int64_t pid = 21; pid <= 35; ++pid) scene.add(client(pid).named("").of("carol").idle_in_transaction(1s));
  const auto findings = scene.judge(connection_budget);
  ASSERT_THAT(findings, SizeIs(1));
  const auto& finding = findings.front();
  EXPECT_EQ(finding.count, 85);
  EXPECT_EQ(finding.title, "85 of 100 connections are taken, most by shop (user alice)");
  EXPECT_EQ(evidence<std::int64_t>(finding, "used"), 85);
  EXPECT_EQ(evidence<std::int64_t>(finding, "usable"), 100);
  EXPECT_EQ(evidence<std::int64_t>(finding, "max_connections"), 108);
  EXPECT_EQ(evidence<std::int64_t>(finding, "reserved_for_superusers"), 3);
  EXPECT_EQ(evidence<std::int64_t>(finding, "reserved_for_roles"), 5);
  EXPECT_EQ(evidence<std::int64_t>(finding, "idle"), 50);
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "by_application"),
              ElementsAre("shop (user alice): 50 (0 active, 50 idle, 0 idle in transaction)",
                          "report (user bob): 20 (20 active, 0 idle, 0 idle in transaction)",
                          "(user carol): 15 (0 active, 0 idle, 15 idle in transaction)"));
  EXPECT_THAT(finding.explanation, HasSubstr("SQLSTATE 53300"));
  EXPECT_THAT(finding.likely_mistake, HasSubstr("larger than the server"));
  EXPECT_THAT(finding.remedies, IsEmpty());
}

TEST(ConnectionBudget, BusyConnectionsAreAnotherMistake) {
  Scene scene = server_with(0);
  for (std::int64_t pid = 1; pid <= 90; ++pid) scene.add(client(pid).active(1s));
  EXPECT_THAT(scene.judge(connection_budget).front().likely_mistake, HasSubstr("held longer than their work takes"));
}

TEST(ConnectionBudget, KeepsItsIdWhileTheCountChanges) {
  EXPECT_EQ(server_with(80).judge(connection_budget).front().id, server_with(99).judge(connection_budget).front().id);
}

TEST(ConnectionBudget, LookAlikesStaySilent) {
  Scene scene = server_with(79);
  std::int64_t pid = 1;
  for (const auto kind :
       {model::SessionKind::replication, model::SessionKind::autovacuum, model::SessionKind::background}) {
    for (int index = 0; index < 10; ++index) scene.add(client(pid++).active(1s).kind(kind));  // slots of their own
  }
  EXPECT_THAT(scene.judge(connection_budget), IsEmpty());
  Scene unknown = server_with(90);
  unknown.snapshot.server.max_connections = 0;
  EXPECT_THAT(unknown.judge(connection_budget), IsEmpty());
  EXPECT_THAT(server_with(0).judge(connection_budget), IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::rules
