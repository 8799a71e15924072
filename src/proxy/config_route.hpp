// What holds for one client: [users.NAME] over [databases.NAME] or [mysql.NAME] over [proxy].
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/config.hpp"

namespace lockkeeper::proxy {

struct RouteSettings {
  std::string section;  ///< Of [databases]: the database's name, or "*". Of [mysql]: the server's name.
  std::string host;     ///< Begins with "/": the folder of a Unix socket; never of a MySQL server.
  std::uint16_t port = 5432;
  std::string database;  ///< On the server. Empty for a MySQL server, which hears of it from the client.
  std::string user;      ///< On the server. Empty likewise.
  /// Of `user`, where the configuration says both. Else the login is by what the client's login left.
  std::optional<Secret> password;

  PoolMode pool_mode = PoolMode::session;
  AuthMethod auth = AuthMethod::pass_through;  ///< Never automatic.
  std::uint32_t pool_size = 0;
  std::uint32_t min_pool_size = 0;
  std::uint32_t max_database_connections = 0;  ///< 0: no limit.
  std::uint32_t max_user_connections = 0;      ///< 0: no limit.
  ConfigDuration server_lifetime{0};
  ConfigDuration server_idle_timeout{0};
  ConfigDuration connect_timeout{0};
  ConfigDuration queue_timeout{0};
  ConfigDuration query_timeout{0};
  ConfigDuration idle_transaction_timeout{0};
  ConfigDuration transaction_timeout{0};
  ConfigDuration client_idle_timeout{0};
  bool keep_literals = false;
};

/// nullopt: there is no such database, nor "*". The console's database is no route.
[[nodiscard]] std::optional<RouteSettings> route_settings(const Config& config, std::string_view database,
                                                          std::string_view user);

/// For clients of [mysql.SERVER]: session mode, authentication passed through. `user`: empty before the client has said
/// it. pool_size counts over all users, and is max_clients unless it is set; there are no max_database_connections and
/// no min_pool_size. nullopt: there is no such server.
[[nodiscard]] std::optional<RouteSettings> mysql_route_settings(const Config& config, std::string_view server,
                                                                std::string_view user);

/// What `automatic` means: the server asks in session mode, where we log in as whoever the client is.
[[nodiscard]] AuthMethod resolve_auth(AuthMethod configured, PoolMode mode, const DatabaseConfig& database) noexcept;

}  // namespace lockkeeper::proxy
