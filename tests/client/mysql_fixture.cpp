#include "client/mysql_fixture.hpp"

#include <lockkeeper/mysql.hpp>

#include <future>
#include <map>

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

MysqlServer& MysqlTest::server() {
  static std::map<std::string, std::unique_ptr<MysqlServer>> servers;
  std::unique_ptr<MysqlServer>& server = servers[GetParam().label];
  if (!server || !server->is_running()) {
    server.reset();
    server = std::make_unique<MysqlServer>(
        start({.settings = {{"max-allowed-packet", "16M"}, {"performance-schema", "ON"}}}));
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
  create_anew(connection, "TABLE", name, "(id integer PRIMARY KEY, word varchar(20)) ENGINE=InnoDB");
}

// MySQL has no CREATE OR REPLACE.
void MysqlTest::create_anew(Connection& connection, const std::string& what, const std::string& name,
                            const std::string& rest) {
  connection.execute("DROP " + what + " IF EXISTS " + name, soon());
  connection.execute("CREATE " + what + " " + name + " " + rest, soon());
}

Error MysqlTest::error_while_running(Connection& connection, const std::string& sql, const std::string& state,
                                     const std::function<void()>& disturb) {
  MysqlSession observer(server());
  const auto id = static_cast<std::uint64_t>(connection.server().backend_id);
  auto running = std::async(std::launch::async, [&] { return error_of([&] { connection.execute(sql, soon()); }); });
  wait_until_state(observer, id, state);
  disturb();
  return running.get();
}

}  // namespace lockkeeper::testing
