// Sixteen threads move money through a proxy before MariaDB or MySQL whose both sides fail at random (ledger.hpp).
// LOCKKEEPER_STRESS_SECONDS (default 5): for how long.
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "proxy/ledger.hpp"
#include "proxy/mysql_stage.hpp"
#include "support/gate.hpp"

namespace lockkeeper::testing {
namespace {

using namespace ledger;

class MysqlMover : public Mover {
 public:
  MysqlMover(MysqlLogin login, Told& told, unsigned number) : Mover(told, number), login_(std::move(login)) {}

 private:
  bool arrive() override {
    if (client_) return true;
    try {
      client_.emplace(login_);
    } catch (const std::runtime_error&) {
    }
    return client_.has_value();
  }

  // Autocommit stays off once it is: then each transaction begins by itself, and BEGIN changes nothing.
  Outcome work(const std::string& name) override {
    Outcome outcome = ask(random_() % 2 == 0 ? "BEGIN" : "SET autocommit = 0");
    for (const std::string& sql : statements(random_, name)) {
      if (outcome == Outcome::done) outcome = ask(sql);
    }
    return outcome;
  }

  void give_up() override { client_.reset(); }

  // Errors of the library (2000 to 2999), and those with which a server or the proxy says that it has ended the
  // session: nothing more is heard of the statement.
  Outcome ask(const std::string& sql) override {
    constexpr unsigned int deadlock = 1213, lock_wait_timeout = 1205;
    const unsigned int error = client_->try_exec(sql);
    if (error == 0) return Outcome::done;
    if (error == deadlock || error == lock_wait_timeout) return Outcome::refused;
    client_.reset();
    return Outcome::lost;
  }

  MysqlLogin login_;
  std::optional<MysqlSession> client_;
};

class MysqlLedger : public OnMysqlStage {};

TEST_P(MysqlLedger, WhatClientsWereToldIsWhatHappened) {
  for (const char* table : {"account", "transfer"}) admin().exec("DROP TABLE IF EXISTS test." + std::string(table));
  admin().exec("CREATE TABLE test.account (id int PRIMARY KEY, balance bigint NOT NULL) ENGINE=InnoDB");
  admin().exec("CREATE TABLE test.transfer (name varchar(40) PRIMARY KEY) ENGINE=InnoDB");
  for (int id = 0; id < accounts; ++id)
    admin().exec("INSERT INTO test.account VALUES (" + std::to_string(id) + ", " + std::to_string(start_balance) + ")");
  Gate behind(server().port());
  const auto proxy = this->proxy({.server_port = behind.port()});
  Gate before(proxy->port());
  lose_some_commits(behind, 40, 55);
  lose_some_commits(before, 45, 65);
  Told told;
  const Clock::time_point end = Clock::now() + ledger::duration();
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < movers; ++number) {
    threads.emplace_back([&, number] { MysqlMover({.port = before.port()}, told, number).run(end); });
  }
  const std::string others =
      "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND rand() < 0.3";
  disturb(before, behind, end, [&] {
    for (const auto& row : admin().exec(others)) (void)admin().try_exec("KILL " + row.front());
  });
  for (std::thread& thread : threads) thread.join();
  behind.judge(nullptr);
  before.judge(nullptr);

  EXPECT_TRUE(becomes_true([&] { return proxy->uses_servers(0); }, default_patience))
      << "a server connection is held though all clients have left";
  // What was cut off may still be committing: nothing is once the locks are ours.
  admin().exec("LOCK TABLES test.account WRITE, test.transfer WRITE");
  std::set<std::string> happened;
  for (const auto& row : admin().exec("SELECT name FROM test.transfer")) happened.insert(row.front());
  EXPECT_EQ(admin().value("SELECT SUM(balance) FROM test.account"), std::to_string(accounts * start_balance));
  admin().exec("UNLOCK TABLES");
  told.compare(happened, before, behind);
}

LOCKKEEPER_ON_MYSQL_STAGES(MysqlLedger);

}  // namespace
}  // namespace lockkeeper::testing
