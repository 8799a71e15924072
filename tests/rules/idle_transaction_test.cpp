#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

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
using testing::Not;
using testing::SizeIs;

constexpr std::string_view lookup = "SELECT id, name FROM platforms WHERE name = 'a'";

// Incident 1: background work keeps a session whose read opened a transaction.
Scene webhook(std::int64_t count) {
  Scene scene;
  for (std::int64_t index = 0; index < count; ++index)
    scene.add(client(100 + index).named("webhook").idle_in_transaction(15s + index * 1s).ran(lookup));
  return scene;
}

TEST(IdleTransaction, SeventyOfOneMistakeAreOneFinding) {
  Scene scene = webhook(70);
  scene.snapshot.server.max_connections = 1000;
  const auto findings = scene.judge(idle_transaction);
  ASSERT_THAT(findings, SizeIs(1));
  const auto& finding = findings.front();
  EXPECT_EQ(finding.rule.value(), "idle-transaction");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(finding.count, 70);
  EXPECT_THAT(finding.subjects, SizeIs(70));
  EXPECT_EQ(finding.subjects.front().id, id_of(169)) << "longest silent first";
  EXPECT_EQ(
      finding.title,
      "70 transactions of application \"webhook\" (user alice, database shop) are idle, the oldest for 1 min 24 s");
  EXPECT_THAT(actions(finding), ElementsAre(model::Action::terminate)) << "cancelling does nothing to a silent one";
  EXPECT_EQ(finding.remedies.front().predicted, "70 connections freed; nothing was written, so nothing is lost");
  EXPECT_FALSE(finding.only_while_blocking);
}

TEST(IdleTransaction, EvidenceIsCopiedFromTheLook) {
  Scene scene;
  scene.add(client(1)
                .idle_in_transaction(60s, 90s)
                .ran("UPDATE stock SET left = 4 WHERE id = 7")
                .wrote(300)
                .holds("RowExclusiveLock", "public.stock"));
  scene.add(client(2)
                .idle_in_transaction(20s, 95s)
                .ran("UPDATE stock SET left = 5 WHERE id = 9")
                .sees(700)
                .holds("RowExclusiveLock", "public.stock"));
  scene.add(client(3).active(12s)).wait(3, 1, 12s);
  const auto findings = scene.judge(idle_transaction);
  ASSERT_THAT(findings, SizeIs(1));
  const auto& finding = findings.front();
  EXPECT_EQ(evidence<std::string>(finding, "last_statement"), "UPDATE stock SET left = ? WHERE id = ?");
  EXPECT_EQ(evidence<model::Duration>(finding, "oldest_idle"), 60s);
  EXPECT_EQ(evidence<model::Duration>(finding, "newest_idle"), 20s);
  EXPECT_EQ(evidence<model::Duration>(finding, "oldest_transaction"), 95s);
  EXPECT_TRUE(evidence<bool>(finding, "wrote"));
  EXPECT_EQ(evidence<std::int64_t>(finding, "sessions_that_wrote"), 1);
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "locks"),
              ElementsAre("RowExclusiveLock on public.stock (2 times)"));
  EXPECT_EQ(evidence<std::int64_t>(finding, "horizon_age"), 700);
  EXPECT_EQ(evidence<std::int64_t>(finding, "blocks"), 1);
  EXPECT_THAT(evidence<std::vector<std::int64_t>>(finding, "blocked"), ElementsAre(3));
  EXPECT_EQ(evidence<std::int64_t>(finding, "connections_used"), 3);
  EXPECT_EQ(evidence<std::int64_t>(finding, "connections_usable"), 97);
  EXPECT_FALSE(has_evidence(finding, "growth_per_minute")) << "one look shows no growth";
  EXPECT_FALSE(has_evidence(finding, "exhausted_at"));
  EXPECT_THAT(finding.explanation, HasSubstr("1 session waits for a lock behind them."));
  EXPECT_THAT(finding.explanation, HasSubstr("While they are open, vacuum"));
  EXPECT_EQ(finding.remedies.front().predicted,
            "2 connections freed; what 1 of them wrote is rolled back; 1 waiting session can go on");
}

