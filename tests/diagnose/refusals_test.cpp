// What kill never does, whatever it is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/kill.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::string> everything{"--yes", "--include-superusers"};

TEST(Refusals, AWalSenderIsNeverTouched) {
  Scene scene;
  Session standby(scene.url() + "?replication=database", "standby");
  const Kill refused = kill(scene.url(), std::vector<std::string>{"--session", scene.id_of(standby)} + everything);
  EXPECT_EQ(refused.status(), 1) << refused.finished;
  EXPECT_EQ(refused.outcome(standby.pid()), "skipped");
  EXPECT_THAT(refused.reason(standby.pid()), HasSubstr("replication session: never touched"));
  EXPECT_TRUE(scene.exists(standby));
  EXPECT_THAT(refused.audit, IsEmpty());
}

// The process of that type, once it is there: pid@start. `doing`: how its query begins.
std::string process_of(Session& observer, const std::string& backend_type, const std::string& doing = "") {
  std::string id;
  wait_until(
      [&] {
        const auto rows = observer.exec(
            "SELECT pid || '@' || to_char(backend_start AT TIME ZONE 'UTC', "
            "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM pg_stat_activity WHERE backend_type = '" +
            backend_type + "' AND backend_start IS NOT NULL AND query LIKE '" + doing + "%' LIMIT 1");
        if (!rows.empty()) id = rows[0][0].value_or("");
        return !rows.empty();
      },
      default_patience, backend_type);
  return id;
}

void expect_refused(const std::string& url, Session& observer, const std::string& id, const std::string& reason) {
  const std::int64_t pid = std::stoll(id);
  const Kill refused = kill(url, std::vector<std::string>{"--session", id} + everything);
  EXPECT_EQ(refused.status(), 1) << refused.finished;
  EXPECT_EQ(refused.outcome(pid), "skipped");
  EXPECT_THAT(refused.reason(pid), HasSubstr(reason));
  EXPECT_FALSE(observer.exec("SELECT 1 FROM pg_stat_activity WHERE pid = " + std::to_string(pid)).empty());
}

TEST(Refusals, AnAutovacuumWorkerIsNeverTouched) {
  // Slowed down, so that it is there while it is looked at: a page takes 100 ms, and that table has some hundred.
  // Workers of the catalog's small tables end of themselves.
  auto server = PostgresServer::start({.settings = {{"autovacuum_naptime", "1s"},
                                                    {"autovacuum_vacuum_threshold", "1"},
                                                    {"autovacuum_vacuum_cost_limit", "1"},
                                                    {"autovacuum_vacuum_cost_delay", "100ms"}}});
  Session observer(server.url());
  observer.exec("CREATE TABLE garbage AS SELECT generate_series(1, 100000) AS id; DELETE FROM garbage");
  expect_refused(server.url(), observer, process_of(observer, "autovacuum worker", "autovacuum: VACUUM%garbage"),
                 "autovacuum worker: never touched");
}

TEST(Refusals, TheServersOwnProcessesAreNeverTouched) {
  Scene scene;
  expect_refused(scene.url(), scene.observer(), process_of(scene.observer(), "autovacuum launcher"),
                 "process of the server itself: never touched");
  expect_refused(scene.url(), scene.observer(), process_of(scene.observer(), "checkpointer"),
                 "process of the server itself: never touched");
}

TEST(Refusals, APreparedTransactionIsForAHumanToDecide) {
  Scene scene;
  scene.session().exec("BEGIN; UPDATE orders SET state = 'paid' WHERE id = 1; PREPARE TRANSACTION 'it''s lost'");
  const auto id = find_id(scene.url(), "orphan-prepared");
  const Kill refused = kill(scene.url(), std::vector<std::string>{"--finding", id} + everything);
  EXPECT_EQ(refused.status(), 1) << refused.finished;
  EXPECT_EQ(refused.report.at("error").at("code"), "no_such_remedy");
  EXPECT_THAT(string_of(refused.report.at("error").at("advice")),
              HasSubstr("By hand: ROLLBACK PREPARED 'it''s lost';"));
  EXPECT_EQ(scene.observer().value("SELECT count(*) FROM pg_prepared_xacts"), "1");
  // The remedy that is printed works.
  const auto remedy = refused.report.at("finding").at("remedies").at(0);
  EXPECT_EQ(remedy.at("action"), "sql");
  scene.observer().exec(string_of(remedy.at("command")));
  EXPECT_EQ(scene.observer().value("SELECT count(*) FROM pg_prepared_xacts"), "0");
}

TEST(Refusals, AFullServerIsNotEmptiedByForce) {
  auto server =
      PostgresServer::start({.settings = {{"max_connections", "5"}, {"superuser_reserved_connections", "2"}}});
  Session one(server.url(), "pool");
  Session two(server.url(), "pool");
  Session three(server.url(), "pool");
  const auto id = find_id(server.url(), "connection-budget");
  const Kill refused = kill(server.url(), std::vector<std::string>{"--finding", id} + everything);
  EXPECT_EQ(refused.status(), 1) << refused.finished;
  EXPECT_EQ(refused.report.at("error").at("code"), "no_such_remedy");
  EXPECT_THAT(string_of(refused.report.at("error").at("advice")), HasSubstr("pool sizes"));
  EXPECT_EQ(one.value("SELECT 1"), "1");
}

TEST(Refusals, ASleepingTransactionIsNotCancelled) {
  Scene scene;
  Session& leaked = scene.leak(1);
  const Kill by_finding = kill(scene.url(), {"--finding", find_id(scene.url()), "--cancel", "--yes"});
  EXPECT_EQ(by_finding.status(), 1) << by_finding.finished;
  EXPECT_EQ(by_finding.report.at("error").at("code"), "no_such_remedy");
  const Kill by_session = kill(scene.url(), {"--session", scene.id_of(leaked), "--cancel", "--yes"});
  EXPECT_EQ(by_session.status(), 1) << by_session.finished;
  EXPECT_THAT(by_session.reason(leaked.pid()), HasSubstr("cancelling does nothing to a sleeping transaction"));
  EXPECT_TRUE(scene.exists(leaked));
}

TEST(Refusals, AServerThatHangsIsGivenUpWithinTheDeadline) {
  Scene scene;
  Session& leaked = scene.leak(1);
  const auto id = scene.id_of(leaked);
  scene.server().pause();
  const Kill hung = kill(scene.url(), {"--session", id, "--yes", "--timeout", "1s"});
  scene.server().resume();
  EXPECT_EQ(hung.status(), 3) << hung.finished;
  EXPECT_EQ(hung.report.at("error").at("code"), "deadline");
  EXPECT_LT(hung.finished.took, std::chrono::seconds(7));
  EXPECT_TRUE(scene.exists(leaked));
}

}  // namespace
}  // namespace lockkeeper::testing
