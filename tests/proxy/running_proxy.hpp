// The proxy in the test's own process, before a private server: what it has recorded is there to be asked for.
#pragma once

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/proxy.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::proxy {

/// One for all cases.
inline testing::PostgresServer& server() {
  static testing::PostgresServer running = testing::PostgresServer::start();
  return running;
}

/// Gone with its owner.
struct Running {
  explicit Running(Config config, const std::string& at_port = "0") {
    config.proxy.listen = {"127.0.0.1:" + at_port};
    auto started = Proxy::start(config, [](LogLevel, std::string_view) {});
    if (!started) throw std::runtime_error(started.error());
    proxy = *std::move(started);
    const std::string address = proxy->addresses().front();
    port = address.substr(address.rfind(':') + 1);
  }
  [[nodiscard]] std::string url(const std::string& database, const std::string& user = "postgres",
                                const std::string& password = "secret") const {
    return "postgresql://" + user + ":" + password + "@127.0.0.1:" + port + "/" + database;
  }
  [[nodiscard]] testing::Session console(const std::string& user = "postgres",
                                         const std::string& password = "secret") const {
    return testing::Session(url("pgbouncer", user, password), "console");
  }

  std::unique_ptr<Proxy> proxy;
  std::string port;
};

/// Logins are in its users file; `postgres` has the password "secret".
inline Config transaction_mode(const testing::TemporaryFolder& folder) {
  const auto file = folder.path() / "users.txt";
  std::ofstream(file) << "\"postgres\" \"secret\"\n\"exporter\" \"look\"\n\"stranger\" \"there\"\n";
  Config config;
  config.proxy.workers = 2;
  config.proxy.pool_mode = PoolMode::transaction;
  config.proxy.auth = AuthMethod::scram_sha_256;
  config.proxy.users_file = file;
  config.proxy.admin_users = {"postgres"};
  config.proxy.stats_users = {"exporter"};
  config.databases["*"].port = server().port();
  return config;
}

}  // namespace lockkeeper::proxy
