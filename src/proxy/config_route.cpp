#include "proxy/config_route.hpp"

#include <algorithm>

namespace lockkeeper::proxy {
namespace {

// The user's value, else the database's, else everybody's.
template <class Value>
Value first_of(const std::optional<Value>& user, const std::optional<Value>& database, const Value& proxy) {
  return user ? *user : database.value_or(proxy);
}

void set_limits(RouteSettings& route, const ProxyConfig& proxy, const DatabaseConfig& database,
                const UserConfig& user) {
  route.pool_size = first_of(user.pool_size, database.pool_size, proxy.pool_size);
  // A user's smaller pool cannot keep as many.
  route.min_pool_size = std::min(database.min_pool_size.value_or(proxy.min_pool_size), route.pool_size);
  route.max_database_connections = database.max_connections.value_or(proxy.max_database_connections);
  route.max_user_connections = user.max_connections.value_or(proxy.max_user_connections);
}

// `target`: a database or a MySQL server.
template <class Target>
void set_client_times(RouteSettings& route, const ProxyConfig& proxy, const Target& target, const UserConfig& user) {
  route.connect_timeout = target.connect_timeout.value_or(proxy.connect_timeout);
  route.queue_timeout = first_of(user.queue_timeout, target.queue_timeout, proxy.queue_timeout);
  route.query_timeout = first_of(user.query_timeout, target.query_timeout, proxy.query_timeout);
  route.idle_transaction_timeout =
      first_of(user.idle_transaction_timeout, target.idle_transaction_timeout, proxy.idle_transaction_timeout);
  route.transaction_timeout = first_of(user.transaction_timeout, target.transaction_timeout, proxy.transaction_timeout);
  route.client_idle_timeout = first_of(user.client_idle_timeout, target.client_idle_timeout, proxy.client_idle_timeout);
}

const UserConfig& section_of_user(const Config& config, std::string_view user) {
  static const UserConfig unnamed;
  const auto place = config.users.find(user);
  return place == config.users.end() ? unnamed : place->second;
}

}  // namespace

AuthMethod resolve_auth(AuthMethod configured, PoolMode mode, const DatabaseConfig& database) noexcept {
  if (configured != AuthMethod::automatic) return configured;
  return mode == PoolMode::session && database.user.empty() ? AuthMethod::pass_through : AuthMethod::scram_sha_256;
}

std::optional<RouteSettings> route_settings(const Config& config, std::string_view database, std::string_view user) {
  if (database == console_database) return std::nullopt;
  auto place = config.databases.find(database);
  if (place == config.databases.end()) place = config.databases.find("*");
  if (place == config.databases.end()) return std::nullopt;
  const auto& [section, target] = *place;
  const UserConfig& user_config = section_of_user(config, user);

  RouteSettings route;
  route.section = section;
  route.host = target.host;
  route.port = static_cast<std::uint16_t>(target.port);
  route.database = target.database.empty() ? std::string(database) : target.database;
  route.user = target.user.empty() ? std::string(user) : target.user;
  if (!target.user.empty() && !target.password.empty()) route.password = target.password;
  route.pool_mode = first_of(user_config.pool_mode, target.pool_mode, config.proxy.pool_mode);
  route.auth = resolve_auth(config.proxy.auth, route.pool_mode, target);
  route.keep_literals = target.keep_literals.value_or(config.proxy.keep_literals);
  set_limits(route, config.proxy, target, user_config);
  set_client_times(route, config.proxy, target, user_config);
  route.server_lifetime = target.server_lifetime.value_or(config.proxy.server_lifetime);
  route.server_idle_timeout = target.server_idle_timeout.value_or(config.proxy.server_idle_timeout);
  return route;
}

std::optional<RouteSettings> mysql_route_settings(const Config& config, std::string_view server,
                                                  std::string_view user) {
  const auto place = config.mysql.find(server);
  if (place == config.mysql.end()) return std::nullopt;
  const auto& [section, target] = *place;
  const UserConfig& user_config = section_of_user(config, user);

  RouteSettings route;
  route.section = section;
  route.host = target.host;
  route.port = static_cast<std::uint16_t>(target.port);
  // A user's own pool_mode and pool_size are about pools of one database and user, which there are none of here.
  route.pool_mode = PoolMode::session;
  route.auth = AuthMethod::pass_through;
  route.pool_size = target.pool_size.value_or(config.proxy.max_clients);
  route.max_user_connections =
      first_of(user_config.max_connections, target.max_user_connections, config.proxy.max_user_connections);
  route.server_lifetime = config.proxy.server_lifetime;
  route.server_idle_timeout = config.proxy.server_idle_timeout;
  route.keep_literals = target.keep_literals.value_or(config.proxy.keep_literals);
  set_client_times(route, config.proxy, target, user_config);
  return route;
}

}  // namespace lockkeeper::proxy
