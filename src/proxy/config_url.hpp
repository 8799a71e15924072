// A configuration without a file: `lockkeeper run postgresql://...`, or mysql://, mariadb://.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/config_error.hpp"

namespace lockkeeper::proxy {

/// What libpq, or a MySQL client, would look at beside the URL; tests give their own.
struct Surroundings {
  std::function<std::optional<std::string>(std::string_view)> variable;  ///< Of the environment; nullopt: not set.
  /// A file's text; nullopt: there is none, or it is a secret one (the second argument) and others may read it.
  std::function<std::optional<std::string>(const std::string&, bool)> file;
  std::string user;  ///< Of this process, by name.
  std::string home;  ///< Folder.
};
[[nodiscard]] Surroundings real_surroundings();

struct UrlOptions {
  std::vector<std::string> listen;  ///< Where clients connect. Empty: the default.
  std::optional<PoolMode> pool_mode;
  std::optional<AuthMethod> auth;
  /// Of a MySQL or MariaDB URL alone; elsewhere the console is on the clients' addresses. Empty: the default.
  std::vector<std::string> console = {};
};

/// By the URL's scheme:
///
/// postgresql:// — all databases of the URL's server, under their own names; `own_user` is the URL's user and the
/// console's admin. Reads of the URL: host, port, user, password, database, sslmode, sslrootcert; what it leaves out
/// comes from PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT, and the password file
/// (PGPASSFILE, ~/.pgpass), as with libpq.
///
/// mysql://, mariadb:// — the URL's server as [mysql.mysql], by TCP (127.0.0.1:3306 where it names none; clients at
/// 127.0.0.1:6033), the console at 127.0.0.1:6432; `own_user` likewise. Options as the driver's (lockkeeper/mysql.hpp):
/// ssl-mode, ssl-ca, ssl, ssl-verify-server-cert and connect-timeout hold for the proxy's connections too, program-name
/// and enable-cleartext-plugin for the looks alone; the others are refused. The password may come from MYSQL_PWD.
///
/// Errors never hold the URL, which may hold the password.
[[nodiscard]] std::expected<Config, ConfigErrors> config_from_url(std::string_view url, const UrlOptions& options,
                                                                  const Surroundings& surroundings);

}  // namespace lockkeeper::proxy
