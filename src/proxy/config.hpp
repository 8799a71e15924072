// The proxy's configuration: plain values. What each means, its unit and its default stand in config_table.cpp, from
// which the pages of the settings are made; the names here are those of the file.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proxy/auth/method.hpp"
#include "proxy/auth/secret.hpp"
#include "proxy/config_daemon.hpp"

namespace lockkeeper::proxy {

enum class IoBackend { automatic, io_uring, epoll };
enum class PoolMode { session, transaction };
enum class ClientTlsMode { disable, allow, require };
enum class ServerTlsMode { disable, prefer, require, verify_ca, verify_full };

/// All durations. 0: off.
using ConfigDuration = std::chrono::milliseconds;

/// [proxy.tls]: between clients and us.
struct ClientTlsConfig {
  ClientTlsMode mode = ClientTlsMode::disable;
  std::string certificate;
  std::string key;
};

/// [proxy.server_tls]: between us and the servers.
struct ServerTlsConfig {
  ServerTlsMode mode = ServerTlsMode::prefer;
  std::string authorities;
};

/// [proxy].
struct ProxyConfig {
  std::vector<std::string> listen{"127.0.0.1:6432"};
  std::string unix_socket_folder;
  std::uint32_t workers = 1;
  IoBackend io = IoBackend::automatic;
  std::uint64_t relay_buffer = 16 * 1024;

  PoolMode pool_mode = PoolMode::session;
  std::uint32_t pool_size = 20;
  std::uint32_t min_pool_size = 0;
  std::uint32_t max_clients = 1000;
  std::uint32_t max_database_connections = 0;
  std::uint32_t max_user_connections = 0;
  std::uint32_t max_prepared_statements = 200;

  ConfigDuration server_lifetime = std::chrono::hours(1);
  ConfigDuration server_idle_timeout = std::chrono::minutes(10);
  ConfigDuration server_check_after = std::chrono::seconds(30);
  ConfigDuration connect_timeout = std::chrono::seconds(15);
  ConfigDuration server_login_retry = std::chrono::seconds(15);
  ConfigDuration login_timeout = std::chrono::seconds(60);
  ConfigDuration queue_timeout = std::chrono::seconds(120);
  ConfigDuration query_timeout{0};
  ConfigDuration idle_transaction_timeout{0};
  ConfigDuration transaction_timeout{0};
  ConfigDuration client_idle_timeout{0};
  ConfigDuration drain_timeout = std::chrono::seconds(60);
  ConfigDuration cancel_timeout = std::chrono::seconds(10);

  AuthMethod auth = AuthMethod::automatic;
  bool allow_trust_from_anywhere = false;
  std::string users_file;
  std::vector<std::string> admin_users;
  std::vector<std::string> stats_users;

  bool record = true;
  bool record_parameters = true;
  bool keep_literals = false;

  ClientTlsConfig tls;
  ServerTlsConfig server_tls;
};

/// [databases.NAME]. What is not set is [proxy]'s.
struct DatabaseConfig {
  std::string host = "127.0.0.1";  ///< Or the folder of a Unix socket: begins with "/".
  std::uint32_t port = 5432;
  std::string database;  ///< Empty: as the client says.
  std::string user;      ///< Who we are on the server. Empty: who the client is.
  Secret password;       ///< Of `user`.
  std::string password_file;

  std::optional<PoolMode> pool_mode;
  std::optional<std::uint32_t> pool_size;
  std::optional<std::uint32_t> min_pool_size;
  std::optional<std::uint32_t> max_connections;  ///< max_database_connections.
  std::optional<ConfigDuration> server_lifetime;
  std::optional<ConfigDuration> server_idle_timeout;
  std::optional<ConfigDuration> connect_timeout;
  std::optional<ConfigDuration> queue_timeout;
  std::optional<ConfigDuration> query_timeout;
  std::optional<ConfigDuration> idle_transaction_timeout;
  std::optional<ConfigDuration> transaction_timeout;
  std::optional<ConfigDuration> client_idle_timeout;
  std::optional<bool> keep_literals;
};

/// [mysql.NAME]: a MySQL or MariaDB server, with addresses of its own for its clients, because it greets them before
/// they say what they want. What is not set is [proxy]'s. Session mode alone; who a client is, the server asks.
struct MysqlServerConfig {
  std::vector<std::string> listen;  ///< Never empty. Taken over at a restart, as the server's being there itself.
  std::string host = "127.0.0.1";   ///< Never the folder of a Unix socket.
  std::uint32_t port = 3306;

  std::optional<PoolMode> pool_mode;
  std::optional<std::uint32_t> pool_size;  ///< Over all users and databases.
  std::optional<std::uint32_t> max_user_connections;
  std::optional<ConfigDuration> connect_timeout;
  std::optional<ConfigDuration> queue_timeout;
  std::optional<ConfigDuration> query_timeout;
  std::optional<ConfigDuration> idle_transaction_timeout;
  std::optional<ConfigDuration> transaction_timeout;
  std::optional<ConfigDuration> client_idle_timeout;
  std::optional<bool> keep_literals;
};

/// [users.NAME]. What is not set is the database's, or the MySQL server's, which has no other pool_mode and pool_size.
struct UserConfig {
  std::optional<PoolMode> pool_mode;
  std::optional<std::uint32_t> pool_size;
  std::optional<std::uint32_t> max_connections;  ///< max_user_connections.
  std::optional<ConfigDuration> queue_timeout;
  std::optional<ConfigDuration> query_timeout;
  std::optional<ConfigDuration> idle_transaction_timeout;
  std::optional<ConfigDuration> transaction_timeout;
  std::optional<ConfigDuration> client_idle_timeout;
};

/// The user of `lockkeeper run URL`: the one who may log in where there is no user file, and the console's.
struct OwnUser {
  std::string name;
  std::optional<Secret> password;
  std::string database;
};

struct Config {
  ProxyConfig proxy;
  std::map<std::string, DatabaseConfig, std::less<>> databases;  ///< "*": those that are not named.
  std::map<std::string, MysqlServerConfig, std::less<>> mysql;
  std::map<std::string, UserConfig, std::less<>> users;
  std::map<std::string, WatchedServerConfig, std::less<>> servers;
  HttpConfig http;
  HistoryConfig history;
  std::map<std::string, PolicyConfig, std::less<>> policies;
  std::map<std::string, AlertConfig, std::less<>> alerts;
  std::map<std::string, LogConfig, std::less<>> logs;
  std::optional<OwnUser> own_user;  ///< Of a URL; no file sets it.
};

/// The name of a mysql:// URL's server in Config::mysql.
inline constexpr std::string_view url_server = "mysql";

/// What the daemon calls the server of its URL, and what the recorder alone knows of where there is none.
inline constexpr std::string_view main_server = "main";
inline constexpr std::string_view recorder_server = "recorder";
inline constexpr std::size_t longest_server_name = 64;  ///< Bytes: it is a label, and part of paths.

/// The database name of the admin console, which no database may have.
inline constexpr std::string_view console_database = "pgbouncer";

}  // namespace lockkeeper::proxy
