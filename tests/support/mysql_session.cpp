#include "support/mysql_session.hpp"

#include <mysql.h>

#include <memory>
#include <stdexcept>

#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

MYSQL* connection(const std::shared_ptr<void>& handle) { return static_cast<MYSQL*>(handle.get()); }

std::runtime_error failure(MYSQL* mysql) {
  return std::runtime_error(std::to_string(mysql_errno(mysql)) + " " + mysql_error(mysql));
}

std::vector<std::vector<std::string>> rows_of(MYSQL* mysql) {
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(mysql), &mysql_free_result);
  std::vector<std::vector<std::string>> rows;
  if (!result && mysql_errno(mysql) != 0) throw failure(mysql);  // an error among the rows
  if (!result) return rows;
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(result.get());
    std::vector<std::string>& cells = rows.emplace_back();
    for (unsigned int column = 0; column < mysql_num_fields(result.get()); ++column) {
      cells.push_back(row[column] == nullptr ? "NULL" : std::string(row[column], lengths[column]));
    }
  }
  return rows;
}

std::string process_of(std::uint64_t id) {
  return " FROM information_schema.processlist WHERE id = " + std::to_string(id);
}

}  // namespace

MysqlSession::MysqlSession(const MysqlServer& server, const std::string& password)
    : MysqlSession(MysqlLogin{.port = server.port(), .password = password}) {}

MysqlSession::MysqlSession(const MysqlLogin& login)
    : handle_(mysql_init(nullptr), [](void* mysql) { mysql_close(static_cast<MYSQL*>(mysql)); }) {
  MYSQL* mysql = connection(handle_);
  my_bool enforce = login.tls ? 1 : 0;
  if (login.tls) mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
  if (!login.program_name.empty())
    mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", login.program_name.c_str());
  if (mysql_real_connect(mysql, "127.0.0.1", login.user.c_str(), login.password.c_str(), login.database.c_str(),
                         login.port, nullptr, 0) == nullptr) {
    throw failure(mysql);
  }
  id_ = mysql_thread_id(mysql);
}

std::vector<std::vector<std::string>> MysqlSession::exec(const std::string& sql) {
  if (try_exec(sql) != 0) throw failure(connection(handle_));
  return rows_of(connection(handle_));
}

std::string MysqlSession::value(const std::string& sql) { return exec(sql).at(0).at(0); }

unsigned int MysqlSession::try_exec(const std::string& sql) {
  MYSQL* mysql = connection(handle_);
  return mysql_real_query(mysql, sql.data(), sql.size()) == 0 ? 0 : mysql_errno(mysql);
}

unsigned int MysqlSession::change_user(const std::string& user, const std::string& password) {
  MYSQL* mysql = connection(handle_);
  return mysql_change_user(mysql, user.c_str(), password.c_str(), "test") == 0 ? 0 : mysql_errno(mysql);
}

void wait_until_state(MysqlSession& observer, std::uint64_t id, const std::string& state) {
  const auto is_in_state = [&] {
    return observer.value("SELECT count(*)" + process_of(id) + " AND state LIKE '%" + state + "%'") == "1";
  };
  wait_until(is_in_state, default_patience, "the session to be in state " + state);
}

void wait_until_idle(MysqlSession& observer, std::uint64_t id) {
  const auto is_idle = [&] {
    return observer.value("SELECT count(*)" + process_of(id) + " AND command = 'Sleep'") == "1";
  };
  wait_until(is_idle, default_patience, "the session to be idle");
}

void wait_until_one_waits(MysqlSession& observer) {
  const auto waits = [&] {
    return observer.exec("SHOW GLOBAL STATUS LIKE 'innodb_row_lock_current_waits'").at(0).at(1);
  };
  wait_until([&] { return waits() == "1"; }, default_patience, "one session to wait for a row");
}

void wait_until_gone(MysqlSession& observer, std::uint64_t id) {
  const auto is_gone = [&] { return observer.value("SELECT count(*)" + process_of(id)) == "0"; };
  wait_until(is_gone, default_patience, "the session to end");
}

}  // namespace lockkeeper::testing
