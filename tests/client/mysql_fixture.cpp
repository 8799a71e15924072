#include "client/mysql_fixture.hpp"

#include <lockkeeper/mysql.hpp>

#include <future>

namespace lockkeeper::testing {

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Failure& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "nothing failed";
  return {};
}

MariadbServer& MysqlTest::server() {
  static std::unique_ptr<MariadbServer> server;
  if (!server || !server->is_running()) {
    server.reset();
    server = std::make_unique<MariadbServer>(MariadbServer::start({.settings = {{"performance-schema", "ON"}}}));
  }
  return *server;
}

std::unique_ptr<Connection> MysqlTest::connect() { return connect(server().url()); }

std::unique_ptr<Connection> MysqlTest::connect(const Target& target, Deadline deadline) {
  return make_mysql_driver()->connect(target, deadline);
}

Error MysqlTest::refusal(const Target& target, Deadline deadline) {
  return error_of([&] { static_cast<void>(connect(target, deadline)); });
}

std::string MysqlTest::single(Connection& connection, const std::string& sql) {
  return std::string(connection.execute(sql, soon()).cell(0, 0).value_or("NULL"));
}

void MysqlTest::make_table(Connection& connection, const std::string& name) {
  connection.execute("CREATE OR REPLACE TABLE " + name + " (id integer PRIMARY KEY, word varchar(20)) ENGINE=InnoDB",
                     soon());
}

Error MysqlTest::error_while_running(Connection& connection, const std::string& sql, const std::string& state,
                                     const std::function<void()>& disturb) {
  MariadbSession observer(server());
  const auto id = static_cast<std::uint64_t>(connection.server().backend_id);
  auto running = std::async(std::launch::async, [&] { return error_of([&] { connection.execute(sql, soon()); }); });
  wait_until_state(observer, id, state);
  disturb();
  return running.get();
}

}  // namespace lockkeeper::testing
