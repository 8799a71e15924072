// A plain libmariadb session for tests: what an observer sees and what other clients do, independent of our driver.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/servers.hpp"

namespace lockkeeper::testing {

/// Whom to log in as, where.
struct MysqlLogin {
  std::uint16_t port = 0;
  std::string user = "root";
  std::string password = {};
  std::string database = "test";
  bool tls = false;  ///< Asked for and insisted on; the certificate is not looked at.
  std::string program_name = {};
};

/// By TCP. Blocking; used from one thread at a time. NULL is "NULL".
class MysqlSession {
 public:
  explicit MysqlSession(const MysqlServer& server, const std::string& password = "");
  /// Throws std::runtime_error with error number and words where it is refused.
  explicit MysqlSession(const MysqlLogin& login);

  /// The rows of one statement. Throws std::runtime_error with the server's words.
  std::vector<std::vector<std::string>> exec(const std::string& sql);
  /// The first cell of the first row.
  std::string value(const std::string& sql);
  /// The server's error number, 0 for success.
  unsigned int try_exec(const std::string& sql);

  /// Another login on the same connection; the server's error number, 0 for success.
  unsigned int change_user(const std::string& user, const std::string& password);

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }  ///< CONNECTION_ID()
  void close() noexcept { handle_.reset(); }

 private:
  std::shared_ptr<void> handle_;  // MYSQL*
  std::uint64_t id_ = 0;
};

/// Until the session's `state` column of the process list contains `state`. Throws at the harness's patience.
void wait_until_state(MysqlSession& observer, std::uint64_t id, const std::string& state);
/// Until the session runs no statement any more but exists.
void wait_until_idle(MysqlSession& observer, std::uint64_t id);
void wait_until_gone(MysqlSession& observer, std::uint64_t id);
/// One session waits for a row's lock. Not by innodb_trx: who asks for it more often than every 0.1 s sees what was.
void wait_until_one_waits(MysqlSession& observer);

}  // namespace lockkeeper::testing
