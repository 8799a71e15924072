// What the contract suite needs to know about a database: everything else it says through lockkeeper::Driver.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <lockkeeper/driver.hpp>

namespace lockkeeper::testing {

/// One database, started. SQL is the database's own where databases differ.
struct DriverUnderTest {
  std::unique_ptr<Driver> driver;
  std::string url;                 ///< Reaches the server with all rights.
  std::string product;             ///< ServerInfo::product.
  std::string placeholder;         ///< The first parameter in a statement: "$1" or "?".
  std::string sleep_sql;           ///< Runs for a minute.
  std::string many_rows_sql;       ///< 100000 rows of one column, counting from 1.
  std::string big_cell_sql;        ///< One cell of 10 MB of 'x'.
  std::string division_error_sql;  ///< A statement that fails when it runs, not when it is parsed.
  std::string missing_database_url;
  std::string foreign_url;                 ///< Of another database product.
  bool errors_spoil_transactions = false;  ///< Whether a failed statement leaves the transaction failed.
  std::function<std::string(std::int64_t backend)> end_session_sql;  ///< Ends another session.
  std::shared_ptr<void> server;                                      ///< Keeps it alive.
};

struct DriverCase {
  std::string label;
  std::function<DriverUnderTest()> start;
};

inline void PrintTo(const DriverCase& printed, std::ostream* out) { *out << printed.label; }

/// Every driver with every server of it that this machine has.
[[nodiscard]] std::vector<DriverCase> driver_cases();

[[nodiscard]] inline Deadline in(std::chrono::microseconds time) { return std::chrono::steady_clock::now() + time; }
[[nodiscard]] inline Deadline soon() { return in(std::chrono::seconds(30)); }

[[nodiscard]] inline Target target_of(std::string url) {
  Target target;
  target.url = std::move(url);
  return target;
}

/// Runs `action` and returns the Error it fails with; fails the test if it does not.
[[nodiscard]] Error error_of(const std::function<void()>& action);

}  // namespace lockkeeper::testing
