#include "support/mariadb_installation.hpp"

#include <unistd.h>

#include <optional>
#include <regex>
#include <stdexcept>

#include "support/process.hpp"
#include "support/wait.hpp"

namespace lockkeeper::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* program = "/usr/sbin/mariadbd";
constexpr const char* system_files = "/usr/share/mysql";

// From `mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu`.
std::optional<MariadbInstallation> look() {
  if (::access(program, X_OK) != 0 || !fs::exists(fs::path(system_files) / "mysql_system_tables.sql")) {
    return std::nullopt;
  }
  const CommandResult said =
      run_command({program, "--no-defaults", "--version"}, unprivileged_user(), default_patience);
  std::smatch parts;
  if (!std::regex_search(said.output, parts, std::regex("Ver ([0-9]+)\\.([0-9]+)\\.([0-9]+)"))) return std::nullopt;
  const int major = std::stoi(parts[1]);
  const int minor = std::stoi(parts[2]);
  return MariadbInstallation{.version = major * 10'000 + minor * 100 + std::stoi(parts[3]),
                             .server = {program},
                             .system_files = system_files,
                             .label = "mariadb" + std::to_string(major) + std::to_string(minor)};
}

const std::optional<MariadbInstallation>& debians() {
  static const std::optional<MariadbInstallation> found = look();
  return found;
}

}  // namespace

std::vector<MariadbInstallation> installed_mariadb() {
  std::vector<MariadbInstallation> all;
  if (debians()) all.push_back(*debians());
  return all;
}

MariadbInstallation find_mariadb() {
  if (!debians()) throw std::runtime_error("MariaDB is not installed: apt-get install mariadb-server-core");
  return *debians();
}

}  // namespace lockkeeper::testing