TEST(IdleTransaction, AnotherApplicationUserDatabaseOrStatementIsAnotherFinding) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s).ran(lookup));
  scene.add(client(2).idle_in_transaction(30s).ran(lookup).named("billing"));
  scene.add(client(3).idle_in_transaction(30s).ran(lookup).of("bob"));
  scene.add(client(4).idle_in_transaction(30s).ran(lookup).in("stock"));
  scene.add(client(5).idle_in_transaction(30s).ran("SELECT 1 FROM other"));
  scene.add(client(6).idle_in_transaction(30s).ran("SELECT id, name FROM platforms WHERE name = 'another literal'"));
  const auto findings = scene.judge(idle_transaction);
  EXPECT_THAT(findings, SizeIs(5));
  std::set<std::string> ids;
  for (const auto& finding : findings) ids.insert(finding.id.value());
  EXPECT_THAT(ids, SizeIs(5));
}

TEST(IdleTransaction, TheIdStaysTheSameWhileTheirNumberGrows) {
  const auto before = webhook(3).judge(idle_transaction);
  Scene later = webhook(9);
  later.snapshot.taken_at += 30s;
  const auto after = later.judge(idle_transaction);
  ASSERT_THAT(before, SizeIs(1));
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_EQ(before.front().id, after.front().id);
  Scene elsewhere = webhook(3);
  elsewhere.snapshot.server.name = "127.0.0.1:5433";
  EXPECT_NE(elsewhere.judge(idle_transaction).front().id, before.front().id);
}

TEST(IdleTransaction, LookAlikesStaySilent) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(9999ms, 10min).ran(lookup));  // silent for less than --min-idle
  scene.add(client(2).idle(1h));                                        // idle in a pool, nothing open
  scene.add(client(3).active(1h).ran(lookup));                          // at work
  scene.add(client(4).aborted(1h).ran(lookup));                         // aborted-transaction's
  scene.add(client(5).hidden());                                        // not known
  scene.add(client(6).idle_in_transaction(1h).kind(model::SessionKind::replication));
  scene.add(client(7).idle_in_transaction(-5s).ran(lookup));  // a clock that was set back
  EXPECT_THAT(scene.judge(idle_transaction), IsEmpty());
  scene.limits.min_idle = 9s;
  EXPECT_THAT(scene.judge(idle_transaction), SizeIs(1));
}

TEST(IdleTransaction, ExactlyAtTheLimitCounts) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(10s).ran(lookup));
  const auto findings = scene.judge(idle_transaction);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings.front().title,
            "1 transaction of application \"shop\" (user alice, database shop) is idle for 10 s");
  EXPECT_THAT(findings.front().explanation, HasSubstr("It has an open transaction"));
}

TEST(IdleTransaction, IsCriticalWhenItFillsHalfOfTheUsableConnections) {
  Scene scene = webhook(48);
  scene.snapshot.server.max_connections = 100;  // 97 usable: half is 48.5
  EXPECT_EQ(scene.judge(idle_transaction).front().severity, Severity::warning);
  scene = webhook(49);
  EXPECT_EQ(scene.judge(idle_transaction).front().severity, Severity::critical);
  scene.snapshot.server.reserved_for_roles = 0;
  scene.snapshot.server.max_connections = 0;  // not known
  EXPECT_EQ(scene.judge(idle_transaction).front().severity, Severity::warning);
}

TEST(IdleTransaction, TheNetIsProposedForTheRoleButNotForASuperuser) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s).of("Web App"));
  EXPECT_THAT(scene.judge(idle_transaction).front().fix,
              HasSubstr("ALTER ROLE \"Web App\" SET idle_in_transaction_session_timeout = '5min';"));
  Scene admin;
  admin.add(client(1).idle_in_transaction(30s).superuser());
  EXPECT_THAT(admin.judge(idle_transaction).front().fix, Not(HasSubstr("ALTER ROLE")));
}

TEST(IdleTransaction, WithoutAStatementOrANameItStillSaysWhose) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s).named(""));
  const auto findings = scene.judge(idle_transaction);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings.front().title, "1 transaction of user alice, database shop is idle for 30 s");
  EXPECT_FALSE(has_evidence(findings.front(), "last_statement"));
}

}  // namespace
}  // namespace lockkeeper::rules
