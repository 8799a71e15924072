#include "support/mysql_installation.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <regex>

#include "support/postgres_data.hpp"
#include "support/process.hpp"
#include "support/readable_tree.hpp"
#include "support/wait.hpp"

namespace lockkeeper::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* mariadb_program = "/usr/sbin/mariadbd";
constexpr const char* mariadb_files = "/usr/share/mysql";

// `mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu`, `mysqld  Ver 9.7.4-2 for Linux on x86_64`; false
// and what was said instead where there is no such line.
bool ask_version(MysqlInstallation& installation, const std::string& name, std::string& said) {
  std::vector<std::string> command = installation.server;
  command.insert(command.end(), {"--no-defaults", "--version"});
  said = run_command(command, unprivileged_user(), default_patience).output;
  std::smatch parts;
  if (!std::regex_search(said, parts, std::regex("Ver ([0-9]+)\\.([0-9]+)\\.([0-9]+)"))) return false;
  const int major = std::stoi(parts[1]);
  const int minor = std::stoi(parts[2]);
  installation.version = major * 10'000 + minor * 100 + std::stoi(parts[3]);
  installation.label = name + std::to_string(major) + std::to_string(minor);
  return true;
}

MysqlInstallation look_for_mariadb() {
  MysqlInstallation found;
  found.engine = Engine::mariadb;
  found.label = "mariadb";
  found.server = {mariadb_program};
  found.system_files = mariadb_files;
  std::string said;
  if (::access(mariadb_program, X_OK) != 0 || !fs::exists(found.system_files / "mysql_system_tables.sql")) {
    found.unavailable = "MariaDB is not installed: apt-get install mariadb-server-core";
  } else if (!ask_version(found, "mariadb", said)) {
    found.unavailable = std::string(mariadb_program) + " says: " + said;
  }
  return found;
}

fs::path mysql_root() {
  const char* named = std::getenv("LOCKKEEPER_MYSQL_ROOT");
  return named != nullptr ? fs::path(named) : fs::path(LOCKKEEPER_SOURCE_DIR) / "build/servers/mysql";
}

// As scripts/setup has left it beside the folder.
std::string why_there_is_none(const fs::path& root) {
  std::ifstream file(root.string() + ".unavailable");
  std::string reason;
  if (std::getline(file, reason) && !reason.empty()) return "this machine has no MySQL: " + reason;
  return "this machine has no MySQL: nothing in " + root.string() + "; scripts/setup puts it there";
}

MysqlInstallation look_for_mysql() {
  MysqlInstallation found;
  found.engine = Engine::mysql;
  found.label = "mysql";
  const fs::path root = mysql_root();
  if (::access((root / "run").c_str(), X_OK) != 0) {
    found.unavailable = why_there_is_none(root);
    return found;
  }
  const fs::path readable = readable_tree(fs::canonical(root), installation_folder() / "mysql");
  found.server = {readable / "run", "mysqld"};
  found.system_files = readable / "usr/share/mysql";
  found.plugins = readable / "usr/lib/mysql/plugin";
  std::string said;
  if (!ask_version(found, "mysql", said))
    found.unavailable = "this machine has no MySQL that runs: that of " + root.string() + " says: " + said;
  return found;
}

std::string up_to(int last) {
  return "(WITH RECURSIVE rows_made (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM rows_made WHERE seq < " +
         std::to_string(last) + ") SELECT seq FROM rows_made)";
}

}  // namespace

std::string mariadb_plugins() {
  const fs::path folder = fs::path(LOCKKEEPER_SOURCE_DIR) / "build/servers/mariadb-plugins";
  if (!fs::exists(folder / "auth_ed25519.so")) return "";
  return readable_tree(fs::canonical(folder), installation_folder() / "mariadb-plugins");
}

MysqlInstallation find_mariadb() {
  static const MysqlInstallation found = look_for_mariadb();
  return found;
}

MysqlInstallation find_mysql() {
  static const MysqlInstallation found = look_for_mysql();
  return found;
}

std::vector<MysqlInstallation> mysql_installations() { return {find_mariadb(), find_mysql()}; }

std::string counted_rows(const MysqlInstallation& installation, int last, const std::string& alias) {
  if (installation.engine == Engine::mariadb) return "seq_1_to_" + std::to_string(last) + " AS " + alias;
  if (last <= 100'000) return up_to(last) + " AS " + alias;
  // Nested loops, as the harness sets MySQL's optimizer_switch: joins by hash would give another order.
  return "(SELECT small.seq + 1000 * (middle.seq - 1) + 1000000 * (large.seq - 1) AS seq FROM " + up_to(1000) +
         " AS large STRAIGHT_JOIN " + up_to(1000) + " AS middle STRAIGHT_JOIN " + up_to(1000) + " AS small) AS " +
         alias;
}

}  // namespace lockkeeper::testing
