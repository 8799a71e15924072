#include <lockkeeper/postgres.hpp>

#include "client/driver_under_test.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

DriverUnderTest start_postgres(const PostgresVersion& version) {
  auto server = std::make_shared<PostgresServer>(
      PostgresServer::start({.version = version, .settings = {{"deadlock_timeout", "100ms"}}}));
  DriverUnderTest tested;
  tested.driver = make_postgres_driver();
  tested.url = server->url();
  tested.product = "PostgreSQL";
  tested.engine = Engine::postgres;
  tested.missing_database_url = server->url("no_such_database");
  tested.foreign_url = "mysql://root:secret@127.0.0.1/test";
  tested.placeholder = [](int index) { return "$" + std::to_string(index); };
  tested.sleep_sql = "SELECT pg_sleep(60)";
  tested.many_rows_sql = "SELECT generate_series(1, 100000)";
  tested.endless_rows_sql = "SELECT lpad(generate_series(1, 1000000000)::text, 500, '0')";
  tested.rows_then_sleep_sql =
      "SELECT CASE WHEN n > 20000 THEN pg_sleep(60)::text ELSE n::text END FROM generate_series(1, 20001) AS n";
  tested.rows_then_error_sql = "SELECT 1 / (20000 - n) FROM generate_series(1, 30000) AS n";
  tested.big_cell_sql = "SELECT repeat('x', 10000000)";
  tested.runtime_error_sql = "SELECT 1 / (SELECT 0)";
  tested.end_session_sql = [](std::int64_t backend) {
    return "SELECT pg_terminate_backend(" + std::to_string(backend) + ")";
  };
  tested.bytes_type = "bytea";
  tested.time_type = "timestamp";
  tested.true_text = "t";
  tested.false_text = "f";
  tested.errors_spoil_transactions = true;
  tested.snapshots_conflict = true;
  tested.server = server;
  return tested;
}

}  // namespace

std::vector<DriverCase> postgres_cases() {
  std::vector<DriverCase> cases;
  for (const PostgresVersion& version : tested_postgres()) {
    cases.push_back({version.label, [version] { return start_postgres(version); }});
  }
  return cases;
}

}  // namespace lockkeeper::testing
