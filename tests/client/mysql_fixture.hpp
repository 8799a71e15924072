// What the tests of the MySQL driver share: one server of each installation for all, and shorthands.
// Every suite is instantiated with mysql_installations(): MariaDB, and MySQL, which may be skipped.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "client/driver_under_test.hpp"
#include "support/mysql_session.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {

class MysqlTest : public ::testing::TestWithParam<MysqlInstallation> {
 protected:
  void SetUp() override {
    if (const std::string reason = GetParam().reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
  }

  [[nodiscard]] static bool is_mariadb() { return GetParam().engine == Engine::mariadb; }

  /// The program's server of this installation, made anew if a test has killed it.
  [[nodiscard]] static MysqlServer& server();
  /// Another one, of the test's own.
  [[nodiscard]] static MysqlServer start(MysqlOptions options = {}) {
    return MysqlServer::start(GetParam(), std::move(options));
  }

  /// The rows 1 to `last` in a column `seq`.
  [[nodiscard]] static std::string counted(int last) { return counted_rows(GetParam(), last); }

  [[nodiscard]] static std::unique_ptr<Connection> connect();
  [[nodiscard]] static std::unique_ptr<Connection> connect(const Target& target, Deadline deadline = soon());
  [[nodiscard]] static std::unique_ptr<Connection> connect(const std::string& url) { return connect(target_of(url)); }

  /// The error of connecting.
  [[nodiscard]] static Error refusal(const Target& target, Deadline deadline = soon());
  [[nodiscard]] static Error refusal(const std::string& url, Deadline deadline = soon()) {
    return refusal(target_of(url), deadline);
  }

  /// The first cell; "NULL" for SQL NULL.
  static std::string single(Connection& connection, const std::string& sql);

  /// An empty table (id integer PRIMARY KEY, word varchar(20)), on InnoDB.
  static void make_table(Connection& connection, const std::string& name);
  /// CREATE `what` (TABLE, USER, PROCEDURE), in the place of one that is there.
  static void create_anew(Connection& connection, const std::string& what, const std::string& name,
                          const std::string& rest);

  /// The error of a statement that runs (as an observer sees it, by its state) while `disturb` happens.
  static Error error_while_running(Connection& connection, const std::string& sql, const std::string& state,
                                   const std::function<void()>& disturb);
};

inline std::string label_of_mysql(const ::testing::TestParamInfo<MysqlInstallation>& instance) {
  return instance.param.label;
}

}  // namespace lockkeeper::testing
