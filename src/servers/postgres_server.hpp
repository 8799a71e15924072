// A private PostgreSQL server, for tests and whoever wants to try something: on a free loopback port, in a temp folder,
// gone with its owner.
//
//   auto server = PostgresServer::start({.version = find_postgres(18), .settings = {{"deadlock_timeout", "100ms"}}});
//   Session session(server.url());
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "servers/postgres_version.hpp"

namespace lockkeeper::servers {

struct StartOptions {
  PostgresVersion version = find_postgres(0);
  /// Over the harness's own (max_connections=100, max_prepared_transactions=10, fsync=off).
  std::map<std::string, std::string> settings = {};
  std::string auth_method = "trust";        ///< Of the lines that let everybody in: "trust", "scram-sha-256", "md5".
  std::string superuser_password = {};      ///< Of the role `postgres`; needed where auth_method asks for one.
  std::vector<std::string> hba_lines = {};  ///< pg_hba.conf lines put before those of auth_method.
  std::chrono::milliseconds start_timeout{30'000};
};

enum class StopMode {
  smart,      ///< Waits until every client has gone.
  fast,       ///< Ends the clients' sessions, then shuts down.
  immediate,  ///< Ends at once; the next start recovers.
};

/// Owns one running server. Move-only; used from one thread at a time. Everything here is loopback and
/// the system's temp folder. The superuser is `postgres`; under root the server runs as `nobody`.
/// A server dies with the process that started it, SIGKILL included, and with no other process.
class PostgresServer {
 public:
  /// Returns when the server takes connections. Throws std::runtime_error with the end of the log.
  static PostgresServer start(StartOptions options = {});

  /// A streaming hot standby of `primary`. The primary is stopped and started again meanwhile (its files
  /// are copied cold, which works for every version), so that sessions opened before are lost.
  static PostgresServer start_standby(PostgresServer& primary);

  PostgresServer(PostgresServer&&) noexcept;
  PostgresServer& operator=(PostgresServer&&) noexcept;
  ~PostgresServer();

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] const PostgresVersion& version() const noexcept;
  [[nodiscard]] std::filesystem::path data_dir() const;
  [[nodiscard]] std::filesystem::path socket_dir() const;
  [[nodiscard]] pid_t pid() const;  ///< The postmaster's.
  [[nodiscard]] bool is_running();

  /// A URL for TCP on loopback. Parts are percent-encoded.
  [[nodiscard]] std::string url(std::string_view database = "postgres", std::string_view user = "postgres",
                                std::string_view password = "") const;

  [[nodiscard]] std::string log() const;

  void stop(StopMode mode = StopMode::fast);
  /// Starts a stopped or killed server again, on the same port and data.
  void start_again();
  void restart() {
    stop();
    start_again();
  }

  /// A server that hangs: SIGSTOP to its every process, SIGCONT to go on. The kernel still accepts connections.
  void pause();
  void resume();

  /// SIGKILL to every process at once, as in a power cut.
  void kill_hard();

 private:
  struct Body;
  explicit PostgresServer(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace lockkeeper::servers
