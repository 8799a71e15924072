// The program under test between clients and a server of the MySQL family.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/mysql_session.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {

struct MysqlProxyOptions {
  std::uint16_t server_port = 0;  ///< The server itself, or a gate before it.
  std::string io = "io_uring";    ///< Or "epoll".
  /// Lines of the configuration file, in [proxy], in [mysql.shop], and tables beside these.
  std::string proxy = {};
  std::string server = {};
  std::string more = {};
  /// By a URL, so that it looks at the server, as root: then `server` is no part of it.
  bool looks = false;
};

/// `lockkeeper run` as a child, gone with its owner. Used from one thread at a time.
class MysqlProxy {
 public:
  /// Returns when it listens; throws with the end of its log.
  explicit MysqlProxy(const MysqlProxyOptions& options);
  ~MysqlProxy();
  MysqlProxy(const MysqlProxy&) = delete;
  MysqlProxy& operator=(const MysqlProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  [[nodiscard]] MysqlLogin login() const { return {.port = port_}; }
  /// What it has written so far, both streams.
  [[nodiscard]] std::string log() const;
  [[nodiscard]] bool running() { return !process_->has_ended(); }
  /// SIGTERM, and no waiting.
  void begin_stop() { process_->signal(SIGTERM); }

  /// A row by its columns' names.
  using Row = std::map<std::string, std::string>;
  /// What the console shows: "SHOW CLIENTS".
  [[nodiscard]] std::vector<Row> show(const std::string& command) const;
  /// Whether as many server connections are in use.
  [[nodiscard]] bool uses_servers(int count) const;

 private:
  TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  std::uint16_t console_port_ = 0;
  std::unique_ptr<SupervisedProcess> process_;
};

}  // namespace lockkeeper::testing
