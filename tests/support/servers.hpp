// The private servers of src/servers, and what tests need beside them, under the tests' own names. Servers are also
// looked for where scripts/setup puts them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "servers/mysql_server.hpp"
#include "servers/postgres_data.hpp"
#include "servers/postgres_server.hpp"
#include "servers/process.hpp"
#include "servers/search_folders.hpp"
#include "servers/temporary_folder.hpp"
#include "servers/wait.hpp"

namespace lockkeeper::testing {

using servers::CommandResult;
using servers::MysqlInstallation;
using servers::MysqlOptions;
using servers::MysqlServer;
using servers::PostgresServer;
using servers::PostgresVersion;
using servers::StartOptions;
using servers::StopMode;
using servers::SupervisedProcess;
using servers::TemporaryFolder;
using servers::User;

using servers::becomes_true;
using servers::default_patience;
using servers::find_mariadb;
using servers::find_mysql;
using servers::find_postgres;
using servers::installed_postgres;
using servers::make_server_folder;
using servers::process_family;
using servers::process_state;
using servers::readable_installation;
using servers::remove_stale_folders;
using servers::run_command;
using servers::short_temp_path;
using servers::unprivileged_user;
using servers::wait_until;
using servers::write_file;

/// Of this source tree, wherever it is.
inline const std::filesystem::path source_tree =
    std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
inline const bool setup_folders_are_known =
    servers::search_in(source_tree / "tools/npm/node_modules") && servers::search_in(source_tree / "build/servers");

/// Of the PostgreSQL versions that are there the oldest, Debian's and the newest: for tests of what any server does.
/// Where statements of ours meet its views, and its privileges, take installed_postgres().
[[nodiscard]] std::vector<PostgresVersion> tested_postgres();

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
