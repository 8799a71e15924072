#include "support/mariadb_data.hpp"

#include <unistd.h>

#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "support/postgres_data.hpp"
#include "support/process.hpp"
#include "support/temporary_folder.hpp"
#include "support/wait.hpp"

namespace lockkeeper::testing {
namespace {

namespace fs = std::filesystem;

// Small files and no syncs: what is written here need not outlive the machine. A killed server still recovers,
// from what the kernel has.
const std::map<std::string, std::string> quick_storage{
    {"innodb-buffer-pool-size", "16M"},
    {"innodb-flush-log-at-trx-commit", "2"},
    {"innodb-flush-method", "nosync"},
    {"innodb-log-file-size", "8M"},
    {"skip-log-bin", ""},
    {"sync-frm", "OFF"},
};

void add_options(const std::map<std::string, std::string>& options, std::vector<std::string>& command) {
  for (const auto& [name, value] : options) command.push_back("--" + name + (value.empty() ? "" : "=" + value));
}

// Beside the data. Not the system's: a server that starts removes what others have there for temporary tables.
fs::path temporary_files_of(const fs::path& data) { return data.parent_path() / "tmp"; }

// The server's own files and nothing of the machine's my.cnf.
std::vector<std::string> basic_command(const MariadbInstallation& installation, const fs::path& data) {
  std::vector<std::string> command = installation.server;
  command.insert(command.end(),
                 {"--no-defaults", "--datadir=" + data.string(), "--tmpdir=" + temporary_files_of(data).string(),
                  "--lc-messages-dir=" + installation.system_files.string(),
                  "--character-sets-dir=" + (installation.system_files / "charsets").string()});
  return command;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string quoted(const std::string& text) {
  std::string literal = "'";
  for (const char character : text) {
    if (character == '\'' || character == '\\') literal += '\\';
    literal += character;
  }
  return literal + "'";
}

// The server reads one statement up to a semicolon at a line's end. No variable @auth_root_socket: root without a
// password, rather than by the operating system's user.
std::string bootstrap_sql(const MariadbOptions& options) {
  std::string sql = "create database mysql;\nuse mysql;\nset @auth_root_socket=NULL;\nset @skip_auth_anonymous=1;\n";
  for (const char* name : {"mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql",
                           "mysql_sys_schema.sql"}) {
    sql += read_file(options.installation.system_files / name) + "\n";
  }
  sql += "create database test character set utf8mb4;\nflush privileges;\n";
  for (const char* host : {"localhost", "127.0.0.1", "::1"}) {
    sql += "alter user root@'" + std::string(host) + "' identified by " + quoted(options.superuser_password) + ";\n";
  }
  return sql;
}

void bootstrap(const MariadbOptions& options, const fs::path& data) {
  const fs::path script = data.string() + ".sql";
  write_file(script, bootstrap_sql(options));
  std::vector<std::string> command{"/bin/sh", "-c", "exec \"$@\" < \"$0\"", script.string()};
  const std::vector<std::string> server = basic_command(options.installation, data);
  command.insert(command.end(), server.begin(), server.end());
  add_options(quick_storage, command);
  command.emplace_back("--bootstrap");
  const CommandResult result = run_command(command, unprivileged_user(), default_patience);
  fs::remove(script);
  if (result.status == 0) return;
  throw std::runtime_error("mariadbd --bootstrap failed with status " + std::to_string(result.status) + ":\n" +
                           result.output);
}

// The templates of this process. After a fork the child begins its own.
class Templates {
 public:
  static Templates& instance() {
    static std::mutex mutex;
    static std::map<pid_t, Templates> templates;
    const std::lock_guard lock(mutex);
    return templates[::getpid()];
  }

  fs::path of(const MariadbOptions& options) {
    const std::lock_guard lock(mutex_);
    const auto key = std::pair(options.installation.label, options.superuser_password);
    if (const auto found = made_.find(key); found != made_.end()) return found->second;
    const fs::path folder = folder_.path() / ("template" + std::to_string(made_.size()));
    make_server_folder(folder, 0700);
    make_server_folder(temporary_files_of(folder), 0700);
    try {
      bootstrap(options, folder);
    } catch (...) {
      fs::remove_all(folder);  // Or every later server would be made of half a template.
      throw;
    }
    return made_[key] = folder;
  }

 private:
  TemporaryFolder folder_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, fs::path> made_;
};

}  // namespace

void make_mariadb_data(const MariadbOptions& options, const fs::path& data) {
  copy_data_folder(Templates::instance().of(options), data);
  make_server_folder(temporary_files_of(data), 0700);
}

std::vector<std::string> mariadb_command(const MariadbOptions& options, const fs::path& data, const fs::path& socket,
                                         std::uint16_t port) {
  std::map<std::string, std::string> settings = quick_storage;
  settings["character-set-server"] = "utf8mb4";  // As Debian's package configures it.
  settings["max-connections"] = "100";
  settings["skip-name-resolve"] = "";  // Loopback needs no names, and accounts are written with addresses.
  settings["performance-schema"] = "OFF";
  for (const auto& [name, value] : options.settings) settings[name] = value;
  settings["bind-address"] = "127.0.0.1";
  settings["port"] = std::to_string(port);
  settings["socket"] = socket;
  settings["pid-file"] = data / "server.pid";
  std::vector<std::string> command = basic_command(options.installation, data);
  add_options(settings, command);
  return command;
}

}  // namespace lockkeeper::testing
