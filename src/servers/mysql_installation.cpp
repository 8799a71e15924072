#include "servers/mysql_installation.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>

#include "servers/process.hpp"
#include "servers/readable_tree.hpp"
#include "servers/search_folders.hpp"
#include "servers/wait.hpp"

namespace lockkeeper::servers {
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
  if (const char* named = std::getenv("LOCKKEEPER_MYSQL_ROOT")) return named;
  const auto& folders = search_folders();
  const auto found = std::ranges::find_if(folders, [](const fs::path& each) { return fs::exists(each / "mysql"); });
  return (found == folders.end() ? fs::path("/nonexistent") : *found) / "mysql";
}

// As scripts/setup has left it beside the folder.
std::string why_there_is_none(const fs::path& root) {
  std::ifstream file(root.string() + ".unavailable");
  std::string reason;
  if (std::getline(file, reason) && !reason.empty()) return "this machine has no MySQL: " + reason;
  return "this machine has no MySQL: nothing in " + root.string() +
         "; a development setup puts it there, LOCKKEEPER_MYSQL_ROOT names another place";
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
  const fs::path readable = readable_tree(fs::canonical(root), "mysql-program");
  found.server = {readable / "run", "mysqld"};
  found.system_files = readable / "usr/share/mysql";
  found.plugins = readable / "usr/lib/mysql/plugin";
  std::string said;
  if (!ask_version(found, "mysql", said))
    found.unavailable = "this machine has no MySQL that runs: that of " + root.string() + " says: " + said;
  return found;
}

}  // namespace

MysqlInstallation find_mariadb() {
  static const MysqlInstallation found = look_for_mariadb();
  return found;
}

MysqlInstallation find_mysql() {
  static const MysqlInstallation found = look_for_mysql();
  return found;
}

}  // namespace lockkeeper::servers
