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

void set_times(RouteSettings& route, const ProxyConfig& proxy, const DatabaseConfig& database, const UserConfig& user) {
  route.server_lifetime = database.server_lifetime.value_or(proxy.server_lifetime);
  route.server_idle_timeout = database.server_idle_timeout.value_or(proxy.server_idle_timeout);
  route.connect_timeout = database.connect_timeout.value_or(proxy.connect_timeout);
  route.queue_timeout = first_of(user.queue_timeout, database.queue_timeout, proxy.queue_timeout);
  route.query_timeout = first_of(user.query_timeout, database.query_timeout, proxy.query_timeout);
  route.idle_transaction_timeout =
      first_of(user.idle_transaction_timeout, database.idle_transaction_timeout, proxy.idle_transaction_timeout);
  route.transaction_timeout =
      first_of(user.transaction_timeout, database.transaction_timeout, proxy.transaction_timeout);
  route.client_idle_timeout =
      first_of(user.client_idle_timeout, database.client_idle_timeout, proxy.client_idle_timeout);
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
  const auto user_place = config.users.find(user);
  static const UserConfig unnamed;
  const UserConfig& user_config = user_place == config.users.end() ? unnamed : user_place->second;

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
  set_times(route, config.proxy, target, user_config);
  return route;
}

}  // namespace lockkeeper::proxy
