#include <lockkeeper/mysql.hpp>

#include "client/driver_under_test.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

DriverUnderTest start_server(const MysqlInstallation& installation) {
  const auto counted = [&](int last, const std::string& alias = "counted") {
    return counted_rows(installation, last, alias);
  };
  auto server = std::make_shared<MysqlServer>(MysqlServer::start(installation));
  DriverUnderTest tested;
  tested.driver = make_mysql_driver();
  tested.url = server->url();
  tested.product = installation.engine == Engine::mariadb ? "MariaDB" : "MySQL";
  tested.engine = installation.engine;
  tested.slow_to_cancel = installation.engine == Engine::mysql;
  tested.missing_database_url = server->url("no_such_database");
  tested.foreign_url = "postgresql://postgres:secret@127.0.0.1/postgres";
  tested.placeholder = [](int) { return "?"; };
  // Where SLEEP is the whole statement, MySQL calls its interruption a success.
  tested.sleep_sql = "SELECT 1 FROM DUAL WHERE SLEEP(60)";
  tested.many_rows_sql = "SELECT seq FROM " + counted(100'000);
  tested.endless_rows_sql = "SELECT LPAD(seq, 500, '0') FROM " + counted(1'000'000'000);
  tested.rows_then_sleep_sql = "SELECT IF(seq > 20000, SLEEP(60), seq) FROM " + counted(20'001);
  tested.rows_then_error_sql = "SELECT IF(seq < 20000, seq, (SELECT two.seq FROM " + counted(2, "two") +
                               " WHERE two.seq < many.seq)) FROM " + counted(30'000, "many");
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
  for (const MysqlInstallation& installation : mysql_installations()) {
    cases.push_back(
        {installation.label, [installation] { return start_server(installation); }, installation.reason_to_skip()});
  }
  return cases;
}

}  // namespace lockkeeper::testing
