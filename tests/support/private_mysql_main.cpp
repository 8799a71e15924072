// private-mysql --engine mariadb|mysql [--set NAME=VALUE]... [-- COMMAND...]
//
// A MariaDB or MySQL server for runners in other languages, as private-postgres is one of PostgreSQL. --set takes the
// server's options without their dashes. Without COMMAND: prints one JSON line {"url", "port", "socket", "engine",
// "version", "label", "data_dir"} and lives until its stdin reaches end of file, SIGTERM or SIGINT comes, or its parent
// dies. With COMMAND: runs it with MYSQL_HOST, MYSQL_TCP_PORT and LOCKKEEPER_URL set, and exits with its status.
// Exit status 77: this machine has no MySQL (standard error says why), and what wanted it may be skipped. Where
// MariaDB is missing it fails.
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/private_server.hpp"
#include "support/servers.hpp"

namespace {

using lockkeeper::Engine;
using lockkeeper::testing::find_mariadb;
using lockkeeper::testing::find_mysql;
using lockkeeper::testing::json_string;
using lockkeeper::testing::MysqlInstallation;
using lockkeeper::testing::MysqlOptions;
using lockkeeper::testing::MysqlServer;
using lockkeeper::testing::Starter;

constexpr const char* usage = "usage: private-mysql --engine mariadb|mysql [--set NAME=VALUE]... [-- COMMAND...]";

constexpr int status_to_skip = 77;

struct Arguments {
  std::string engine;
  MysqlOptions options;
  std::vector<char*> command;
};

void add_setting(Arguments& arguments, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) throw std::invalid_argument("--set takes NAME=VALUE, not " + text);
  arguments.options.settings[text.substr(0, equals)] = text.substr(equals + 1);
}

Arguments parse(std::span<char*> words) {
  Arguments arguments;
  for (std::size_t index = 1; index < words.size(); ++index) {
    const std::string word = words[index];
    if (word == "--") {
      arguments.command.assign(words.begin() + static_cast<std::ptrdiff_t>(index) + 1, words.end());
      break;
    }
    if (index + 1 == words.size()) throw std::invalid_argument(usage);
    const std::string value = words[++index];
    if (word == "--engine" && (value == "mariadb" || value == "mysql")) {
      arguments.engine = value;
    } else if (word == "--set") {
      add_setting(arguments, value);
    } else {
      throw std::invalid_argument(usage);
    }
  }
  if (arguments.engine.empty()) throw std::invalid_argument(usage);
  return arguments;
}

void print_server(const MysqlServer& server) {
  const MysqlInstallation& installation = server.installation();
  std::cout << "{\"url\":" << json_string(server.url()) << ",\"port\":" << server.port()
            << ",\"socket\":" << json_string(server.socket())
            << ",\"engine\":" << json_string(installation.engine == Engine::mariadb ? "mariadb" : "mysql")
            << ",\"version\":" << installation.version << ",\"label\":" << json_string(installation.label)
            << ",\"data_dir\":" << json_string(server.data_dir()) << "}\n"
            << std::flush;
}

int run(const Starter& starter, Arguments arguments) {
  const MysqlInstallation installation = arguments.engine == "mariadb" ? find_mariadb() : find_mysql();
  if (const std::string reason = installation.reason_to_skip(); !reason.empty()) {
    std::cerr << "private-mysql: " << reason << std::endl;
    return status_to_skip;
  }
  const MysqlServer server = MysqlServer::start(installation, std::move(arguments.options));
  if (!arguments.command.empty()) {
    return starter.run(std::move(arguments.command), {{"MYSQL_HOST", "127.0.0.1"},
                                                      {"MYSQL_TCP_PORT", std::to_string(server.port())},
                                                      {"LOCKKEEPER_URL", server.url()}});
  }
  print_server(server);
  starter.wait_for_end();
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const Starter starter;
  if (starter.is_gone()) return 125;
  try {
    return run(starter, parse(std::span(words, static_cast<std::size_t>(count))));
  } catch (const std::exception& error) {
    std::cerr << "private-mysql: " << error.what() << std::endl;
    return 1;
  }
}
