// Databases, users, pools and what is set.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "proxy/config_route.hpp"
#include "proxy/config_settings.hpp"
#include "proxy/config_values.hpp"
#include "proxy/console/tables.hpp"

namespace lockkeeper::proxy::console {
namespace {

std::string text(std::uint64_t number) { return std::to_string(number); }

std::uint32_t open_servers(const pool::PoolCounters& counters) noexcept {
  return counters.in_use + counters.idle + counters.connecting;
}

// A server of [mysql.NAME] may be named as a database of PostgreSQL's is.
struct Named {
  std::string name;
  bool mysql = false;
  auto operator<=>(const Named&) const = default;
};

// Those of the configuration and, where "*" stands for any, those that were used.
std::set<Named> database_names(const View& view) {
  std::set<Named> names;
  for (const auto& [name, database] : view.config.databases) names.insert({name, false});
  for (const auto& [name, server] : view.config.mysql) names.insert({name, true});
  for (const PoolView& pool : view.pools) names.insert({pool.database, pool.mysql});
  return names;
}

std::optional<RouteSettings> route_of(const View& view, const Named& named) {
  return named.mysql ? mysql_route_settings(view.config, named.name, {}) : route_settings(view.config, named.name, {});
}

// Whom to log in as there, whoever the client is.
std::optional<std::string> forced_user(const View& view, const Named& named, const RouteSettings& route) {
  if (named.mysql) return std::nullopt;
  const auto place = view.config.databases.find(route.section);
  if (place == view.config.databases.end() || place->second.user.empty()) return std::nullopt;
  return place->second.user;
}

std::set<std::string> user_names(const View& view) {
  std::set<std::string> names;
  for (const auto& [name, user] : view.config.users) names.insert(name);
  for (const PoolView& pool : view.pools) {
    if (!pool.mysql) names.insert(pool.user);
  }
  for (const std::string& name : view.config.proxy.admin_users) names.insert(name);
  for (const std::string& name : view.config.proxy.stats_users) names.insert(name);
  return names;
}

Row database_row(const View& view, const Named& named) {
  const std::string& name = named.name;
  const auto route = route_of(view, named);
  std::uint64_t servers = 0;
  std::uint64_t clients = 0;
  bool paused = false;
  for (const PoolView& pool : view.pools) {
    if (pool.database != name || pool.mysql != named.mysql) continue;
    servers += open_servers(pool.counters);
    clients += pool.clients + pool.counters.waiting;
    paused = paused || pool.counters.paused;
  }
  if (!route) {  // Its section has gone with a reload; its clients have not.
    return {name, "",           "0",          "",  std::nullopt,  "0", "0",           "0",
            "0",  std::nullopt, std::nullopt, "0", text(servers), "0", text(clients), paused ? "1" : "0",
            "0"};
  }
  return {name,
          route->host,
          text(route->port),
          name == "*" ? std::string() : route->database,
          forced_user(view, named, *route),
          text(route->pool_size),
          text(route->min_pool_size),
          "0",
          text(static_cast<std::uint64_t>(route->server_lifetime.count()) / 1000),
          std::string(write_choice(route->pool_mode)),
          std::nullopt,
          text(route->max_database_connections),
          text(servers),
          "0",
          text(clients),
          paused ? "1" : "0",
          "0"};
}

}  // namespace

Rows config_rows(const View& view) {
  Rows rows;
  for (const ShownSetting& each : shown_settings(view.config))
    rows.push_back({each.name, each.value, each.default_value, each.changeable ? "yes" : "no"});
  // Exporters look for these.
  const ProxyConfig defaults;
  const ProxyConfig& proxy = view.config.proxy;
  struct Alias {
    std::string_view name;
    std::uint32_t value;
    std::uint32_t usual;
  };
  for (const Alias& each :
       {Alias{"max_client_conn", proxy.max_clients, defaults.max_clients},
        Alias{"default_pool_size", proxy.pool_size, defaults.pool_size},
        Alias{"max_db_connections", proxy.max_database_connections, defaults.max_database_connections}})
    rows.push_back({std::string(each.name), text(each.value), text(each.usual), "yes"});
  return rows;
}

Rows database_rows(const View& view) {
  Rows rows;
  for (const Named& each : database_names(view)) rows.push_back(database_row(view, each));
  return rows;
}

Rows user_rows(const View& view) {
  Rows rows;
  for (const std::string& name : user_names(view)) {
    const auto place = view.config.users.find(name);
    static const UserConfig nothing_set;
    const UserConfig& user = place == view.config.users.end() ? nothing_set : place->second;
    std::uint64_t servers = 0;
    std::uint64_t clients = 0;
    for (const PoolView& pool : view.pools) {
      if (pool.user != name) continue;
      servers += open_servers(pool.counters);
      clients += pool.clients + pool.counters.waiting;
    }
    rows.push_back({name, user.pool_size ? std::optional(text(*user.pool_size)) : std::nullopt, std::nullopt,
                    user.pool_mode ? std::optional(std::string(write_choice(*user.pool_mode))) : std::nullopt,
                    text(user.max_connections.value_or(view.config.proxy.max_user_connections)), text(servers), "0",
                    text(clients)});
  }
  return rows;
}

Rows pool_rows(const View& view) {
  Rows rows;
  for (const PoolView& each : view.pools) {
    const auto wait = static_cast<std::uint64_t>(each.oldest_wait.count());
    constexpr std::uint64_t second = 1'000'000;
    rows.push_back({each.database, each.user, text(each.clients), text(each.counters.waiting), "0", "0",
                    text(each.counters.in_use), "0", "0", text(each.counters.idle - each.counters.checking), "0",
                    text(each.counters.checking), text(each.counters.connecting), text(wait / second),
                    text(wait % second), std::string(each.session_mode ? "session" : "transaction"), std::nullopt});
  }
  return rows;
}

Rows list_rows(const View& view) {
  const std::uint64_t most = view.config.proxy.max_clients;
  std::uint64_t places = 0;
  for (const PoolView& each : view.pools) places += each.size;
  const auto left = [](std::uint64_t of, std::uint64_t used) { return text(of > used ? of - used : 0); };
  return {{"databases", text(database_names(view).size())},
          {"users", text(user_names(view).size())},
          {"peers", "0"},
          {"pools", text(view.pools.size())},
          {"peer_pools", "0"},
          {"free_clients", left(most, view.client_count)},
          {"used_clients", text(view.client_count)},
          {"login_clients", text(view.logging_in)},
          {"free_servers", left(places, view.server_count)},
          {"used_servers", text(view.server_count)},
          {"dns_names", "0"},
          {"dns_zones", "0"},
          {"dns_queries", "0"},
          {"dns_pending", "0"}};
}

Rows state_rows(const View& view) {
  const bool paused =
      !view.pools.empty() && std::ranges::all_of(view.pools, [](const PoolView& each) { return each.counters.paused; });
  return {{"active", paused ? "no" : "yes"}, {"paused", paused ? "yes" : "no"}, {"suspended", "no"}};
}

}  // namespace lockkeeper::proxy::console
