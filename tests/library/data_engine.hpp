// The data tests' fixture: the same cases on every database, SQLite by itself and the servers in a second program.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lockkeeper/pool.hpp>
#include <lockkeeper/queries.hpp>

#include "client/driver_under_test.hpp"
#include "library/recorder.hpp"

namespace lockkeeper {
class Database;
}

namespace lockkeeper::testing {

/// The typed queries straight on a driver's connection, without pool and transaction.
class Session : public Queries<Session> {
 public:
  explicit Session(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  Rows run(std::string_view sql, std::span<const Parameter> parameters) {
    return connection_->execute(sql, parameters, soon());
  }
  std::unique_ptr<RowStream> open_stream(std::string_view sql, std::span<const Parameter> parameters,
                                         std::size_t chunk_rows);

  [[nodiscard]] Connection& connection() { return *connection_; }

 private:
  std::unique_ptr<Connection> connection_;
};

/// The databases of the program that is linked; for the incidents all of them, MySQL too.
[[nodiscard]] std::vector<DriverCase> data_cases();
[[nodiscard]] std::vector<DriverCase> incident_cases();

class OnEngine : public ::testing::TestWithParam<DriverCase> {
 protected:
  void SetUp() override {
    if (!GetParam().reason_to_skip.empty()) GTEST_SKIP() << GetParam().reason_to_skip;
  }

  /// One server for all tests of a database, until the program ends.
  [[nodiscard]] static DriverUnderTest& tested();
  [[nodiscard]] static Engine engine() { return tested().engine; }

  [[nodiscard]] static Session connect() { return Session(tested().driver->connect(target_of(tested().url), soon())); }

  /// `$1` and the like become `?` where the database wants that; they must come in order.
  [[nodiscard]] static std::string sql(std::string_view text);

  /// Drops the table if it is there, and makes it anew.
  static void make_table(std::string_view name, const std::string& columns);

  /// The test's own, at most so many connections; events are kept.
  [[nodiscard]] Pool pool(std::size_t connections = 4);
  [[nodiscard]] Database database(std::size_t connections = 4);

  /// Not owned: `tested` lives until the program ends.
  [[nodiscard]] static std::shared_ptr<Driver> driver() { return {std::shared_ptr<void>(), tested().driver.get()}; }
  [[nodiscard]] static PoolSettings settings(std::size_t connections) {
    return {.name = "data", .maximum_size = connections, .acquire_timeout = std::chrono::seconds(20)};
  }

  EventRecorder events_;
};

}  // namespace lockkeeper::testing
