#include <gtest/gtest.h>

#include "client/driver_under_test.hpp"
#include "client/drivers/postgres.hpp"
#include "support/postgres_server.hpp"

namespace lockkeeper::testing {
namespace {

DriverUnderTest start_postgres(const PostgresVersion& version) {
  auto server = std::make_shared<PostgresServer>(PostgresServer::start({.version = version}));
  DriverUnderTest tested;
  tested.driver = client::make_postgres_driver();
  tested.url = server->url();
  tested.product = "PostgreSQL";
  tested.placeholder = "$1";
  tested.sleep_sql = "SELECT pg_sleep(60)";
  tested.many_rows_sql = "SELECT generate_series(1, 100000)";
  tested.big_cell_sql = "SELECT repeat('x', 10000000)";
  tested.division_error_sql = "SELECT 1 / (SELECT 0)";
  tested.missing_database_url = server->url("no_such_database");
  tested.foreign_url = "mysql://root:secret@127.0.0.1/test";
  tested.errors_spoil_transactions = true;
  tested.end_session_sql = [](std::int64_t backend) {
    return "SELECT pg_terminate_backend(" + std::to_string(backend) + ")";
  };
  tested.server = server;
  return tested;
}

}  // namespace

std::vector<DriverCase> driver_cases() {
  std::vector<DriverCase> cases;
  for (const PostgresVersion& version : installed_postgres()) {
    cases.push_back({version.label, [version] { return start_postgres(version); }});
  }
  return cases;
}

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Failure& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "nothing failed";
  return {};
}

}  // namespace lockkeeper::testing
