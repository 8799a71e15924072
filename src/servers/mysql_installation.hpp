// Which servers of the MySQL family this machine has: MariaDB and MySQL. "Mysql" in the names here is the family.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include <lockkeeper/connection.hpp>

namespace lockkeeper::servers {

/// One server, or why it cannot be had.
struct MysqlInstallation {
  Engine engine = Engine::mariadb;     ///< mariadb or mysql: where the two differ, this is what to ask.
  int version = 0;                     ///< major * 10000 + minor * 100 + patch, as in ServerInfo: 101119.
  std::vector<std::string> server;     ///< The command that runs the server: its program, or a launcher and it.
  std::filesystem::path system_files;  ///< The folder of character sets and messages, and MariaDB's SQL files.
  std::filesystem::path plugins;       ///< Empty: where the server looks by itself.
  std::string label;                   ///< "mariadb1011", "mysql97": letters and digits, fit for the name of a test.
  std::string unavailable;             ///< Why this machine cannot run it; empty: it can.

  /// What to skip its tests with; empty where they are to run. MariaDB's always are: where it is missing they fail.
  [[nodiscard]] std::string reason_to_skip() const { return engine == Engine::mysql ? unavailable : std::string(); }
};

/// For the names that GoogleTest prints.
inline void PrintTo(const MysqlInstallation& installation, std::ostream* out) { *out << installation.label; }

/// Debian's own (package mariadb-server-core).
[[nodiscard]] MysqlInstallation find_mariadb();

/// MySQL as it was unpacked beside the system: the folder `mysql` of a searched one (search_folders.hpp), or the folder
/// that the environment variable LOCKKEEPER_MYSQL_ROOT names.
[[nodiscard]] MysqlInstallation find_mysql();

}  // namespace lockkeeper::servers
