#include "servers/postgres_data.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <stdexcept>

#include "servers/process.hpp"
#include "servers/templates.hpp"
#include "servers/temporary_folder.hpp"
#include "servers/wait.hpp"

namespace lockkeeper::servers {
namespace {

namespace fs = std::filesystem;

void run_or_throw(const std::vector<std::string>& arguments) {
  const CommandResult result = run_command(arguments, unprivileged_user(), default_patience);
  if (result.status == 0) return;
  throw std::runtime_error(arguments[0] + " failed with status " + std::to_string(result.status) + ":\n" +
                           result.output);
}

std::string sql_literal(const std::string& value) {
  std::string text = "'";
  for (const char character : value) {
    if (character == '\'') text += character;
    text += character;
  }
  return text + "'";
}

fs::path without_password(const PostgresVersion& version) {
  return made_once(version.label, [&](const fs::path& data) {
    make_server_folder(data, 0700);
    run_or_throw({version.bin / "initdb", "--pgdata=" + data.string(), "--username=postgres", "--auth=trust",
                  "--encoding=UTF8", "--locale=C", "--no-sync"});
  });
}

// A fraction of what initdb takes; and a password is mostly one process's own.
fs::path with_password(const PostgresVersion& version, const std::string& password) {
  const std::string name = version.label + "-" + std::to_string(std::hash<std::string>{}(password));
  const fs::path without = without_password(version);
  return made_once_here(name, [&](const fs::path& data) {
    copy_data_folder(without, data);
    const TemporaryFolder folder;
    const fs::path script = folder.path() / "script";
    make_server_folder(script, 0700);
    write_file(script / "sql", "ALTER ROLE postgres PASSWORD " + sql_literal(password) + "\n");
    run_or_throw({"/bin/sh", "-c", "exec \"$@\" < \"$0\"", script / "sql", version.bin / "postgres", "--single", "-F",
                  "-D", data.string(), "postgres"});
  });
}

// A value between single quotes, as postgresql.conf wants it.
std::string setting_literal(const std::string& value) {
  std::string text = "'";
  for (const char character : value) {
    if (character == '\'' || character == '\\') text += character;
    text += character;
  }
  return text + "'";
}

std::map<std::string, std::string> all_settings(const StartOptions& options, const fs::path& socket_dir,
                                                std::uint16_t port) {
  std::map<std::string, std::string> settings{
      {"fsync", "off"},
      {"full_page_writes", "off"},
      {"max_connections", "100"},
      {"logging_collector", "off"},
      {"max_prepared_transactions", "10"},
      {"shared_buffers", "16MB"},
      {"log_line_prefix", "%m [%p] %q%a "},
      {"timezone", "UTC"},
      {"log_timezone", "UTC"},
      {"wal_level", "replica"},
  };
  for (const auto& [name, value] : options.settings) settings[name] = value;
  settings["listen_addresses"] = "127.0.0.1";
  settings["port"] = std::to_string(port);
  settings["unix_socket_directories"] = socket_dir;
  return settings;
}

std::string hba_text(const StartOptions& options) {
  std::string text;
  for (const std::string& line : options.hba_lines) text += line + "\n";
  for (const std::string database : {"all", "replication"}) {
    text += "local " + database + " all " + options.auth_method + "\n";
    text += "host " + database + " all 127.0.0.1/32 " + options.auth_method + "\n";
  }
  return text;
}

}  // namespace

void make_server_folder(const fs::path& folder, int mode) {
  fs::create_directory(folder);
  fs::permissions(folder, static_cast<fs::perms>(mode));
  const auto user = unprivileged_user();
  if (user && ::chown(folder.c_str(), user->uid, user->gid) != 0) {
    throw std::runtime_error("cannot give " + folder.string() + " to the server's user");
  }
}

void copy_data_folder(const fs::path& from, const fs::path& to) {
  make_server_folder(to, 0700);
  run_or_throw({"/bin/cp", "--archive", "--reflink=auto", from.string() + "/.", to.string()});
}

void make_data_folder(const PostgresVersion& version, const std::string& superuser_password, const fs::path& data) {
  copy_data_folder(superuser_password.empty() ? without_password(version) : with_password(version, superuser_password),
                   data);
}

void configure(const StartOptions& options, const fs::path& data, const fs::path& socket_dir, std::uint16_t port) {
  std::string text;
  for (const auto& [name, value] : all_settings(options, socket_dir, port))
    text += name + " = " + setting_literal(value) + "\n";
  write_file(data / "postgresql.conf", text);
  write_file(data / "pg_hba.conf", hba_text(options));
}

}  // namespace lockkeeper::servers
