// `lockkeeper doctor` and `kill` on MySQL and MariaDB, as a person runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "collect/mysql/looking.hpp"
#include "diagnose/kill.hpp"

namespace lockkeeper::collect::mysql::testing {
namespace {

using lockkeeper::testing::Finished;
using lockkeeper::testing::Kill;
using lockkeeper::testing::kill;
using lockkeeper::testing::lockkeeper;
using lockkeeper::testing::no_limits;
using lockkeeper::testing::operator+;
using ::testing::HasSubstr;
using ::testing::Not;

class MysqlCommands : public OnMysql {
 protected:
  // Of a client that sleeps in a transaction with three rows to undo, once the server says so.
  std::unique_ptr<MysqlSession> sleeper() {
    auto client = std::make_unique<MysqlSession>(server());
    client->exec("BEGIN");
    client->exec("UPDATE shop.post SET n = 4711 WHERE id IN (1, 2, 3)");
    Looker looker(server().url());
    static_cast<void>(looker.look_until(
        [&](const auto& seen) {
          const auto& transaction = session_of(seen, client->id()).transaction;
          return transaction && transaction->rows_modified == 3 && transaction->history;
        },
        "the transaction"));
    return client;
  }
  static std::string id_of(const MysqlSession& client) { return std::to_string(client.id()); }
  static std::int64_t pid_of(const MysqlSession& client) { return static_cast<std::int64_t>(client.id()); }
};
LOCKKEEPER_ON_MYSQL(MysqlCommands);

TEST_P(MysqlCommands, DoctorNamesTheSleeperAndItsStatements) {
  const auto client = sleeper();
  const Finished text = lockkeeper(std::vector<std::string>{"doctor", server().url()} + no_limits);
  EXPECT_EQ(text.status, 1) << text.error;
  EXPECT_THAT(text.out, HasSubstr("[idle-transaction]"));
  EXPECT_THAT(text.out, HasSubstr(is_mariadb() ? "--> MariaDB 10." : "--> MySQL "));
  EXPECT_THAT(text.out, HasSubstr("UPDATE shop.post SET n = ? WHERE id IN (?)"));
  EXPECT_THAT(text.out, HasSubstr("| rows modified"));
  EXPECT_THAT(text.out, HasSubstr("what it wrote is rolled back, 3 rows"));
  EXPECT_THAT(text.out, Not(HasSubstr("4711"))) << "no literals";
}

// Python's jsonschema judges it.
void expect_valid(const Finished& result, const std::string& schema) {
  const lockkeeper::testing::TemporaryFolder folder;
  const auto lines = (folder.path() / "lines").string();
  std::ofstream(lines) << result.out;
  const Finished verdict =
      lockkeeper::testing::Program(
          {.arguments = {LOCKKEEPER_SOURCE_DIR "/tests/cli/schema.py", schema, lines}, .program = "/usr/bin/python3"})
          .finish();
  EXPECT_EQ(verdict.status, 0) << verdict;
}

TEST_P(MysqlCommands, JsonIsThatOfPostgres) {
  const auto client = sleeper();
  Waiter waiter(server(), "UPDATE shop.post SET n = 1 WHERE id = 1");
  Looker looker(server().url());
  static_cast<void>(
      looker.look_until([&](const auto& seen) { return wait_of(seen, waiter.id()) != nullptr; }, "the waiter"));
  const Finished found = lockkeeper(std::vector<std::string>{"doctor", "--json", server().url()} + no_limits);
  expect_valid(found, "doctor");
  EXPECT_THAT(found.out, HasSubstr("root-blocker"));
  const Kill done = kill(server().url(), {"--session", id_of(*client), "--include-superusers", "--yes"});
  expect_valid(done.finished, "kill");
  EXPECT_EQ(waiter.result(), 0U);
}

TEST(MariadbAsItComes, IsCompleteAndSaysWhatItHides) {
  const MysqlServer stock = MysqlServer::start(lockkeeper::testing::find_mariadb());
  const Finished found = lockkeeper({"doctor", "--json", stock.url()});
  EXPECT_EQ(found.status, 0) << found;
  EXPECT_THAT(found.out, HasSubstr(R"("complete":true)"));
  EXPECT_THAT(found.out, HasSubstr("performance_schema is off"));
  expect_valid(found, "doctor");
}

TEST_P(MysqlCommands, KillBySessionNeedsNoStart) {
  const auto client = sleeper();
  const Kill dry = kill(server().url(), {"--session", id_of(*client), "--include-superusers"});
  EXPECT_EQ(dry.status(), 0) << dry.finished;
  EXPECT_EQ(dry.outcome(pid_of(*client)), "would_terminate");
  EXPECT_EQ(client->value("SELECT 1"), "1");
  const Kill done = kill(server().url(), {"--session", id_of(*client), "--include-superusers", "--yes"});
  EXPECT_EQ(done.status(), 0) << done.finished;
  EXPECT_EQ(done.outcome(pid_of(*client)), "terminated");
  EXPECT_EQ(done.audit.size(), 2U) << "intent and outcome";
  EXPECT_EQ(observer().value("SELECT n FROM shop.post WHERE id = 1"), "0");
}

TEST_P(MysqlCommands, KillLeavesWhoHasMoreToUndoThanAllowed) {
  const auto client = sleeper();
  const std::vector<std::string> arguments{"--session", id_of(*client), "--include-superusers", "--yes"};
  const Kill refused = kill(server().url(), arguments + std::vector<std::string>{"--max-rollback-rows", "2"});
  EXPECT_EQ(refused.status(), 1) << refused.finished;
  EXPECT_EQ(refused.outcome(pid_of(*client)), "skipped");
  EXPECT_THAT(refused.reason(pid_of(*client)), HasSubstr("it has 3 rows to roll back"));
  EXPECT_THAT(refused.reason(pid_of(*client)), HasSubstr("--max-rollback-rows 3"));
  EXPECT_EQ(client->value("SELECT 1"), "1");
}

TEST_P(MysqlCommands, KillKnowsNoSessionThatIsNotThere) {
  const Kill nobody = kill(server().url(), {"--session", "999999999", "--yes"});
  EXPECT_EQ(nobody.status(), 1) << nobody.finished;
  EXPECT_THAT(nobody.finished.out, HasSubstr("no_such_session"));
}

TEST(PostgresCommands, KillBySessionNeedsTheStart) {
  lockkeeper::testing::Scene scene;
  const Kill refused = kill(scene.url(), {"--session", "4711", "--yes"});
  EXPECT_EQ(refused.status(), 1) << refused.finished;
  EXPECT_THAT(refused.finished.out, HasSubstr("pids come again"));
}

}  // namespace
}  // namespace lockkeeper::collect::mysql::testing
