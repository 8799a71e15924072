// The private servers of src/servers, and what tests need beside them, under the tests' own names. Servers are also
// looked for where scripts/setup puts them.
#pragma once

#include <string>
#include <vector>

#include "servers/mysql_server.hpp"
#include "servers/postgres_server.hpp"
#include "servers/process.hpp"
#include "servers/search_folders.hpp"
#include "servers/temporary_folder.hpp"
#include "servers/wait.hpp"

namespace lockkeeper::testing {

using namespace servers;

inline const bool setup_folders_are_known =
    search_in(LOCKKEEPER_SOURCE_DIR "/tools/npm/node_modules") && search_in(LOCKKEEPER_SOURCE_DIR "/build/servers");

/// MariaDB and MySQL, available or not: for tests with a parameter.
[[nodiscard]] std::vector<MysqlInstallation> mysql_installations();

/// The folder of MariaDB's plugin for ed25519 accounts, which mariadb-server-core lacks and scripts/setup unpacks;
/// empty: it could not.
[[nodiscard]] std::string mariadb_plugins();

/// What to write after FROM for the rows 1 to `last` in a column `seq`, in this order and each as soon as it is made:
/// MariaDB's sequences, or the same on MySQL, where `last` is at most 100000 or else 1000000000.
[[nodiscard]] std::string counted_rows(const MysqlInstallation& installation, int last,
                                       const std::string& alias = "counted");

}  // namespace lockkeeper::testing
