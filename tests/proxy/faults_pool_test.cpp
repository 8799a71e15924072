// Queues and cancels: who waits for a server connection can be cancelled, and no cancel hits anybody else.
#include <gmock/gmock.h>

#include <string>

#include "proxy/faults_stage.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;

class PoolFaults : public Faults {};
INSTANTIATE_TEST_SUITE_P(Setups, PoolFaults, ::testing::ValuesIn(fault_setups()),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(PoolFaults, ARunningQueryIsCancelled) {
  FaultsStage stage(GetParam());
  RawClient client = stage.plain_client();
  client.send(query("SELECT pg_sleep(60), 'running'"));
  stage.wait_until_runs("running");
  cancel(stage.proxy.port(), client.pid(), client.secret());
  EXPECT_EQ(first_error(client.read_until('Z', 1, fault_patience)), "57014");
  EXPECT_EQ(first_cell(client.ask("SELECT 'fine'")), "fine");
}

// What a driver sends for setQueryTimeout to stop. The server keeps its answers until the Sync, ours among them.
TEST_P(PoolFaults, ARunningPreparedStatementIsCancelled) {
  FaultsStage stage(GetParam());
  RawClient client = stage.plain_client(), other = stage.plain_client();
  client.send({parse("s", "SELECT pg_sleep(60), 'named'"), sync()});
  static_cast<void>(client.read_until('Z', 1, fault_patience));
  other.ask("BEGIN");  // The statement has to be made again on another server connection.
  for (const std::string name : {"s", ""}) {
    if (name.empty()) client.send(parse("", "SELECT pg_sleep(60), 'named'"));
    client.send({bind_to("", name), describe_portal(""), execute(), sync()});
    stage.wait_until_runs("named");
    cancel(stage.proxy.port(), client.pid(), client.secret());
    EXPECT_EQ(first_error(client.read_until('Z', 1, fault_patience)), "57014") << name;
  }
}

TEST_P(PoolFaults, AQueryThatWaitsInTheQueueIsCancelled) {
  if (!GetParam().transaction()) GTEST_SKIP() << "in session mode a client waits before it is let in";
  FaultsStage stage(GetParam(), 1);
  RawClient holder = stage.plain_client(), waiter = stage.plain_client();
  holder.ask("BEGIN");
  waiter.send(query("SELECT 'queued'"));
  wait_until([&] { return stage.proxy.pools().clients_waiting == 1; }, fault_patience, "the query to wait");
  cancel(stage.proxy.port(), waiter.pid(), waiter.secret());
  const Messages answer = waiter.read_until('Z', 1, fault_patience);
  EXPECT_EQ(first_error(answer), "57014") << show(answer, "  ");
  EXPECT_EQ(count_of(answer, 'Z'), 1);
  holder.ask("COMMIT");
  EXPECT_EQ(first_cell(waiter.ask("SELECT 'later'")), "later");
}

TEST_P(PoolFaults, APipelineThatWaitsInTheQueueIsCancelled) {
  if (!GetParam().transaction()) GTEST_SKIP() << "in session mode a client waits before it is let in";
  FaultsStage stage(GetParam(), 1);
  RawClient holder = stage.plain_client(), waiter = stage.plain_client();
  holder.ask("BEGIN");
  waiter.send({parse("s", "SELECT 'queued'"), bind_to("", "s"), execute(), sync()});
  wait_until([&] { return stage.proxy.pools().clients_waiting == 1; }, fault_patience, "the query to wait");
  cancel(stage.proxy.port(), waiter.pid(), waiter.secret());
  EXPECT_EQ(first_error(waiter.read_until('Z', 1, fault_patience)), "57014");
  holder.ask("COMMIT");
  // The name was never made.
  waiter.send({bind_to("", "s"), execute(), sync()});
  EXPECT_EQ(first_error(waiter.read_until('Z', 1, fault_patience)), "26000");
}

// In session mode a client has its server connection to itself.
class SharedConnections : public Faults {};
INSTANTIATE_TEST_SUITE_P(Setups, SharedConnections,
                         ::testing::Values(Setup{"transaction", "io_uring", 15}, Setup{"transaction", "epoll", 18}),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(SharedConnections, WhatAnotherClientDrewFromASequenceIsNotTold) {
  FaultsStage stage(GetParam(), 1);
  stage.admin.exec("DROP SEQUENCE IF EXISTS counter; CREATE SEQUENCE counter");
  RawClient drawer = stage.plain_client(), asker = stage.plain_client();
  const auto draw = [&] { EXPECT_NE(first_cell(drawer.ask("SELECT nextval('counter')")), ""); };
  const auto error_of = [](RawClient& client, const Messages& messages) {
    client.send(messages);
    return first_error(client.read_until('Z', 1, fault_patience));
  };
  draw();
  EXPECT_EQ(error_of(asker, {parse("", "SELECT lastval()"), bind_to("", ""), execute(), sync()}), "55000");
  draw();
  EXPECT_EQ(error_of(asker, {parse("s", "SELECT currval('counter')"), bind_to("", "s"), execute(), sync()}), "55000");
  draw();
  EXPECT_EQ(error_of(asker, {bind_to("", "s"), execute(), sync()}), "55000");
  draw();
  RawClient other = stage.client({{"application_name", "other"}});  // Its parameters are set first.
  EXPECT_EQ(error_of(other, {query("SELECT lastval()")}), "55000");
  draw();
  asker.ask("BEGIN");
  asker.ask("SELECT 1");
  EXPECT_EQ(error_of(asker, {query("SELECT lastval()")}), "55000") << "it has asked before";
  asker.ask("ROLLBACK");
  draw();
  asker.ask("BEGIN");
  const std::string own = first_cell(asker.ask("SELECT nextval('counter')"));
  asker.send({parse("", "SELECT lastval()"), bind_to("", ""), execute(), sync()});
  EXPECT_EQ(first_cell(asker.read_until('Z', 1, fault_patience)), own);
  asker.ask("COMMIT");
}

// Logins begin with that role, until it goes.
class RoleOfLogins {
 public:
  RoleOfLogins(Session& admin, const std::string& role) : admin_(admin) {
    admin_.exec("DROP ROLE IF EXISTS " + role + "; CREATE ROLE " + role + "; ALTER ROLE postgres SET role = " + role);
  }
  RoleOfLogins(const RoleOfLogins&) = delete;
  RoleOfLogins& operator=(const RoleOfLogins&) = delete;
  ~RoleOfLogins() { admin_.try_exec("ALTER ROLE postgres RESET role"); }

 private:
  Session& admin_;
};

TEST_P(SharedConnections, ARoleThatLoginsBeginWithPinsNobody) {
  FaultsStage stage(GetParam(), 1);
  const RoleOfLogins keeper(stage.admin, "keeper");
  RawClient one = stage.plain_client(), other = stage.plain_client();
  const auto who = [](RawClient& client) { return first_cell(client.ask("SELECT current_user", fault_patience)); };
  one.ask("LISTEN news");
  one.ask("UNLISTEN *");
  EXPECT_EQ(who(other), "keeper") << "the connection is free again";
  one.ask("SET ROLE NONE");
  other.send(query("SELECT current_user"));
  wait_until([&] { return stage.proxy.pools().clients_waiting == 1; }, fault_patience, "the other to wait");
  EXPECT_EQ(who(one), "postgres");
  one.ask("RESET ROLE");
  EXPECT_EQ(first_cell(other.read_until('Z', 1, fault_patience)), "keeper");
}

// A server's setting, until it goes. Who is connected has it when the server itself has.
class ServerSetting {
 public:
  ServerSetting(Session& admin, std::string name, const std::string& value) : admin_(admin), name_(std::move(name)) {
    admin_.exec("ALTER SYSTEM SET " + name_ + " = '" + value + "'");
    admin_.exec("SELECT pg_reload_conf()");
    wait_until([&] { return admin_.value("SHOW " + name_) == value; }, fault_patience, "the server to read it");
  }
  ServerSetting(const ServerSetting&) = delete;
  ServerSetting& operator=(const ServerSetting&) = delete;
  ~ServerSetting() {
    admin_.try_exec("ALTER SYSTEM RESET " + name_);
    admin_.try_exec("SELECT pg_reload_conf()");
  }

 private:
  Session& admin_;
  std::string name_;
};

TEST_P(PoolFaults, NewClientsAreToldWhatTheServerIsNow) {
  FaultsStage stage(GetParam(), 2);
  const auto zone_of = [](const RawClient& client) {
    constexpr std::string_view name("TimeZone\0", 9);
    for (const Message& message : client.greeting()) {
      if (message.type == 'S' && message.body.starts_with(name)) return message.body.substr(name.size());
    }
    return std::string();
  };
  const std::string seoul("Asia/Seoul\0", 11);
  {
    RawClient before = stage.plain_client();
    before.ask("SELECT 1");
    EXPECT_NE(zone_of(before), seoul);
  }
  const ServerSetting zone(stage.admin, "TimeZone", "Asia/Seoul");
  stage.end_backends("");
  wait_until([&] { return stage.backends() == 0; }, fault_patience, "the sessions of before to end");
  // The first one has a new server connection made, and may have been greeted before.
  stage.expect_serves();
  EXPECT_EQ(zone_of(stage.plain_client()), seoul);
}

TEST_P(PoolFaults, AStatementThatIsGoneIsMadeAgain) {
  FaultsStage stage(GetParam(), 1);
  RawClient client = stage.plain_client();
  const Messages use{bind_to("", "s"), execute(), sync()};
  client.send({parse("s", "SELECT 'prepared'"), sync()});
  static_cast<void>(client.read_until('Z', 1, fault_patience));
  client.ask("DO $$BEGIN EXECUTE 'DEALLOCATE ALL'; END$$");
  client.send(use);
  EXPECT_EQ(first_error(client.read_until('Z', 1, fault_patience)), "26000");
  if (!GetParam().transaction()) return;  // It is as a server has it.
  client.send(use);
  EXPECT_EQ(first_cell(client.read_until('Z', 1, fault_patience)), "prepared");
}

TEST_P(PoolFaults, AWrongKeyCancelsNothing) {
  FaultsStage stage(GetParam());
  RawClient client = stage.plain_client();
  stage.admin.exec("SELECT pg_advisory_lock(7)");
  // It ends when we say so, and a little later: cancels may be on their way.
  client.send(query("SELECT pg_advisory_xact_lock(7), pg_sleep(0.3), 'unharmed'"));
  stage.wait_until_runs("unharmed");
  std::string wrong = client.secret();
  wrong.back() = static_cast<char>(wrong.back() + 1);
  cancel(stage.proxy.port(), client.pid(), wrong);
  cancel(stage.proxy.port(), client.pid() + 1, client.secret());
  cancel(stage.proxy.port(), client.pid(), "");
  cancel(stage.proxy.port(), client.pid(), client.secret() + "more");
  stage.admin.exec("SELECT pg_advisory_unlock(7)");
  EXPECT_EQ(first_error(client.read_until('Z', 1, fault_patience)), "");
}

TEST_P(PoolFaults, ACancelThatComesTooLateHitsNobody) {
  FaultsStage stage(GetParam(), GetParam().transaction() ? 1 : 4);
  RawClient done = stage.plain_client(), other = stage.plain_client();
  for (int i = 0; i < 20; ++i) {
    done.ask("SELECT 'done'");
    other.send(query("SELECT pg_sleep(0.02)"));
    cancel(stage.proxy.port(), done.pid(), done.secret());
    EXPECT_EQ(first_error(other.read_until('Z', 1, fault_patience)), "");
  }
}

TEST_P(PoolFaults, NamedStatementsCanBeOff) {
  FaultsStage stage(GetParam(), 1, "max_prepared_statements = 0\n");
  RawClient client = stage.plain_client();
  client.send({parse("", "SELECT 'unnamed'"), bind_to("", ""), execute(), sync()});
  EXPECT_EQ(first_cell(client.read_until('Z', 1, fault_patience)), "unnamed");
  client.send({parse("s", "SELECT 'named'"), bind_to("", "s"), execute(), sync()});
  if (GetParam().transaction()) {
    EXPECT_EQ(first_error(read_to_end(client)), "08P01");
  } else {
    EXPECT_EQ(first_cell(client.read_until('Z', 1, fault_patience)), "named");
  }
  client.close();
  stage.expect_serves();
  stage.expect_none_lost();
}

// Nobody knows when a request that is on its way arrives, and it names a connection, not a query.
TEST_P(SharedConnections, ACancelThatNeverArrivesTakesItsConnectionWithIt) {
  FaultsStage stage(GetParam(), 1, "cancel_timeout = \"500ms\"\n");
  RawClient asker = stage.plain_client(), other = stage.plain_client();
  stage.admin.exec("SELECT pg_advisory_lock(7)");
  asker.send(query("SELECT pg_backend_pid(), pg_advisory_xact_lock(7), 'asked'"));
  stage.wait_until_runs("asked");
  constexpr std::string_view cancel_request("\x04\xd2\x16\x2e", 4);
  stage.behind.judge([&](std::string_view bytes) {
    return bytes.size() == 16 && bytes.substr(4, 4) == cancel_request ? Gate::Verdict::hold : Gate::Verdict::forward;
  });
  cancel(stage.proxy.port(), asker.pid(), asker.secret());
  wait_until([&] { return stage.behind.held() == 1; }, fault_patience, "the request to be held");
  stage.admin.exec("SELECT pg_advisory_unlock(7)");
  const Messages answer = asker.read_until('Z', 1, fault_patience);
  ASSERT_EQ(first_error(answer), "");
  const std::string pid = first_cell(answer);
  const std::string next = first_cell(other.ask("SELECT pg_backend_pid()", fault_patience));
  EXPECT_NE(next, "");
  EXPECT_NE(next, pid) << "a request to cancel it is still on its way";
  EXPECT_THAT(stage.proxy.log(), ::testing::HasSubstr("cancel request to server process " + pid));
  other.send(query("SELECT pg_sleep(0.3)"));
  stage.behind.judge(nullptr);
  EXPECT_EQ(first_error(other.read_until('Z', 1, fault_patience)), "");
  stage.expect_none_lost();
}

TEST_P(PoolFaults, ACancelOfWhoHasLeftHitsNobody) {
  FaultsStage stage(GetParam(), GetParam().transaction() ? 1 : 4);
  RawClient gone = stage.plain_client();
  gone.ask("SELECT 1");
  const auto pid = gone.pid();
  const std::string secret = gone.secret();
  gone.close();
  RawClient other = stage.plain_client();
  other.send(query("SELECT pg_sleep(0.1)"));
  cancel(stage.proxy.port(), pid, secret);
  EXPECT_EQ(first_error(other.read_until('Z', 1, fault_patience)), "");
}

TEST_P(PoolFaults, CancelsComeThoughThePoolIsFull) {
  FaultsStage stage(GetParam(), 2);
  RawClient one = stage.plain_client(), two = stage.plain_client();
  one.send(query("SELECT pg_sleep(60), 'first'"));
  two.send(query("SELECT pg_sleep(60), 'second'"));
  stage.wait_until_runs("first");
  stage.wait_until_runs("second");
  cancel(stage.proxy.port(), two.pid(), two.secret());
  EXPECT_EQ(first_error(two.read_until('Z', 1, fault_patience)), "57014");
  cancel(stage.proxy.port(), one.pid(), one.secret());
  EXPECT_EQ(first_error(one.read_until('Z', 1, fault_patience)), "57014");
}

TEST_P(PoolFaults, WaitersAreServedInTheirOrder) {
  if (!GetParam().transaction()) GTEST_SKIP() << "in session mode a client waits before it is let in";
  FaultsStage stage(GetParam(), 1);
  RawClient holder = stage.plain_client();
  holder.ask("BEGIN");
  std::vector<RawClient> waiters;
  for (int i = 0; i < 5; ++i) {
    waiters.push_back(stage.plain_client());
    waiters.back().send(
        query("INSERT INTO item VALUES (" + std::to_string(100 + i) + ", (SELECT count(*) FROM item))"));
    wait_until([&] { return stage.proxy.pools().clients_waiting == i + 1; }, fault_patience, "the query to wait");
  }
  holder.ask("COMMIT");
  for (RawClient& waiter : waiters) EXPECT_EQ(first_error(waiter.read_until('Z', 1, fault_patience)), "");
  EXPECT_EQ(stage.admin.value("SELECT string_agg(id::text, ' ' ORDER BY price) FROM item WHERE id >= 100"),
            "100 101 102 103 104");
}

TEST_P(PoolFaults, AWaiterThatLeavesIsNotServed) {
  if (!GetParam().transaction()) GTEST_SKIP() << "in session mode a client waits before it is let in";
  FaultsStage stage(GetParam(), 1);
  RawClient holder = stage.plain_client(), waiter = stage.plain_client();
  holder.ask("BEGIN");
  waiter.send(query("INSERT INTO item VALUES (100, 1)"));
  wait_until([&] { return stage.proxy.pools().clients_waiting == 1; }, fault_patience, "the query to wait");
  waiter.reset();
  wait_until([&] { return stage.proxy.pools().clients_waiting == 0; }, fault_patience, "the waiter to be forgotten");
  holder.ask("COMMIT");
  holder.send(terminate());
  EXPECT_EQ(stage.admin.value("SELECT count(*) FROM item WHERE id = 100"), "0");
  stage.expect_none_lost();
}

TEST_P(PoolFaults, ASigtermLetsTransactionsEnd) {
  if (peer_stands_in()) GTEST_SKIP() << "Debian's PgBouncer ends at once";
  FaultsStage stage(GetParam());
  RawClient client = stage.plain_client();
  client.ask("BEGIN");
  stage.proxy.begin_stop();
  EXPECT_EQ(first_error(client.ask("INSERT INTO item VALUES (100, 1)")), "");
  EXPECT_EQ(first_error(client.ask("COMMIT")), "");
  EXPECT_NE(client.wait_for_end(fault_patience), Ending::open);
  stage.proxy.stop(fault_patience);
  EXPECT_EQ(stage.admin.value("SELECT count(*) FROM item WHERE id = 100"), "1");
}

}  // namespace
}  // namespace lockkeeper::testing
