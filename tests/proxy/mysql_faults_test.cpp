// What goes wrong between a client and its server, and what becomes of both.
#include <csignal>
#include <future>

#include "proxy/mysql_stage.hpp"
#include "support/gate.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;

class MysqlFaults : public OnMysqlStage {
 protected:
  /// A transaction that holds row 1.
  static void hold(MysqlSession& session) {
    session.exec("BEGIN");
    session.exec("UPDATE shop.item SET price = price + 1 WHERE id = 1");
  }
  [[nodiscard]] bool comes_free() {
    return becomes_true([this] { return row_is_free(1); }, default_patience);
  }
  [[nodiscard]] static bool ends_with_error(MysqlSession& session, const std::string& number) {
    std::string error;
    const bool ended = becomes_true(
        [&] {
          error = error_of(session, "SELECT 1");
          return !error.empty();
        },
        default_patience);
    // An error that comes unasked is told in its own words by some libraries, and as a lost connection by others.
    EXPECT_THAT(error, ::testing::AnyOf(HasSubstr(number), HasSubstr("2006"), HasSubstr("2013"))) << error;
    return ended;
  }
};

TEST_P(MysqlFaults, AClientThatVanishesIsRolledBack) {
  const auto proxy = this->proxy();
  auto client = std::make_unique<MysqlSession>(proxy->login());
  hold(*client);
  EXPECT_FALSE(row_is_free(1));
  client.reset();
  EXPECT_TRUE(comes_free());
  EXPECT_TRUE(becomes_true([&] { return proxy->uses_servers(0); }, default_patience));
}

TEST_P(MysqlFaults, AClientThatIsCutIsRolledBack) {
  const auto proxy = this->proxy();
  Gate before(proxy->port());
  MysqlSession client({.port = before.port()});
  hold(client);
  before.cut_all();
  EXPECT_TRUE(comes_free());
  EXPECT_TRUE(becomes_true([&] { return proxy->uses_servers(0); }, default_patience));
}

// A server notices the end of a connection when it has done what it is doing: hours, here. Not with SLEEP, which looks
// after its client every few seconds.
TEST_P(MysqlFaults, WhatAVanishedClientHasRunningIsEndedAtTheServer) {
  const auto proxy = this->proxy({.looks = true});
  Gate before(proxy->port());
  MysqlSession client({.port = before.port()});
  hold(client);
  auto error = std::async(std::launch::async,
                          [&] { return error_of(client, "SELECT BENCHMARK(1000000000000, SHA2('a', 256))"); });
  const std::string at_work =
      "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%BENCHMARK%' AND id = ";
  wait_until([&] { return admin().value(at_work + std::to_string(client.id())) == "1"; }, default_patience, "work");
  EXPECT_FALSE(row_is_free(1));
  before.cut_all();
  EXPECT_TRUE(comes_free()) << proxy->log();
  EXPECT_NE(error.get(), "");
  EXPECT_TRUE(becomes_true([&] { return proxy->log().contains("was ended at the server"); }, default_patience))
      << proxy->log();
}

TEST_P(MysqlFaults, ASleepingTransactionIsEndedInTime) {
  const auto proxy = this->proxy({.server = "idle_transaction_timeout = \"200ms\"\n"});
  MysqlSession client(proxy->login());
  client.exec("SET autocommit = 0");  // So that it begins and holds the row in one step.
  client.exec("UPDATE shop.item SET price = price + 1 WHERE id = 1");
  EXPECT_TRUE(comes_free());
  EXPECT_TRUE(ends_with_error(client, "4031"));
  MysqlSession other(proxy->login());
  EXPECT_EQ(other.value("SELECT SLEEP(0.5)"), "0") << "outside a transaction nobody is ended";
}

TEST_P(MysqlFaults, ATransactionMayBeOpenForSoLong) {
  const auto proxy = this->proxy({.server = "transaction_timeout = \"500ms\"\n"});
  MysqlSession client(proxy->login());
  client.exec("BEGIN");
  std::string error;
  EXPECT_TRUE(becomes_true(
      [&] {
        error = error_of(client, "UPDATE shop.item SET price = price + 1 WHERE id = 1");
        return !error.empty();
      },
      default_patience))
      << "though it is never idle";
  EXPECT_TRUE(comes_free());
}

TEST_P(MysqlFaults, AnIdleClientIsEndedInTime) {
  const auto proxy = this->proxy({.server = "client_idle_timeout = \"200ms\"\n"});
  MysqlSession client(proxy->login());
  EXPECT_TRUE(becomes_true([&] { return proxy->uses_servers(0); }, default_patience));
  EXPECT_TRUE(ends_with_error(client, "4031"));
}

TEST_P(MysqlFaults, AQueryMayTakeSoLong) {
  const auto proxy = this->proxy({.server = "query_timeout = \"200ms\"\n"});
  MysqlSession client(proxy->login());
  EXPECT_THAT(error_of(client, "SELECT SLEEP(20)"), HasSubstr("query_timeout (200 ms) has passed"));
  EXPECT_TRUE(becomes_true([&] { return proxy->uses_servers(0); }, default_patience));
}

