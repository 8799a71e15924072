// Sixteen threads move money through a proxy whose both sides fail at random (ledger.hpp).
// LOCKKEEPER_STRESS_SECONDS (default 5): for how long.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "proxy/ledger.hpp"
#include "proxy/support/proxy_process.hpp"
#include "proxy/support/raw_client.hpp"
#include "support/gate.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

using namespace ledger;

class PostgresMover : public Mover {
 public:
  PostgresMover(Login login, Told& told, unsigned number) : Mover(told, number), login_(std::move(login)) {}

 private:
  bool arrive() override {
    if (client_) return true;
    try {
      RawClient client(login_.port);
      if (client.log_in(login_)) client_ = std::move(client);
    } catch (const std::system_error&) {
    }
    return client_.has_value();
  }

  Outcome work(const std::string& name) override { return random_() % 2 == 0 ? one_by_one(name) : as_pipeline(name); }

  Outcome one_by_one(const std::string& name) {
    Outcome outcome = ask("BEGIN");
    for (const std::string& sql : statements(random_, name)) {
      if (outcome == Outcome::done) outcome = ask(sql);
    }
    return outcome;
  }

  Outcome as_pipeline(const std::string& name) {
    Messages messages{query("BEGIN")};
    for (const std::string& sql : statements(random_, name)) {
      messages = std::move(messages) + Messages{parse("", sql), bind_to("", ""), execute()};
    }
    messages.push_back(sync());
    return talk(messages, 2);
  }

  Outcome ask(const std::string& sql) override { return talk({query(sql)}, 1); }

  void give_up() override { client_.reset(); }

  Outcome talk(const Messages& messages, int syncs) {
    client_->send(messages);
    const Messages answer = client_->read_until('Z', syncs);
    const std::string error = first_error(answer);
    const bool whole = std::ranges::count(answer, 'Z', &Message::type) == syncs;
    if (!whole) {
      client_.reset();
      return Outcome::lost;
    }
    // A commit of a failed transaction says so in its tag.
    const bool rolled_back = std::ranges::any_of(
        answer, [](const Message& one) { return one.type == 'C' && one.body.starts_with("ROLLBACK"); });
    return error.empty() && !rolled_back ? Outcome::done : Outcome::refused;
  }

  Login login_;
  std::optional<RawClient> client_;
};

class Ledger : public ::testing::TestWithParam<Setup> {};

TEST_P(Ledger, WhatClientsWereToldIsWhatHappened) {
  auto server = start_server(GetParam());
  Session admin(server.url("postgres", "postgres", server_password));
  admin.exec("CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL)");
  admin.exec("CREATE TABLE transfer (name text PRIMARY KEY)");
  admin.exec("INSERT INTO account SELECT g, 1000 FROM generate_series(0, 19) g");
  Gate behind(server.port());
  ProxyProcess proxy(
      {.setup = GetParam(), .server_port = behind.port(), .pool_size = GetParam().transaction() ? 6 : 40});
  Gate before(proxy.port());
  lose_some_commits(behind, 40, 55);
  lose_some_commits(before, 45, 65);
  Login login = proxy.login();
  login.port = before.port();
  Told told;
  const Clock::time_point end = Clock::now() + ledger::duration();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < movers; ++i) {
    threads.emplace_back([&, i] { PostgresMover(login, told, i).run(end); });
  }
  disturb(before, behind, end, [&] {
    admin.exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> "
        "pg_backend_pid() AND random() < 0.3");
  });
  for (std::thread& thread : threads) thread.join();
  behind.judge(nullptr);
  before.judge(nullptr);

  // What was cut off may still be committing: nothing is once the locks are ours.
  admin.exec("BEGIN; LOCK TABLE account, transfer IN ACCESS EXCLUSIVE MODE");
  std::set<std::string> happened;
  for (const auto& row : admin.exec("SELECT name FROM transfer")) happened.insert(row.front().value_or(""));
  EXPECT_EQ(admin.value("SELECT sum(balance) FROM account"), std::to_string(accounts * start_balance));
  admin.exec("COMMIT");
  told.compare(happened, before, behind);
  EXPECT_TRUE(becomes_true([&] { return proxy.pools().servers_active == 0; }, default_patience))
      << "a server connection is held though all clients have left";
}

INSTANTIATE_TEST_SUITE_P(Setups, Ledger,
                         ::testing::Values(Setup{"transaction", "io_uring", 15}, Setup{"transaction", "epoll", 18},
                                           Setup{"session", "epoll", 15}),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace lockkeeper::testing
