#include "support/servers.hpp"

#include <filesystem>

#include "servers/readable_tree.hpp"

namespace lockkeeper::testing {
namespace {

std::string up_to(int last) {
  return "(WITH RECURSIVE rows_made (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM rows_made WHERE seq < " +
         std::to_string(last) + ") SELECT seq FROM rows_made)";
}

}  // namespace

std::string mariadb_plugins() {
  const std::filesystem::path folder = std::filesystem::path(LOCKKEEPER_SOURCE_DIR) / "build/servers/mariadb-plugins";
  if (!std::filesystem::exists(folder / "auth_ed25519.so")) return "";
  return servers::readable_tree(std::filesystem::canonical(folder), "mariadb-plugins");
}

std::vector<PostgresVersion> tested_postgres() {
  std::vector<PostgresVersion> versions = installed_postgres();
  if (versions.size() < 3) return versions;
  const int oldest = versions.front().major;
  const int newest = versions.back().major;
  const int of_debian = find_postgres(0).major;
  std::erase_if(versions, [&](const PostgresVersion& version) {
    return version.major != oldest && version.major != of_debian && version.major != newest;
  });
  return versions;
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
