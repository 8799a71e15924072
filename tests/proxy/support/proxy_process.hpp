// The program under test between clients and a server: `lockkeeper run` as a child, with what the tests of the proxy
// ask it for.
//
// LOCKKEEPER_PROXY_PEER=pgbouncer puts Debian's PgBouncer there instead: the tests then fail where it is known to be
// wrong (a proof of the tests, not of PgBouncer), and cases that ask for more than it has are skipped.
// LOCKKEEPER_PROXY_PEER=none leaves it out: comparisons with a direct connection must then find no difference at all.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/support/raw_client.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {

/// One of the combinations that a test runs on.
struct Setup {
  std::string mode = "transaction";  ///< Or "session".
  std::string io = "io_uring";       ///< Or "epoll".
  int postgres = 15;

  [[nodiscard]] bool transaction() const { return mode == "transaction"; }
};
void PrintTo(const Setup& setup, std::ostream* out);
/// For the names of tests: "transaction_epoll_postgres15".
[[nodiscard]] std::string name_of(const Setup& setup);
/// Few of the eight, in which each mode meets each backend and each server.
[[nodiscard]] std::vector<Setup> usual_setups();

/// The password of the role `postgres` on the servers of these tests.
inline constexpr std::string_view server_password = "proof of the proxy";

/// A server that asks for SCRAM-SHA-256, as a server should.
[[nodiscard]] PostgresServer start_server(const Setup& setup, std::map<std::string, std::string> settings = {});

/// How to come in at `port`, as `postgres`.
[[nodiscard]] Login login_at(std::uint16_t port);

struct ProxyOptions {
  Setup setup = {};
  std::uint16_t server_port = 0;  ///< Where the proxy finds its server: the server itself, or a gate before it.
  int workers = 0;                ///< 0: as many as it likes.
  int pool_size = 0;              ///< Server connections of one database and user; 0: as many as it likes.
  bool look = false;              ///< At the server: a session of its own there, which tests that count do not want.
  std::vector<std::string> arguments = {};  ///< More of them.
  /// Lines of [proxy] in the configuration file. A server that is back is tried again soon: tests break it on purpose.
  std::string configuration = "server_login_retry = \"100ms\"\n";
};

/// Whether PgBouncer stands in.
[[nodiscard]] bool peer_stands_in();

/// A running proxy, gone with its owner. Used from one thread at a time.
class ProxyProcess {
 public:
  /// Returns when it listens; throws with the end of its log.
  explicit ProxyProcess(const ProxyOptions& options);
  ~ProxyProcess();
  ProxyProcess(const ProxyProcess&) = delete;
  ProxyProcess& operator=(const ProxyProcess&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] pid_t pid() const { return process_ ? process_->pid() : -1; }
  [[nodiscard]] Login login() const { return login_at(port_); }
  /// For libpq.
  [[nodiscard]] std::string url(std::string_view database = "postgres") const;
  /// What it has written so far, both streams.
  [[nodiscard]] std::string log() const;
  [[nodiscard]] bool running() { return process_ && !process_->has_ended(); }

  /// SIGTERM, and no waiting.
  void begin_stop() { process_->signal(SIGTERM); }
  /// SIGTERM; throws where it does not end in time.
  void stop(std::chrono::milliseconds patience = default_patience);

  /// Sums over the rows of SHOW POOLS for the database `postgres`.
  struct Pools {
    int clients_active = 0, clients_waiting = 0;
    int servers_active = 0, servers_idle = 0, servers_other = 0;

    [[nodiscard]] int servers() const { return servers_active + servers_idle + servers_other; }
  };
  [[nodiscard]] Pools pools() const;

 private:
  void wait_until_listening();

  TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<SupervisedProcess> process_;
};

/// A port of loopback that was free a moment ago.
[[nodiscard]] std::uint16_t free_loopback_port();

}  // namespace lockkeeper::testing
