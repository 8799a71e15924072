// A new MariaDB or MySQL server's files and options: made once per installation, copied for every server.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "servers/mysql_server.hpp"

namespace lockkeeper::servers {

/// Fills `data` as mariadb-install-db and `mysqld --initialize` would: the mysql and sys schemas, an empty database
/// `test`, and the accounts of `root` (from the socket and from loopback), which have the options' password once the
/// server has started. Throws with the server's words.
void make_mysql_data(const MysqlInstallation& installation, const MysqlOptions& options,
                     const std::filesystem::path& data);

/// The command line of a server on these files. As long as the password is in a file beside them, it is set.
[[nodiscard]] std::vector<std::string> mysql_command(const MysqlInstallation& installation, const MysqlOptions& options,
                                                     const std::filesystem::path& data,
                                                     const std::filesystem::path& socket, std::uint16_t port);

/// The server has started: its password is in no file any more.
void forget_password(const std::filesystem::path& data) noexcept;

}  // namespace lockkeeper::servers