TEST_P(MysqlFaults, TheServersKillReachesTheClient) {
  const auto proxy = this->proxy();
  MysqlSession client(proxy->login());
  hold(client);
  admin().exec("KILL " + std::to_string(client.id()));
  EXPECT_TRUE(comes_free());
  EXPECT_TRUE(ends_with_error(client, "2013"));
  EXPECT_EQ(refusal(proxy->login()), "came in");
}

TEST_P(MysqlFaults, KillQueryThroughTheProxyMeetsTheRightOne) {
  const auto proxy = this->proxy();
  MysqlSession client(proxy->login());
  auto error =
      std::async(std::launch::async, [&] { return error_of(client, "SELECT id FROM shop.item WHERE SLEEP(20)"); });
  MysqlSession other(proxy->login());
  wait_until_state(admin(), client.id(), "sleep");
  other.exec("KILL QUERY " + std::to_string(client.id()));
  EXPECT_THAT(error.get(), HasSubstr("1317"));
  EXPECT_EQ(client.value("SELECT 1"), "1");
}

TEST_P(MysqlFaults, AServerThatDiesIsAMessage) {
  MysqlServer mine = MysqlServer::start(GetParam().installation);
  const auto proxy = this->proxy({.server_port = mine.port()});
  MysqlSession idle(proxy->login());
  MysqlSession busy(proxy->login());
  auto error = std::async(std::launch::async, [&] { return error_of(busy, "SELECT SLEEP(20)"); });
  wait_until([&] { return proxy->uses_servers(2); }, default_patience, "both to have a server connection");
  MysqlSession observer(mine);
  wait_until_state(observer, busy.id(), "sleep");
  mine.kill_hard();
  EXPECT_THAT(error.get(), HasSubstr("2013"));
  EXPECT_TRUE(ends_with_error(idle, "2013"));
  EXPECT_TRUE(becomes_true([&] { return proxy->uses_servers(0); }, default_patience));
  EXPECT_TRUE(proxy->running()) << proxy->log();
}

TEST_P(MysqlFaults, ShutdownWaitsForTransactions) {
  const auto proxy = this->proxy();
  MysqlSession idle(proxy->login());
  MysqlSession working(proxy->login());
  hold(working);
  proxy->begin_stop();
  EXPECT_TRUE(ends_with_error(idle, "1053"));
  EXPECT_TRUE(proxy->running());
  EXPECT_EQ(working.try_exec("UPDATE shop.item SET price = 5 WHERE id = 2"), 0U);
  EXPECT_EQ(working.try_exec("COMMIT"), 0U);
  EXPECT_TRUE(becomes_true([&] { return !proxy->running(); }, default_patience)) << proxy->log();
  EXPECT_EQ(admin().value("SELECT price FROM shop.item WHERE id = 2"), "5");
}

TEST_P(MysqlFaults, TheConsoleEndsAClient) {
  const auto proxy = this->proxy();
  MysqlSession client({.port = proxy->port(), .program_name = "victim"});
  MysqlSession other(proxy->login());
  hold(client);
  std::string id;
  for (auto& row : proxy->show("SHOW CLIENTS")) {
    if (row["application_name"] == "victim") id = row["id"];
  }
  static_cast<void>(proxy->show("KILL_CLIENT " + id));
  EXPECT_TRUE(comes_free());
  EXPECT_TRUE(ends_with_error(client, "1927"));
  EXPECT_EQ(other.value("SELECT 1"), "1");
}

TEST_P(MysqlFaults, AStalledClientDelaysNobody) {
  const auto proxy = this->proxy({.proxy = "workers = 1\n"});
  Gate before(proxy->port());
  MysqlSession stalled({.port = before.port()});
  auto rows = std::async(std::launch::async, [&] {
    return stalled.exec("SELECT REPEAT('x', 100000), SLEEP(0.003) FROM information_schema.collations a, shop.item b")
        .size();
  });
  wait_until_state(admin(), stalled.id(), "sleep");
  before.stall(true);
  MysqlSession other(proxy->login());
  for (int each = 0; each < 100; ++each) EXPECT_EQ(other.value("SELECT 1"), "1");
  before.stall(false);
  EXPECT_GT(rows.get(), 500U);
}

TEST_P(MysqlFaults, EachClientHasItsOwnAnswers) {
  const auto proxy = this->proxy({.proxy = "workers = 2\n"});
  std::vector<std::future<int>> strangers;
  for (int client = 0; client < 8; ++client) {
    strangers.push_back(std::async(std::launch::async, [&proxy, client] {
      int wrong = 0;
      const std::string mine = "client " + std::to_string(client);
      for (int login = 0; login < 5; ++login) {
        MysqlSession session(proxy->login());
        session.exec("SET @mine = '" + mine + "'");
        for (int query = 0; query < 50; ++query) wrong += session.value("SELECT @mine") == mine ? 0 : 1;
      }
      return wrong;
    }));
  }
  for (auto& each : strangers) EXPECT_EQ(each.get(), 0);
}

LOCKKEEPER_ON_MYSQL_STAGES(MysqlFaults);

}  // namespace
}  // namespace lockkeeper::testing
