#include "proxy/config_reload.hpp"

#include <fmt/format.h>

#include "proxy/config_check.hpp"
#include "proxy/config_table.hpp"

namespace lockkeeper::proxy {
namespace {

template <class Section>
void compare(ReloadPlan& plan, std::string_view path, const SettingTable<Section>& table, const Section& before,
             const Section& after) {
  for (const auto& setting : table) {
    // Only passwords are written as something else than they are, and those are compared by their owners.
    if (setting.write(before) == setting.write(after)) continue;
    (setting.reloadable ? plan.applied : plan.needs_restart).push_back(fmt::format("{}.{}", path, setting.name));
  }
}

void compare_passwords(ReloadPlan& plan, const std::string& path, const DatabaseConfig& before,
                       const DatabaseConfig& after) {
  const bool seen_already = before.password.empty() != after.password.empty();
  if (!seen_already && !(before.password == after.password)) plan.applied.push_back(path + ".password");
}

template <class Section>
void compare_passwords(ReloadPlan&, const std::string&, const Section&, const Section&) {}

// `one_sided`: where it goes what is there before or after, but not both.
template <class Section>
void compare_named(ReloadPlan& plan, std::vector<std::string>& one_sided, std::string_view kind,
                   const SettingTable<Section>& table, const std::map<std::string, Section, std::less<>>& before,
                   const std::map<std::string, Section, std::less<>>& after) {
  for (const auto& [name, section] : before) {
    const std::string path = fmt::format("{}.{}", kind, name);
    const auto now = after.find(name);
    if (now == after.end()) {
      one_sided.push_back(path);
      continue;
    }
    compare(plan, path, table, section, now->second);
    compare_passwords(plan, path, section, now->second);
  }
  for (const auto& [name, section] : after) {
    if (!before.contains(name)) one_sided.push_back(fmt::format("{}.{}", kind, name));
  }
}

// The servers of before, each with what the file now says of it and the addresses that are listened on.
void keep_mysql_servers(Config& after, const Config& before) {
  auto servers = before.mysql;
  for (auto& [name, server] : servers) {
    const auto now = after.mysql.find(name);
    if (now == after.mysql.end()) continue;
    for (const auto& setting : mysql_table()) {
      if (setting.reloadable) setting.keep(server, now->second);
    }
  }
  after.mysql = std::move(servers);
}

}  // namespace

ReloadPlan reload_plan(const Config& before, const Config& after) {
  ReloadPlan plan;
  compare(plan, "proxy", proxy_table(), before.proxy, after.proxy);
  compare(plan, "proxy.tls", client_tls_table(), before.proxy.tls, after.proxy.tls);
  compare(plan, "proxy.server_tls", server_tls_table(), before.proxy.server_tls, after.proxy.server_tls);
  compare_named(plan, plan.applied, "databases", database_table(), before.databases, after.databases);
  // A MySQL server is nothing without its addresses, which are listened on from the start to the end.
  compare_named(plan, plan.needs_restart, "mysql", mysql_table(), before.mysql, after.mysql);
  compare_named(plan, plan.applied, "users", user_table(), before.users, after.users);
  compare_named(plan, plan.needs_restart, "servers", watched_server_table(), before.servers, after.servers);
  compare(plan, "http", http_table(), before.http, after.http);
  compare(plan, "history", history_table(), before.history, after.history);
  compare_named(plan, plan.applied, "policies", policy_table(), before.policies, after.policies);
  compare_named(plan, plan.applied, "alerts", alert_table(), before.alerts, after.alerts);
  compare_named(plan, plan.needs_restart, "logs", log_table(), before.logs, after.logs);
  return plan;
}

std::expected<Config, ConfigErrors> reloaded(const Config& before, Config after) {
  for (const auto& setting : proxy_table()) {
    if (!setting.reloadable) setting.keep(after.proxy, before.proxy);
  }
  keep_mysql_servers(after, before);
  after.servers = before.servers;
  after.http = before.http;
  after.history = before.history;
  after.logs = before.logs;
  after.own_user = before.own_user;
  if (auto errors = check_config(after, {}); !errors.empty()) return std::unexpected(std::move(errors));
  return after;
}

}  // namespace lockkeeper::proxy
