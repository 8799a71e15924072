// A folder with an SQLite database for each test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include <lockkeeper/sqlite.hpp>

#include "client/driver_under_test.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {

class SqliteTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name = "test.db") const { return (folder_.path() / name).string(); }
  [[nodiscard]] std::string url(const std::string& options = "") const { return "sqlite://" + path() + options; }

  [[nodiscard]] std::unique_ptr<Connection> open(const std::string& url, Deadline deadline = soon()) const {
    return driver_->connect(target_of(url), deadline);
  }
  /// To the test's own file, with options as in "?mode=ro".
  [[nodiscard]] std::unique_ptr<Connection> connect(const std::string& options = "") const {
    return open(url(options));
  }
  [[nodiscard]] Error error_of_opening(const std::string& url, Deadline deadline = soon()) const {
    return error_of([&] { static_cast<void>(open(url, deadline)); });
  }

  static Error error_of_running(Connection& connection, const std::string& sql, Deadline deadline = soon()) {
    return error_of([&] { connection.execute(sql, deadline); });
  }

  /// The first cell; "NULL" for SQL NULL.
  static std::string single(Connection& connection, const std::string& sql) {
    return std::string(connection.execute(sql, soon()).cell(0, 0).value_or("NULL"));
  }
  static std::string single(Connection& connection, const std::string& sql, std::span<const Parameter> parameters) {
    return std::string(connection.execute(sql, parameters, soon()).cell(0, 0).value_or("NULL"));
  }

  static void make_words(Connection& connection) {
    connection.execute("CREATE TABLE words (id integer PRIMARY KEY, word text UNIQUE)", soon());
  }

  const Driver& driver() const { return *driver_; }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Driver> driver_ = make_sqlite_driver();
};

}  // namespace lockkeeper::testing
