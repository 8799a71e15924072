// A server of the MySQL family, the program before it, and clients: one server a kind for all the cases of a program.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "proxy/support/mysql_proxy.hpp"
#include "support/mysql_session.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {

struct MysqlStage {
  MysqlInstallation installation;
  std::string io;
};
inline void PrintTo(const MysqlStage& stage, std::ostream* out) { *out << stage.installation.label << "_" << stage.io; }

/// Each backend meets one server: both pairs in a run, all four in none.
[[nodiscard]] inline std::vector<MysqlStage> mysql_stages() {
  std::vector<MysqlStage> stages;
  for (const MysqlInstallation& each : mysql_installations())
    stages.push_back({each, each.engine == Engine::mariadb ? "io_uring" : "epoll"});
  return stages;
}

#define LOCKKEEPER_ON_MYSQL_STAGES(suite)                                                           \
  INSTANTIATE_TEST_SUITE_P(Stages, suite, ::testing::ValuesIn(lockkeeper::testing::mysql_stages()), \
                           [](const auto& stage) { return ::testing::PrintToString(stage.param); })

class OnMysqlStage : public ::testing::TestWithParam<MysqlStage> {
 protected:
  void SetUp() override {
    if (const std::string reason = GetParam().installation.reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
    admin_ = std::make_unique<MysqlSession>(server());
    admin_->exec("CREATE DATABASE IF NOT EXISTS shop");
    admin_->exec("DROP TABLE IF EXISTS shop.item");
    admin_->exec("CREATE TABLE shop.item (id integer PRIMARY KEY, price integer) ENGINE=InnoDB");
    admin_->exec("INSERT INTO shop.item VALUES (1,0),(2,0),(3,0)");
  }

  [[nodiscard]] static bool is_mariadb() { return GetParam().installation.engine == Engine::mariadb; }
  [[nodiscard]] MysqlServer& server() const {
    static std::map<std::string, std::unique_ptr<MysqlServer>> servers;
    auto& server = servers[GetParam().installation.label];
    if (!server || !server->is_running())
      server = std::make_unique<MysqlServer>(MysqlServer::start(GetParam().installation, {.settings = settings()}));
    return *server;
  }
  MysqlSession& admin() { return *admin_; }

  /// `more`: options beside the server and the backend.
  [[nodiscard]] std::unique_ptr<MysqlProxy> proxy(MysqlProxyOptions more = {}) const {
    if (more.server_port == 0) more.server_port = server().port();
    more.io = GetParam().io;
    return std::make_unique<MysqlProxy>(more);
  }
  /// Why somebody is not let in; "came in" otherwise.
  static std::string refusal(const MysqlLogin& login) {
    try {
      const MysqlSession session(login);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "came in";
  }
  /// An error's number and words; empty: none.
  static std::string error_of(MysqlSession& session, const std::string& sql) {
    try {
      session.exec(sql);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }
  [[nodiscard]] int sessions_of(const std::string& user) {
    return std::stoi(admin().value("SELECT count(*) FROM information_schema.processlist WHERE user = '" + user + "'"));
  }
  /// Locks of a row: whether another transaction may have it.
  [[nodiscard]] bool row_is_free(int id) {
    admin().exec("BEGIN");
    const std::string row = std::to_string(id);
    const bool free = error_of(admin(), "SELECT * FROM shop.item WHERE id = " + row + " FOR UPDATE NOWAIT").empty();
    admin().exec("ROLLBACK");
    return free;
  }

  [[nodiscard]] static std::map<std::string, std::string> settings() {
    std::map<std::string, std::string> all{{"local-infile", "ON"}};
    if (const std::string plugins = mariadb_plugins(); is_mariadb() && !plugins.empty()) {
      all["plugin-dir"] = plugins;
      all["plugin-load-add"] = "auth_ed25519";
    }
    return all;
  }

 private:
  std::unique_ptr<MysqlSession> admin_;
};

}  // namespace lockkeeper::testing
