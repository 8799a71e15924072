// Real output of every kind against the schemas of docs/api.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "cli/scene.hpp"

namespace lockkeeper::testing {
namespace {

// Collects what the program prints, and has Python's jsonschema judge all of it at once.
class Collection {
 public:
  explicit Collection(std::string schema) : schema_(std::move(schema)) {}

  boost::json::object add(const Finished& result) {
    std::ofstream(folder_.path() / "lines", std::ios::app) << result.out;
    return parse_line(result.out);
  }

  void expect_valid() const {
    const Finished verdict = Program({.arguments = {LOCKKEEPER_SOURCE_DIR "/tests/cli/schema.py", schema_,
                                                    (folder_.path() / "lines").string()},
                                      .program = "/usr/bin/python3"})
                                 .finish();
    EXPECT_EQ(verdict.status, 0) << verdict;
  }

 private:
  std::string schema_;
  TemporaryFolder folder_;
};

class Schema : public ::testing::TestWithParam<PostgresVersion> {
 protected:
  Finished doctor(const std::vector<std::string>& arguments, const Environment& environment = {}) {
    return lockkeeper(std::vector<std::string>{"doctor", "--json"} + arguments, environment);
  }
  Finished kill(const std::vector<std::string>& arguments, std::string audit = "") {
    if (audit.empty()) audit = (folder.path() / "audit").string();
    return lockkeeper(std::vector<std::string>{"kill", scene.url(), "--json", "--audit", audit} + no_limits +
                      arguments);
  }

  Session& fail_transaction() {
    Session& session = scene.session("failed");
    session.exec("BEGIN; SAVEPOINT before; UPDATE orders SET state = 'x' WHERE id = 9");
    EXPECT_EQ(session.try_exec("SELECT 1 / 0"), "22012");
    return session;
  }

  TemporaryFolder folder;
  Scene scene{shared_server(GetParam().major)};
};

TEST_P(Schema, EveryFindingOfTheDoctor) {
  Collection collection("doctor");
  scene.leak(1);
  scene.leak(2);
  scene.waiter(1);
  scene.waiter(1);
  fail_transaction();
  Session& busy = scene.session("report");
  busy.send("SELECT pg_sleep(600)");
  wait_until_state(scene.observer(), busy.pid(), "active");
  scene.session().exec("BEGIN; UPDATE orders SET state = 'y' WHERE id = 11; PREPARE TRANSACTION 'lost'");
  const auto report = collection.add(doctor(std::vector<std::string>{scene.url(), "--max-age", "0", "--max-horizon",
                                                                     "1", "--for", "200ms", "--interval", "50ms"} +
                                            no_limits));
  std::set<std::string> rules;
  for (const auto& finding : report.at("findings").as_array()) rules.insert(string_of(finding.at("rule")));
  EXPECT_THAT(rules, ::testing::IsSupersetOf({"root-blocker", "idle-transaction", "aborted-transaction",
                                              "long-transaction", "orphan-prepared", "vacuum-horizon"}));
  scene.observer().exec("ROLLBACK PREPARED 'lost'");
  collection.expect_valid();
}

TEST_P(Schema, EveryOtherAnswerOfTheDoctor) {
  Collection collection("doctor");
  collection.add(doctor({scene.url()}));
  collection.add(
      doctor({"host=127.0.0.1"},
             {{"PGPORT", std::to_string(scene.server().port())}, {"PGUSER", "postgres"}, {"PGDATABASE", "postgres"}}));
  scene.leak(1, "checkout", "postgres");
  collection.add(doctor({scene.url("app"), "--min-idle", "0"}));
  collection.add(doctor({scene.server().url("nowhere")}));
  collection.add(doctor({scene.url("nobody")}));
  collection.add(doctor({"postgresql://127.0.0.1:1/x"}));
  collection.add(doctor({"postgresql://127.0.0.1:99999/x"}));
  collection.add(doctor({"mysql://127.0.0.1/x"}));
  scene.server().pause();
  collection.add(doctor({scene.url(), "--timeout", "300ms"}));
  scene.server().resume();
  collection.expect_valid();
}

TEST_P(Schema, AFullServer) {
  auto server = PostgresServer::start(
      {.version = GetParam(),
       .settings = {{"max_connections", "4"}, {"superuser_reserved_connections", "2"}, {"max_wal_senders", "2"}}});
  Collection collection("doctor");
  Session one(server.url());
  Session two(server.url());
  finding_of(collection.add(doctor({server.url()})), "connection-budget");
  collection.expect_valid();
}

TEST_P(Schema, EveryReportOfKill) {
  Collection collection("kill");
  Session& root = scene.leak(1);
  scene.waiter(1);
  Session& admin = scene.leak(2, "admin", "postgres");
  const auto id = find_id(scene.url(), "root-blocker");
  collection.add(kill({"--finding", id}));
  collection.add(kill({"--finding", id, "--cancel"}));
  collection.add(kill({"--session", scene.id_of(root)}));
  collection.add(kill({"--session", scene.id_of(admin), "--yes"}));
  collection.add(kill({"--session", "1@2020-01-01T00:00:00Z", "--yes"}));
  collection.add(kill({"--finding", id, "--yes"}, "/dev/full"));
  const auto killed = collection.add(kill({"--finding", id, "--yes"}));
  EXPECT_EQ(killed.at("went_on").as_array().size(), 1U);
  collection.add(kill({"--finding", id, "--yes"}));
  Session& busy = scene.session();
  busy.send("SELECT pg_sleep(600)");
  wait_until_state(scene.observer(), busy.pid(), "active");
  collection.add(kill({"--session", scene.id_of(busy), "--cancel"}));
  collection.add(kill({"--session", scene.id_of(busy), "--cancel", "--yes"}));
  collection.add(lockkeeper({"kill", "postgresql://127.0.0.1:1/x", "--finding", "x", "--json", "--yes"}));
  collection.add(lockkeeper({"kill", "mysql://127.0.0.1", "--finding", "x", "--json"}));
  collection.expect_valid();
}

INSTANTIATE_TEST_SUITE_P(Installed, Schema, ::testing::ValuesIn(installed_postgres()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
