// What is told of MySQL and MariaDB: the same rules, in the words of their servers.
#include "rules/engine_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* postgres_words[] = {"vacuum",   "pg_",        "PREPARED",   "deadlock_timeout",
                                          "SQLSTATE", "ALTER ROLE", "PostgreSQL", "relation"};

Scene scene_of(const std::string& product) {
  Scene scene;
  scene.snapshot.server.product = product;
  scene.snapshot.server.reserved_for_superusers = 0;
  scene.snapshot.server.reserved_for_roles = 0;
  scene.snapshot.observer_role = "monitor@%";
  return scene;
}

std::string words(const model::Finding& finding) {
  std::string text = finding.title + finding.explanation + finding.likely_mistake + finding.fix;
  for (const auto& remedy : finding.remedies) text += remedy.statement + remedy.predicted;
  return text;
}

// A sleeping transaction with so many rows to undo, and one that waits behind it.
Scene sleeper(const std::string& product, std::int64_t rows) {
  Scene scene = scene_of(product);
  scene.add(client(1).idle_in_transaction(30s, 60s).ran("SELECT n FROM post"))
      .add(client(2).active(20s))
      .wait(2, 1, 20s);
  model::Transaction& transaction = *scene.snapshot.sessions.front().transaction;
  transaction.wrote = rows > 0;
  transaction.rows_modified = rows;
  transaction.rows_locked = 7;
  transaction.tables_locked = 2;
  return scene;
}

TEST(EngineWords, NothingOfPostgresIsToldOfAnotherServer) {
  for (const auto* product : {"MySQL", "MariaDB"}) {
    Scene scene = sleeper(product, 12);
    scene.add(client(3).idle(40s).holds("EXCLUSIVE", "advisory nightly", "advisory")).add(client(4).active(20s));
    scene.wait(4, 3, 20s);
    scene.add(client(5).active(10min).open(10min)).prepare("'x','',1", 1h);
    scene.add_idle_clients(90);
    std::size_t findings = 0;
    for (const auto rule : {root_blocker, idle_transaction, long_transaction, orphan_prepared, connection_budget}) {
      for (const auto& finding : scene.judge(rule)) {
        ++findings;
        for (const auto* word : postgres_words) EXPECT_THAT(words(finding), Not(HasSubstr(word))) << product;
      }
    }
    EXPECT_GE(findings, 6U);
  }
}

TEST(EngineWords, RowsToUndoAreCountedAndTimed) {
  const auto findings = sleeper("MySQL", 600'000).judge(root_blocker);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(evidence<std::int64_t>(findings.front(), "rows_modified"), 600'000);
  EXPECT_EQ(evidence<std::int64_t>(findings.front(), "rows_locked"), 7);
  EXPECT_EQ(evidence<std::int64_t>(findings.front(), "tables_locked"), 2);
  EXPECT_EQ(findings.front().remedies.front().predicted,
            "1 waiting session can go on; what it wrote is rolled back, 600,000 rows in about 6 s");
  EXPECT_THAT(sleeper("MySQL", 12).judge(root_blocker).front().remedies.front().predicted,
              HasSubstr("rolled back, 12 rows"))
      << "of no time worth a word nothing is said";
  EXPECT_THAT(sleeper("MySQL", 0).judge(root_blocker).front().remedies.front().predicted,
              HasSubstr("nothing was written"));
}

TEST(EngineWords, AReadThatCameAfterWritesIsNotTheMistake) {
  EXPECT_THAT(sleeper("MySQL", 12).judge(root_blocker).front().likely_mistake, HasSubstr("After what it wrote"));
  EXPECT_THAT(sleeper("MySQL", 0).judge(root_blocker).front().likely_mistake, HasSubstr("A read opened"));
}

TEST(EngineWords, StatementsOfTheServersHistoryAreEvidence) {
  Scene scene = sleeper("MySQL", 12);
  model::StatementHistory history;
  history.lost_at_most = 14;
  history.statements.push_back({statement("UPDATE post SET n = 1"), look_time() - 60s, 2ms, 3, ""});
  history.statements.push_back({statement("SELECT n FROM post"), look_time() - 40s, 1ms, 1, "42S02"});
  scene.snapshot.sessions.front().transaction->history = history;
  for (const auto rule : {root_blocker, idle_transaction}) {
    const auto findings = scene.judge(rule);
    ASSERT_THAT(findings, SizeIs(1));
    const auto& lines = findings.front().evidence.statements;
    ASSERT_THAT(lines, SizeIs(3));
    EXPECT_EQ(lines[0].dropped, 14);
    EXPECT_TRUE(lines[0].dropped_at_most);
    EXPECT_EQ(lines[1].text, "UPDATE post SET n = ?");
    EXPECT_EQ(lines[1].rows, 3);
    EXPECT_EQ(lines[2].gap_before, 20s - 2ms);
    EXPECT_EQ(lines[2].error, "42S02");
    EXPECT_EQ(evidence<std::int64_t>(findings.front(), "statements_lost_at_most"), 14);
  }
}

