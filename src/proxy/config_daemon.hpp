// What a daemon does beside the proxy: servers that it only looks at, what it keeps, shows, does and tells.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "proxy/auth/secret.hpp"

namespace lockkeeper::proxy {

/// [servers.NAME]: a server that is looked at, whether or not the proxy stands before it.
struct WatchedServerConfig {
  std::string url;            ///< Of the role that looks. May hold its password: never printed whole.
  std::string password_file;  ///< Whose first line is the password, instead.
  Secret password;            ///< Read from there.
};

/// [http].
struct HttpConfig {
  std::vector<std::string> listen;  ///< Empty: no HTTP.
  std::string token_file;           ///< Whose first line everybody must show who is not on loopback.
  Secret token;                     ///< Read from there.
  std::vector<std::string> host_names;
  bool actions = false;
};

/// [history].
struct HistoryConfig {
  std::string file;  ///< Empty: no history.
  std::chrono::milliseconds keep = std::chrono::days(14);
  std::uint64_t max_size = std::uint64_t{1024} * 1024 * 1024;
};

enum class PolicyAction { terminate, cancel };

/// [policies.NAME]: what is done by itself about findings of a rule.
struct PolicyConfig {
  bool enabled = false;  ///< Else a dry run: the audit says what it would have done.
  std::string rule;
  std::vector<std::string> servers;  ///< Empty: all.
  PolicyAction action = PolicyAction::terminate;
  std::chrono::milliseconds min_age = std::chrono::minutes(5);
  bool only_if_blocking = false;
  std::uint32_t max_rollback_rows = 100'000;
  std::uint32_t max_per_hour = 10;
  std::vector<std::string> exclude_applications;
  std::vector<std::string> exclude_users;
  bool include_superusers = false;
};

enum class AlertSeverity { notice, warning, critical };

/// [alerts.NAME]: where findings are told as they come, change and go.
struct AlertConfig {
  std::string url;  ///< http:// or https://.
  AlertSeverity min_severity = AlertSeverity::warning;
  std::vector<std::string> servers;  ///< Empty: all.
  std::string token_file;            ///< Whose first line is sent as a bearer token.
  Secret token;                      ///< Read from there.
};

/// [logs.NAME]: the log of the application that the server knows by that name.
struct LogConfig {
  std::string file;
};

}  // namespace lockkeeper::proxy
