#include <lockkeeper/mysql.hpp>

#include "client/driver_under_test.hpp"
#include "support/mariadb_server.hpp"

namespace lockkeeper::testing {
namespace {

DriverUnderTest start_mariadb(const MariadbInstallation& installation) {
  auto server = std::make_shared<MariadbServer>(MariadbServer::start({.installation = installation}));
  DriverUnderTest tested;
  tested.driver = make_mysql_driver();
  tested.url = server->url();
  tested.product = "MariaDB";
  tested.engine = Engine::mariadb;
  tested.missing_database_url = server->url("no_such_database");
  tested.foreign_url = "postgresql://postgres:secret@127.0.0.1/postgres";
  tested.placeholder = [](int) { return "?"; };
  // Where SLEEP is the whole statement, MySQL calls its interruption a success.
  tested.sleep_sql = "SELECT 1 FROM DUAL WHERE SLEEP(60)";
  tested.many_rows_sql = "SELECT seq FROM seq_1_to_100000";
  tested.endless_rows_sql = "SELECT LPAD(seq, 500, '0') FROM seq_1_to_1000000000";
  tested.rows_then_sleep_sql = "SELECT IF(seq > 20000, SLEEP(60), seq) FROM seq_1_to_20001";
  tested.rows_then_error_sql =
      "SELECT IF(seq < 20000, seq, (SELECT two.seq FROM seq_1_to_2 AS two WHERE two.seq < many.seq)) "
      "FROM seq_1_to_30000 AS many";
  tested.big_cell_sql = "SELECT REPEAT('x', 10000000)";
  tested.runtime_error_sql = "SELECT (SELECT 1 UNION SELECT 2)";
  tested.end_session_sql = [](std::int64_t backend) { return "KILL " + std::to_string(backend); };
  tested.text_type = "longtext";
  tested.bytes_type = "longblob";
  tested.time_type = "datetime(6)";
  tested.server = server;
  return tested;
}

}  // namespace

std::vector<DriverCase> mysql_cases() {
  std::vector<DriverCase> cases;
  for (const MariadbInstallation& installation : installed_mariadb()) {
    cases.push_back({installation.label, [installation] { return start_mariadb(installation); }});
  }
  return cases;
}

}  // namespace lockkeeper::testing
