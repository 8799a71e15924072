// private-postgres [--version 15] [--setting name=value]... [--max-connections N] [-- COMMAND...]
//
// A PostgreSQL server for runners in other languages. Without COMMAND: prints one JSON line
// {"url", "port", "socket_dir", "version", "data_dir"} and lives until its stdin reaches end of file, SIGTERM or
// SIGINT comes, or its parent dies. With COMMAND: runs it with PGHOST, PGPORT, PGUSER, PGDATABASE and
// LOCKKEEPER_URL set, and exits with its status. (A background job of a shell has /dev/null as stdin, which
// ends at once: give it a pipe, or use COMMAND.)
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/private_server.hpp"
#include "support/servers.hpp"

namespace {

using lockkeeper::testing::find_postgres;
using lockkeeper::testing::json_string;
using lockkeeper::testing::PostgresServer;
using lockkeeper::testing::Starter;
using lockkeeper::testing::StartOptions;

constexpr const char* usage =
    "usage: private-postgres [--version MAJOR] [--setting NAME=VALUE]... [--max-connections N] [-- COMMAND...]";

struct Arguments {
  StartOptions options;
  std::vector<char*> command;
};

void add_setting(Arguments& arguments, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) throw std::invalid_argument("--setting takes NAME=VALUE, not " + text);
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
    if (word == "--version") {
      arguments.options.version = find_postgres(std::stoi(value));
    } else if (word == "--setting") {
      add_setting(arguments, value);
    } else if (word == "--max-connections") {
      arguments.options.settings["max_connections"] = value;
    } else {
      throw std::invalid_argument(usage);
    }
  }
  return arguments;
}

void print_server(const PostgresServer& server) {
  std::cout << "{\"url\":" << json_string(server.url()) << ",\"port\":" << server.port()
            << ",\"socket_dir\":" << json_string(server.socket_dir()) << ",\"version\":" << server.version().major
            << ",\"data_dir\":" << json_string(server.data_dir()) << "}\n"
            << std::flush;
}

}  // namespace

int main(int count, char** words) {
  const Starter starter;
  if (starter.is_gone()) return 125;
  try {
    Arguments arguments = parse(std::span(words, static_cast<std::size_t>(count)));
    const PostgresServer server = PostgresServer::start(std::move(arguments.options));
    if (!arguments.command.empty()) {
      return starter.run(std::move(arguments.command), {{"PGHOST", "127.0.0.1"},
                                                        {"PGPORT", std::to_string(server.port())},
                                                        {"PGUSER", "postgres"},
                                                        {"PGDATABASE", "postgres"},
                                                        {"LOCKKEEPER_URL", server.url()}});
    }
    print_server(server);
    starter.wait_for_end();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "private-postgres: " << error.what() << std::endl;
    return 1;
  }
}
