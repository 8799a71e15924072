#include "collect/mysql/looking.hpp"

#include <lockkeeper/mysql.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

namespace lockkeeper::collect::mysql::testing {
namespace {

// Of MariaDB nothing is collected unless it is asked for.
const std::map<std::string, std::string> everything_collected{
    {"performance-schema", "ON"},
    {"performance-schema-consumer-events-statements-current", "ON"},
    {"performance-schema-consumer-events-statements-history", "ON"},
    {"performance-schema-consumer-events-transactions-current", "ON"},
    {"performance-schema-instrument", "%=ON"},
    {"innodb-lock-wait-timeout", "50"},
};

}  // namespace

Looker::Looker(const std::string& url) : driver_(make_mysql_driver()), collector_(*driver_, url) {}

model::Snapshot Looker::look() {
  auto snapshot = collector_.look(soon());
  if (!snapshot) throw std::runtime_error("the look failed: " + snapshot.error().message);
  return std::move(*snapshot);
}

model::Snapshot Looker::look_until(const std::function<bool(const model::Snapshot&)>& wanted, std::string_view what) {
  model::Snapshot snapshot;
  lockkeeper::testing::wait_until(
      [&] {
        snapshot = look();
        return wanted(snapshot);
      },
      lockkeeper::testing::default_patience, what);
  return snapshot;
}

const model::Session& session_of(const model::Snapshot& snapshot, std::uint64_t id) {
  const auto found = std::ranges::find_if(
      snapshot.sessions, [&](const model::Session& session) { return std::cmp_equal(session.id.pid, id); });
  if (found == snapshot.sessions.end()) throw std::runtime_error("no session " + std::to_string(id));
  return *found;
}

bool has_session(const model::Snapshot& snapshot, std::uint64_t id) {
  return std::ranges::any_of(snapshot.sessions,
                             [&](const model::Session& session) { return std::cmp_equal(session.id.pid, id); });
}

const model::Wait* wait_of(const model::Snapshot& snapshot, std::uint64_t id) {
  const auto found = std::ranges::find_if(snapshot.waits,
                                          [&](const model::Wait& wait) { return std::cmp_equal(wait.waiter.pid, id); });
  return found == snapshot.waits.end() ? nullptr : &*found;
}

Waiter::Waiter(const MysqlServer& server, const std::string& sql)
    : session_(std::make_shared<MysqlSession>(server)),
      result_(std::async(std::launch::async, [session = session_, sql] { return session->try_exec(sql); })) {}

void OnMysql::SetUp() {
  if (const std::string reason = GetParam().reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
  observer_ = std::make_unique<MysqlSession>(server());
  observer_->exec("CREATE DATABASE IF NOT EXISTS shop");
  observer_->exec("DROP TABLE IF EXISTS shop.post");
  observer_->exec("CREATE TABLE shop.post (id integer PRIMARY KEY, n integer NOT NULL) ENGINE=InnoDB");
  observer_->exec("INSERT INTO shop.post VALUES (1,0),(2,0),(3,0),(4,0),(5,0),(6,0),(7,0),(8,0),(9,0),(10,0)");
}

MysqlServer& OnMysql::server() const {
  static std::map<std::string, std::unique_ptr<MysqlServer>> servers;
  auto& server = servers[GetParam().label];
  if (!server || !server->is_running())
    server = std::make_unique<MysqlServer>(MysqlServer::start(GetParam(), {.settings = everything_collected}));
  return *server;
}

}  // namespace lockkeeper::collect::mysql::testing
