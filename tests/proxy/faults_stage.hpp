// A server, the proxy, and a gate on either side of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "proxy/support/proxy_process.hpp"
#include "proxy/support/raw_client.hpp"
#include "support/gate.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {

/// How soon what a test waits for must be there on a loaded machine; far below the proxy's own long timeouts.
inline constexpr std::chrono::seconds fault_patience{10};

/// One server for all cases of a version: what they leave on it is ended first.
[[nodiscard]] inline PostgresServer& shared_server(const Setup& setup) {
  static std::map<int, PostgresServer> servers;
  const auto found = servers.find(setup.postgres);
  PostgresServer& server =
      found != servers.end() ? found->second : servers.emplace(setup.postgres, start_server(setup)).first->second;
  if (!server.is_running()) server.start_again();
  return server;
}

struct FaultsStage {
  explicit FaultsStage(const Setup& setup, int pool_size = 10, const std::string& more_configuration = {})
      : server(shared_server(setup)),
        behind(server.port()),
        proxy({.setup = setup,
               .server_port = behind.port(),
               .pool_size = pool_size,
               .configuration = ProxyOptions().configuration + more_configuration}),
        before(proxy.port()),
        admin(server.url("postgres", "postgres", server_password)) {
    end_backends("");
    wait_until([this] { return backends() == 0; }, fault_patience, "the sessions of the case before to end");
    admin.exec("DROP TABLE IF EXISTS item; CREATE TABLE item (id int PRIMARY KEY, price int)");
    admin.exec("INSERT INTO item SELECT g, 0 FROM generate_series(1, 10) g");
  }

  /// A client that comes through the gate before the proxy.
  [[nodiscard]] RawClient client(const Parameters& more = {}) const {
    Login login = proxy.login();
    login.port = before.port();
    login.more = more;
    return RawClient(login);
  }
  /// One that comes straight to the proxy.
  [[nodiscard]] RawClient plain_client() const { return RawClient(proxy.login()); }

  /// Server connections of clients, as the server counts them.
  [[nodiscard]] int backends() {
    return std::stoi(
        admin.value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> "
                    "pg_backend_pid()"));
  }

  /// Ends sessions whose last statement has this part: a server does not look for its client while it sleeps.
  void end_backends(const std::string& part) {
    admin.exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> "
        "pg_backend_pid() AND query LIKE '%" +
        part + "%'");
  }

  /// Whether the proxy serves as if nothing had been: a new client's statement runs.
  void expect_serves() {
    const bool served = becomes_true(
        [this] {
          try {
            RawClient client = plain_client();
            return first_cell(client.ask("SELECT 'served'", fault_patience)) == "served";
          } catch (const std::exception&) {
            return false;
          }
        },
        fault_patience);
    EXPECT_TRUE(served) << "the proxy serves nobody any more\n" << proxy.log();
  }

  /// Whether every server connection is where it belongs once all clients have gone: free or closed, and no more of
  /// them than the server knows.
  void expect_none_lost() {
    const bool free = becomes_true([this] { return proxy.pools().servers_active == 0; }, fault_patience);
    const ProxyProcess::Pools pools = proxy.pools();
    EXPECT_TRUE(free) << pools.servers_active << " server connections are held by nobody";
    EXPECT_TRUE(becomes_true([this] { return proxy.pools().servers() == backends(); }, fault_patience))
        << "the proxy counts " << proxy.pools().servers() << " server connections, the server " << backends();
    EXPECT_TRUE(proxy.running()) << proxy.log();
  }

  /// Waits until the statement with this text runs on the server.
  void wait_until_runs(const std::string& part) {
    wait_until([&] { return running(part) > 0; }, fault_patience, "the statement to run");
  }
  [[nodiscard]] int running(const std::string& part) {
    return std::stoi(
        admin.value("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() "
                    "AND query LIKE '%" +
                    part + "%'"));
  }
  [[nodiscard]] int open_transactions() {
    return std::stoi(
        admin.value("SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> "
                    "pg_backend_pid() AND backend_type = 'client backend'"));
  }

  PostgresServer& server;
  Gate behind;
  ProxyProcess proxy;
  Gate before;
  Session admin;
};

/// How many messages of a type there are.
[[nodiscard]] inline long count_of(const Messages& messages, char type) {
  return std::ranges::count(messages, type, &Message::type);
}

/// Waits for what a lost connection leaves: the rest of its messages. Fails where it does not end in time.
[[nodiscard]] inline Messages read_to_end(RawClient& client) {
  Messages messages;
  while (auto message = client.read(fault_patience)) messages.push_back(std::move(*message));
  EXPECT_NE(client.ending(), Ending::open) << "neither an answer nor an end in time, after\n" << show(messages, "  ");
  return messages;
}

/// A few setups are enough for faults that are the same for every server.
[[nodiscard]] inline std::vector<Setup> fault_setups() {
  return {{"transaction", "io_uring", 15}, {"transaction", "epoll", 15}, {"session", "io_uring", 15}};
}

class Faults : public ::testing::TestWithParam<Setup> {};

}  // namespace lockkeeper::testing
