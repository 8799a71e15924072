// What the tests of the MySQL driver share: one server for all, and shorthands.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "client/driver_under_test.hpp"
#include "support/mariadb_server.hpp"
#include "support/mariadb_session.hpp"

namespace lockkeeper::testing {

class MysqlTest : public ::testing::Test {
 protected:
  /// The program's server, made anew if a test has killed it.
  [[nodiscard]] static MariadbServer& server();

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

  /// The error of a statement that runs (as an observer sees it, by its state) while `disturb` happens.
  static Error error_while_running(Connection& connection, const std::string& sql, const std::string& state,
                                   const std::function<void()>& disturb);
};

}  // namespace lockkeeper::testing
