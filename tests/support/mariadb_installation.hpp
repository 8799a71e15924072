// Which servers of the MySQL family this machine has.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace lockkeeper::testing {

/// One installed server. A further kind (MySQL, or a server unpacked beside the system) is one more of these, and a
/// branch in make_mariadb_data for how its first files are made.
struct MariadbInstallation {
  int version = 0;                     ///< major * 10000 + minor * 100 + patch, as in ServerInfo: 101119.
  std::vector<std::string> server;     ///< The command that runs the server: its program, or a launcher and it.
  std::filesystem::path system_files;  ///< The folder of mysql_system_tables.sql and the message files.
  std::string label;                   ///< "mariadb1011": letters and digits, fit for the name of a test.
};

/// For the names that GoogleTest prints.
inline void PrintTo(const MariadbInstallation& installation, std::ostream* out) { *out << installation.label; }

/// Debian's own (package mariadb-server-core). Throws saying how to install it where it is missing.
[[nodiscard]] MariadbInstallation find_mariadb();

/// Every installation that can be started, by rising version.
[[nodiscard]] std::vector<MariadbInstallation> installed_mariadb();

}  // namespace lockkeeper::testing
