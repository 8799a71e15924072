// The fixture of the contract suite: driver_*_test.cpp, one file a subject, all against every case of driver_cases.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "client/driver_under_test.hpp"

namespace lockkeeper::testing {

class DriverContract : public ::testing::TestWithParam<DriverCase> {
 protected:
  void SetUp() override {
    if (!GetParam().reason_to_skip.empty()) GTEST_SKIP() << GetParam().reason_to_skip;
  }

  /// One server for all tests of a driver, until the program ends.
  [[nodiscard]] static DriverUnderTest& tested();

  [[nodiscard]] static std::unique_ptr<Connection> connect();
  /// With room for so many kept statements.
  [[nodiscard]] static std::unique_ptr<Connection> connect_keeping(std::size_t prepared_statements);

  /// survivor(), of connect().
  [[nodiscard]] static std::unique_ptr<Connection> survivor_of(const std::function<void(Connection&)>& play);

  /// The first cell; "NULL" for SQL NULL.
  static std::string single(Connection& connection, const std::string& sql);

  /// An empty table (id integer PRIMARY KEY, word varchar(20)).
  static void make_table(Connection& connection, const std::string& name);
  /// The same with the rows 1 and 2, both of the word 'old'.
  static void make_two_rows(Connection& connection, const std::string& name);
};

}  // namespace lockkeeper::testing
