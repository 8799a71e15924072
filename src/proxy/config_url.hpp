// A configuration without a file: `lockkeeper run postgresql://...`.
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

/// What libpq would look at beside the URL; tests give their own.
struct Surroundings {
  std::function<std::optional<std::string>(std::string_view)> variable;  ///< Of the environment; nullopt: not set.
  /// A file's text; nullopt: there is none, or it is a secret one (the second argument) and others may read it.
  std::function<std::optional<std::string>(const std::string&, bool)> file;
  std::string user;  ///< Of this process, by name.
  std::string home;  ///< Folder.
};
[[nodiscard]] Surroundings real_surroundings();

struct UrlOptions {
  std::vector<std::string> listen;  ///< Empty: the default.
  std::optional<PoolMode> pool_mode;
  std::optional<AuthMethod> auth;
};

/// All databases of the URL's server, under their own names; `own_user` is the URL's user and the console's admin.
/// Reads of the URL: host, port, user, password, database, sslmode, sslrootcert; what it leaves out comes from PGHOST,
/// PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT, and the password file (PGPASSFILE, ~/.pgpass), as
/// with libpq. Errors never hold the URL, which may hold the password.
[[nodiscard]] std::expected<Config, ConfigErrors> config_from_url(std::string_view url, const UrlOptions& options,
                                                                  const Surroundings& surroundings);

}  // namespace lockkeeper::proxy
