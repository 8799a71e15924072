// The one table of settings, as the parser, the writer and the comparison use it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/config.hpp"

namespace lockkeeper::proxy {

/// A value of the file, without the file's library. monostate: a kind that no setting has (a date, a fraction).
using RawValue = std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;

template <class Section>
struct Setting {
  std::string_view name;
  std::string values;   ///< "a whole number from 1 to 64": what comes after "must be".
  bool secret = false;  ///< Never shown.
  bool reloadable = false;
  std::string_view description;
  /// False: the value is not one of `values`.
  std::function<bool(Section&, const RawValue&)> set;
  /// Takes over another section's value.
  std::function<void(Section&, const Section&)> keep;
  /// As in the file; empty where it is not set.
  std::function<std::string(const Section&)> write;
};

template <class Section>
using SettingTable = std::vector<Setting<Section>>;

[[nodiscard]] const SettingTable<ProxyConfig>& proxy_table();
[[nodiscard]] const SettingTable<ClientTlsConfig>& client_tls_table();
[[nodiscard]] const SettingTable<ServerTlsConfig>& server_tls_table();
[[nodiscard]] const SettingTable<DatabaseConfig>& database_table();
[[nodiscard]] const SettingTable<MysqlServerConfig>& mysql_table();
[[nodiscard]] const SettingTable<UserConfig>& user_table();
[[nodiscard]] const SettingTable<WatchedServerConfig>& watched_server_table();
[[nodiscard]] const SettingTable<HttpConfig>& http_table();
[[nodiscard]] const SettingTable<HistoryConfig>& history_table();
[[nodiscard]] const SettingTable<PolicyConfig>& policy_table();
[[nodiscard]] const SettingTable<AlertConfig>& alert_table();
[[nodiscard]] const SettingTable<LogConfig>& log_table();

}  // namespace lockkeeper::proxy
