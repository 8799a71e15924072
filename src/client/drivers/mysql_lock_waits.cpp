#include "client/drivers/mysql_lock_waits.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <mutex>
#include <string_view>

namespace lockkeeper::client::mysql {
namespace {

// A transaction without a session (thread 0) is a prepared XA transaction whose session has gone.
constexpr std::string_view of_mariadb =
    "SELECT DISTINCT waiter.trx_mysql_thread_id, blocker.trx_mysql_thread_id "
    "FROM information_schema.innodb_lock_waits AS wait "
    "JOIN information_schema.innodb_trx AS waiter ON waiter.trx_id = wait.requesting_trx_id "
    "JOIN information_schema.innodb_trx AS blocker ON blocker.trx_id = wait.blocking_trx_id "
    "WHERE blocker.trx_mysql_thread_id <> 0 AND waiter.trx_mysql_thread_id IN (";

// The ids of threads are not those of connections.
constexpr std::string_view of_mysql =
    "SELECT DISTINCT waiter.processlist_id, blocker.processlist_id "
    "FROM performance_schema.data_lock_waits AS wait "
    "JOIN performance_schema.threads AS waiter ON waiter.thread_id = wait.requesting_thread_id "
    "JOIN performance_schema.threads AS blocker ON blocker.thread_id = wait.blocking_thread_id "
    "WHERE blocker.processlist_id IS NOT NULL AND waiter.processlist_id IN (";

// InnoDB's own tenth of a second, and a little more for the difference of two clocks.
constexpr std::chrono::milliseconds time_between_looks{110};

struct LastLooks {
  std::mutex mutex;
  std::map<std::string, Deadline> of_server;
};

LastLooks& last_looks() {
  static LastLooks looks;
  return looks;
}

std::int64_t id_of(std::string_view text) {
  std::int64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  return id;
}

}  // namespace

std::string lock_waits_sql(Engine engine, std::span<const std::int64_t> waiters) {
  std::string sql(engine == Engine::mariadb ? of_mariadb : of_mysql);
  for (const std::int64_t waiter : waiters) sql += std::to_string(waiter) + ", ";
  sql.replace(sql.size() - 2, 2, ")");
  return sql;
}

std::vector<LockWait> read_lock_waits(const Rows& rows) {
  std::vector<LockWait> waits;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    waits.push_back({id_of(rows.cell(row, 0).value_or("")), id_of(rows.cell(row, 1).value_or(""))});
  }
  return waits;
}

Deadline reserve_look(const std::string& server) {
  LastLooks& looks = last_looks();
  const std::lock_guard lock(looks.mutex);
  Deadline& last = looks.of_server[server];
  return last = std::max(std::chrono::steady_clock::now(), last + time_between_looks);
}

void note_look(const std::string& server) {
  LastLooks& looks = last_looks();
  const std::lock_guard lock(looks.mutex);
  Deadline& last = looks.of_server[server];
  last = std::max(std::chrono::steady_clock::now(), last);
}

// Unknown tables have SQLSTATE 42S02.
bool is_hidden_view(const Error& error) {
  return error.blast == Blast::statement && (error.code == ErrorCode::permission || error.sqlstate == "42S02");
}

}  // namespace lockkeeper::client::mysql
