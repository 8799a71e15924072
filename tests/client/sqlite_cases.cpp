#include <lockkeeper/sqlite.hpp>

#include "client/driver_under_test.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

// Rows 1, 2, 3 ... to the last.
std::string numbers_to(const std::string& last) {
  return "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < " + last + ") ";
}

DriverUnderTest start_sqlite() {
  const auto folder = std::make_shared<TemporaryFolder>();
  const std::string long_enough = "1000000000000";
  DriverUnderTest tested;
  tested.driver = make_sqlite_driver();
  tested.url = "sqlite://" + folder->path().string() + "/contract.db";
  tested.product = "SQLite";
  tested.engine = Engine::sqlite;
  tested.embedded = true;
  tested.missing_database_url = "sqlite://" + folder->path().string() + "/no_such_database?mode=rw";
  tested.foreign_url = "postgresql://root:secret@127.0.0.1/test";
  tested.placeholder = [](int index) { return "?" + std::to_string(index); };
  tested.sleep_sql = numbers_to(long_enough) + "SELECT count(*) FROM numbers";
  tested.many_rows_sql = numbers_to("100000") + "SELECT n FROM numbers";
  tested.endless_rows_sql = numbers_to(long_enough) + "SELECT n FROM numbers";
  tested.rows_then_sleep_sql = numbers_to(long_enough) + "SELECT n FROM numbers WHERE n <= 20000 OR n = " + long_enough;
  tested.rows_then_error_sql =
      numbers_to("30000") +
      "SELECT CASE WHEN n < 20000 THEN n ELSE abs(-9223372036854775807 - n / 20000) END FROM numbers";
  tested.big_cell_sql = "SELECT replace(hex(zeroblob(5000000)), '0', 'x')";
  tested.runtime_error_sql = "SELECT abs(-9223372036854775807 - 1)";
  tested.bytes_type = "blob";
  tested.time_type = "text";
  tested.begins_what_is_asked = false;
  tested.detects_deadlocks = false;
  tested.has_nowait = false;
  tested.reset_drops_temporary_tables = false;
  tested.server = folder;
  return tested;
}

}  // namespace

std::vector<DriverCase> sqlite_cases() { return {{"sqlite", start_sqlite}}; }

}  // namespace lockkeeper::testing
