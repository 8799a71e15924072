#include "servers/mysql_data.hpp"

#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "servers/postgres_data.hpp"
#include "servers/process.hpp"
#include "servers/templates.hpp"
#include "servers/temporary_folder.hpp"
#include "servers/wait.hpp"

namespace lockkeeper::servers {
namespace {

namespace fs = std::filesystem;

using Settings = std::map<std::string, std::string>;

// Small files and no syncs: what is written here need not outlive the machine. A killed server still recovers,
// from what the kernel has.
const Settings quick_storage{
    {"innodb-buffer-pool-size", "16M"},
    {"innodb-flush-log-at-trx-commit", "2"},
    {"innodb-flush-method", "nosync"},
    {"skip-log-bin", ""},
};
const Settings quick_mariadb{
    {"innodb-log-file-size", "8M"},
    {"sync-frm", "OFF"},
};
const Settings quick_mysql{
    {"innodb-autoextend-increment", "1"},  // Megabytes; or the system tablespace grows by 64 at once.
    {"innodb-doublewrite", "OFF"},
    {"innodb-redo-log-capacity", "32M"},
};

// As Debian's packages and the servers themselves have it, but for what only costs time.
const Settings usual_settings{
    {"character-set-server", "utf8mb4"},
    {"max-connections", "100"},
    {"skip-name-resolve", ""},  // Loopback needs no names, and accounts are written with addresses.
};
const Settings usual_mariadb{
    {"performance-schema", "OFF"},
};
// Its performance schema is on, as everywhere, for InnoDB's lock waits are told there; with small tables, for making
// the usual ones takes most of a second.
const Settings usual_mysql{
    {"cte-max-recursion-depth", "1000000"},  // For counted_rows.
    {"innodb-validate-tablespace-paths", "OFF"},
    {"mysqlx", "OFF"},
    {"optimizer-switch", "block_nested_loop=off"},  // For counted_rows too: no joins by hash, which mix the order.
    {"performance-schema-digests-size", "1000"},
    {"performance-schema-events-statements-history-long-size", "1000"},
    {"performance-schema-events-transactions-history-long-size", "1000"},
    {"performance-schema-events-waits-history-long-size", "1000"},
    {"performance-schema-max-table-instances", "500"},
    {"secure-file-priv", "NULL"},  // Or it wants a folder of the system's.
    {"table-definition-cache", "400"},
    {"table-open-cache", "400"},
};

bool is_mysql(const MysqlInstallation& installation) { return installation.engine == Engine::mysql; }

// The later of two of a name counts.
Settings both(Settings settings, const Settings& others) {
  for (const auto& [name, value] : others) settings[name] = value;
  return settings;
}

Settings storage_of(const MysqlInstallation& installation) {
  return both(quick_storage, is_mysql(installation) ? quick_mysql : quick_mariadb);
}

void add_options(const Settings& options, std::vector<std::string>& command) {
  for (const auto& [name, value] : options) command.push_back("--" + name + (value.empty() ? "" : "=" + value));
}

// Beside the data. Not the system's: a server that starts removes what others have there for temporary tables.
fs::path temporary_files_of(const fs::path& data) { return data.parent_path() / "tmp"; }

// The server's own files and nothing of the machine's my.cnf.
std::vector<std::string> basic_command(const MysqlInstallation& installation, const fs::path& data) {
  std::vector<std::string> command = installation.server;
  command.insert(command.end(),
                 {"--no-defaults", "--datadir=" + data.string(), "--tmpdir=" + temporary_files_of(data).string(),
                  "--lc-messages-dir=" + installation.system_files.string(),
                  "--character-sets-dir=" + (installation.system_files / "charsets").string()});
  if (!installation.plugins.empty()) command.push_back("--plugin-dir=" + installation.plugins.string());
  return command;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string sql_literal(const std::string& text) {
  std::string literal = "'";
  for (const char character : text) {
    if (character == '\'' || character == '\\') literal += '\\';
    literal += character;
  }
  return literal + "'";
}

constexpr std::array root_hosts{"localhost", "127.0.0.1", "::1"};

std::string account(const char* host) { return "root@'" + std::string(host) + "'"; }

void run_or_throw(const std::vector<std::string>& command, const std::string& what) {
  const CommandResult result = run_command(command, unprivileged_user(), default_patience);
  if (result.status == 0) return;
  throw std::runtime_error(what + " failed with status " + std::to_string(result.status) + ":\n" + result.output);
}

// The server reads one statement up to a semicolon at a line's end. No variable @auth_root_socket: root without a
// password, rather than by the operating system's user.
std::string bootstrap_sql(const MysqlInstallation& installation) {
  std::string sql = "create database mysql;\nuse mysql;\nset @auth_root_socket=NULL;\nset @skip_auth_anonymous=1;\n";
  for (const char* name : {"mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql",
                           "mysql_sys_schema.sql"}) {
    sql += read_file(installation.system_files / name) + "\n";
  }
  sql += "create database test character set utf8mb4;\nflush privileges;\n";
  for (const char* host : root_hosts) sql += "alter user " + account(host) + " identified by '';\n";
  return sql;
}

void bootstrap_mariadb(const MysqlInstallation& installation, const fs::path& data) {
  const fs::path script = data.string() + ".sql";
  write_file(script, bootstrap_sql(installation));
  std::vector<std::string> command{"/bin/sh", "-c", "exec \"$@\" < \"$0\"", script.string()};
  const std::vector<std::string> server = basic_command(installation, data);
  command.insert(command.end(), server.begin(), server.end());
  add_options(storage_of(installation), command);
  command.emplace_back("--bootstrap");
  run_or_throw(command, "mariadbd --bootstrap");
  fs::remove(script);
}

// The server makes its schemas and root@localhost by itself, and runs this afterwards.
std::string first_sql() {
  std::string sql = "CREATE DATABASE test;\n";
  for (const char* host : root_hosts) {
    sql += "CREATE USER IF NOT EXISTS " + account(host) + ";\n";
    sql += "GRANT ALL ON *.* TO " + account(host) + " WITH GRANT OPTION;\n";
  }
  return sql;
}

void initialize_mysql(const MysqlInstallation& installation, const fs::path& data) {
  const fs::path script = data.string() + ".sql";
  write_file(script, first_sql());
  std::vector<std::string> command = basic_command(installation, data);
  add_options(storage_of(installation), command);
  command.insert(command.end(), {"--secure-file-priv=NULL", "--init-file=" + script.string(), "--initialize-insecure"});
  run_or_throw(command, "mysqld --initialize-insecure");
  fs::remove(script);
  fs::remove(data / "auto.cnf");  // Each server of these files gets a server_uuid of its own.
}

// What a server does before it lets anybody in; in a folder that is the server's.
fs::path first_words_of(const fs::path& data) { return data.parent_path() / "first" / "password.sql"; }

}  // namespace

void make_mysql_data(const MysqlInstallation& installation, const MysqlOptions& options, const fs::path& data) {
  // The data are a folder of its own: others are beside it while they are made.
  const auto make = [&](const fs::path& folder) {
    fs::create_directory(folder);
    const fs::path first = folder / "data";
    make_server_folder(first, 0700);
    make_server_folder(temporary_files_of(first), 0700);
    (is_mysql(installation) ? initialize_mysql : bootstrap_mariadb)(installation, first);
  };
  copy_data_folder(made_once(installation.label, make) / "data", data);
  make_server_folder(temporary_files_of(data), 0700);
  if (options.superuser_password.empty()) return;
  std::string sql;
  for (const char* host : root_hosts)
    sql += "ALTER USER " + account(host) + " IDENTIFIED BY " + sql_literal(options.superuser_password) + ";\n";
  make_server_folder(first_words_of(data).parent_path(), 0700);
  write_file(first_words_of(data), sql);
}

void forget_password(const fs::path& data) noexcept {
  std::error_code absent;
  fs::remove(first_words_of(data), absent);
}

std::vector<std::string> mysql_command(const MysqlInstallation& installation, const MysqlOptions& options,
                                       const fs::path& data, const fs::path& socket, std::uint16_t port) {
  Settings settings = both(storage_of(installation), usual_settings);
  settings = both(settings, is_mysql(installation) ? usual_mysql : usual_mariadb);
  settings = both(settings, options.settings);
  settings["bind-address"] = "127.0.0.1";
  settings["port"] = std::to_string(port);
  settings["socket"] = socket;
  settings["pid-file"] = data / "server.pid";
  if (fs::exists(first_words_of(data))) settings["init-file"] = first_words_of(data);
  std::vector<std::string> command = basic_command(installation, data);
  add_options(settings, command);
  return command;
}

}  // namespace lockkeeper::servers