TEST(EngineWords, RunsWhoseTextTheServerDoesNotKeepAreCountedInTheirPlace) {
  Scene scene = sleeper("MariaDB", 12);
  model::StatementHistory history;
  history.statements.push_back({statement("BEGIN"), look_time() - 60s, 1ms, 0, ""});
  history.statements.push_back({model::Statement{}, look_time() - 50s, 1ms, 3, ""});
  history.statements.push_back({statement("SELECT n FROM post"), look_time() - 40s, 1ms, 1, ""});
  scene.snapshot.sessions.front().transaction->history = history;
  const auto finding = scene.judge(root_blocker).front();
  EXPECT_EQ(evidence<std::int64_t>(finding, "statements_without_text"), 1);
  ASSERT_THAT(finding.evidence.statements, SizeIs(3));
  EXPECT_EQ(finding.evidence.statements[1].dropped, 1);
  EXPECT_FALSE(finding.evidence.statements[1].dropped_at_most);
  EXPECT_EQ(finding.evidence.statements[2].gap_before, 10s - 1ms);
}

TEST(EngineWords, RowsOfSeveralAreEachs) {
  Scene scene = sleeper("MySQL", 12);
  scene.add(client(7).idle_in_transaction(30s, 60s).ran("SELECT n FROM post").wrote());
  scene.snapshot.sessions.back().transaction->rows_modified = 3;
  EXPECT_THAT(scene.judge(idle_transaction).front().remedies.front().predicted, HasSubstr("up to 12 rows each"));
}

TEST(EngineWords, PreparedTransactionsAreEndedByTheirXid) {
  Scene scene = scene_of("MariaDB");
  scene.prepare("'order-17','',1", 1h).add(client(2).active(20s));
  scene.wait(2, {std::string("'order-17','',1")}, 20s);
  const auto root = scene.judge(root_blocker);
  ASSERT_THAT(root, SizeIs(1));
  EXPECT_THAT(root.front().title, HasSubstr("prepared transaction 'order-17','',1,"));
  EXPECT_EQ(root.front().remedies.front().statement, "XA ROLLBACK 'order-17','',1;");
  EXPECT_EQ(scene.judge(orphan_prepared).front().remedies.front().statement, "XA ROLLBACK 'order-17','',1;");
}

TEST(EngineWords, WhichOfSeveralPreparedOnesIsNotGuessed) {
  Scene scene = scene_of("MySQL");
  scene.prepare("'a','',1", 1h).prepare("'b','',1", 1h).add(client(2).active(20s));
  scene.wait(2, {std::string("'a','',1 or 'b','',1")}, 20s);
  EXPECT_EQ(scene.judge(root_blocker).front().remedies.front().statement, "XA RECOVER;");
}

TEST(EngineWords, MariadbHasASettingThatEndsIdleTransactions) {
  EXPECT_THAT(sleeper("MariaDB", 1).judge(idle_transaction).front().fix, HasSubstr("idle_transaction_timeout"));
  EXPECT_THAT(sleeper("MySQL", 1).judge(idle_transaction).front().fix, Not(HasSubstr("timeout")));
  EXPECT_THAT(sleeper("PostgreSQL", 1).judge(idle_transaction).front().fix,
              HasSubstr("idle_in_transaction_session_timeout"));
}

TEST(EngineWords, GrantsNameAccountsAsTheirServerDoes) {
  Scene scene = scene_of("MySQL");
  EXPECT_EQ(grant_to_see(scene.snapshot), "GRANT PROCESS ON *.* TO 'monitor'@'%';");
  scene.snapshot.server.product = "PostgreSQL";
  scene.snapshot.observer_role = "app";
  EXPECT_EQ(grant_to_see(scene.snapshot), "GRANT pg_monitor TO app;");
}

}  // namespace
}  // namespace lockkeeper::rules
