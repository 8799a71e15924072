#include "proxy/config_settings.hpp"

#include "proxy/config_table.hpp"

namespace lockkeeper::proxy {
namespace {

template <class Section>
void append_infos(std::vector<SettingInfo>& infos, std::string_view section, const SettingTable<Section>& table) {
  const Section defaults;
  for (const auto& setting : table) {
    infos.push_back({std::string(section), std::string(setting.name), setting.values, setting.write(defaults),
                     setting.reloadable, std::string(setting.description)});
  }
}

template <class Section>
void append_shown(std::vector<ShownSetting>& rows, std::string_view prefix, const SettingTable<Section>& table,
                  const Section& section) {
  const Section defaults;
  for (const auto& setting : table) {
    rows.push_back({std::string(prefix) + std::string(setting.name), setting.write(section), setting.write(defaults),
                    setting.reloadable});
  }
}

std::vector<SettingInfo> all_settings() {
  std::vector<SettingInfo> infos;
  append_infos(infos, "proxy", proxy_table());
  append_infos(infos, "proxy.tls", client_tls_table());
  append_infos(infos, "proxy.server_tls", server_tls_table());
  append_infos(infos, "databases.NAME", database_table());
  append_infos(infos, "mysql.NAME", mysql_table());
  append_infos(infos, "users.NAME", user_table());
  append_infos(infos, "servers.NAME", watched_server_table());
  append_infos(infos, "http", http_table());
  append_infos(infos, "history", history_table());
  append_infos(infos, "policies.NAME", policy_table());
  append_infos(infos, "alerts.NAME", alert_table());
  append_infos(infos, "logs.NAME", log_table());
  return infos;
}

}  // namespace

std::span<const SettingInfo> settings() {
  static const std::vector<SettingInfo> infos = all_settings();
  return infos;
}

std::vector<ShownSetting> shown_settings(const Config& config) {
  std::vector<ShownSetting> rows;
  append_shown(rows, "", proxy_table(), config.proxy);
  append_shown(rows, "tls.", client_tls_table(), config.proxy.tls);
  append_shown(rows, "server_tls.", server_tls_table(), config.proxy.server_tls);
  return rows;
}

}  // namespace lockkeeper::proxy
