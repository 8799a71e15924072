// A private server of the MySQL family (MariaDB or MySQL), for tests and whoever wants to try something: on a free
// loopback port, in a temp folder, gone with its owner.
//
//   auto server = MysqlServer::start(find_mariadb(), {.settings = {{"innodb-lock-wait-timeout", "1"}}});
//   auto connection = make_mysql_driver()->connect(target_of(server.url()), soon());
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "servers/mysql_installation.hpp"

namespace lockkeeper::servers {

struct MysqlOptions {
  /// The server's command line options without their dashes, over the harness's own; an empty value means none
  /// (`--name`). Nothing is read from the machine's my.cnf.
  std::map<std::string, std::string> settings = {};
  std::string superuser_password = {};  ///< Of `root`; empty: none is asked for.
  std::chrono::milliseconds start_timeout{30'000};
};

/// Owns one running server. Move-only; used from one thread at a time. Everything here is loopback and the system's
/// temp folder. The superuser is `root`, from loopback and the socket; under root the server runs as `nobody`.
/// A server dies with the process that started it, SIGKILL included, and with no other process.
/// The first start of a process makes the first files (half a second, MySQL's three); each start then takes about 0.2
/// s, MySQL's two.
class MysqlServer {
 public:
  /// Returns when the server takes connections. Throws std::runtime_error with the end of the log, or saying why this
  /// installation is unavailable.
  static MysqlServer start(const MysqlInstallation& installation, MysqlOptions options = {});

  MysqlServer(MysqlServer&&) noexcept;
  MysqlServer& operator=(MysqlServer&&) noexcept;
  ~MysqlServer();  ///< Kills it: the files go with it.

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] const MysqlInstallation& installation() const noexcept;
  [[nodiscard]] std::filesystem::path data_dir() const;
  [[nodiscard]] std::filesystem::path socket() const;  ///< The unix socket's file.
  [[nodiscard]] pid_t pid() const;
  [[nodiscard]] bool is_running();

  /// A URL for TCP on loopback. Parts are percent-encoded.
  [[nodiscard]] std::string url(std::string_view database = "test", std::string_view user = "root",
                                std::string_view password = "") const;

  [[nodiscard]] std::string log() const;  ///< Since the last start.

  void stop();  ///< Ends the clients' sessions and shuts down; takes a second or two.
  /// Starts a stopped or killed server again, on the same port and data.
  void start_again();
  void restart() {
    stop();
    start_again();
  }

  /// A server that hangs: SIGSTOP, SIGCONT to go on. The kernel still accepts connections.
  void pause();
  void resume();

  /// SIGKILL, as in a power cut.
  void kill_hard();

 private:
  struct Body;
  explicit MysqlServer(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace lockkeeper::servers
