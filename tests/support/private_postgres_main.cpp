// private-postgres [--version 15] [--setting name=value]... [--max-connections N] [-- COMMAND...]
//
// A PostgreSQL server for runners in other languages. Without COMMAND: prints one JSON line
// {"url", "port", "socket_dir", "version", "data_dir"} and lives until its stdin reaches end of file, SIGTERM or
// SIGINT comes, or its parent dies. With COMMAND: runs it with PGHOST, PGPORT, PGUSER, PGDATABASE and
// LOCKKEEPER_URL set, and exits with its status. (A background job of a shell has /dev/null as stdin, which
// ends at once: give it a pipe, or use COMMAND.)
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/postgres_server.hpp"

namespace {

using lockkeeper::testing::find_postgres;
using lockkeeper::testing::PostgresServer;
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

std::string json_string(const std::string& text) {
  std::string quoted = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') quoted += '\\';
    quoted += character;
  }
  return quoted + "\"";
}

void print_server(const PostgresServer& server) {
  std::cout << "{\"url\":" << json_string(server.url()) << ",\"port\":" << server.port()
            << ",\"socket_dir\":" << json_string(server.socket_dir()) << ",\"version\":" << server.version().major
            << ",\"data_dir\":" << json_string(server.data_dir()) << "}\n"
            << std::flush;
}

// SIGTERM, SIGINT and (for the command's end) SIGCHLD as a descriptor. Blocked from the first line of main on.
sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&set, number);
  return set;
}

int open_pidfd(pid_t process) { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0U)); }

bool stdin_has_ended() {
  std::array<char, 512> ignored{};
  const auto count = ::read(STDIN_FILENO, ignored.data(), ignored.size());
  return count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN);
}

// The end of our wishes: end of stdin, a signal, or the death of the parent (nothing to watch it by: -1).
void live(int signals, int parent) {
  std::array<pollfd, 3> watched{pollfd{signals, POLLIN, 0}, pollfd{parent, POLLIN, 0}, pollfd{STDIN_FILENO, POLLIN, 0}};
  for (;;) {
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[1].revents != 0) return;
    if (watched[2].revents != 0 && stdin_has_ended()) return;
    signalfd_siginfo information{};
    if (watched[0].revents != 0 && ::read(signals, &information, sizeof information) == sizeof information &&
        information.ssi_signo != SIGCHLD) {
      return;
    }
  }
}

[[noreturn]] void run_child(const PostgresServer& server, std::vector<char*> command, pid_t parent) {
  const sigset_t set = watched_signals();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(125);
  ::setenv("PGHOST", "127.0.0.1", 1);
  ::setenv("PGPORT", std::to_string(server.port()).c_str(), 1);
  ::setenv("PGUSER", "postgres", 1);
  ::setenv("PGDATABASE", "postgres", 1);
  ::setenv("LOCKKEEPER_URL", server.url().c_str(), 1);
  command.push_back(nullptr);
  ::execvp(command[0], command.data());
  std::cerr << "private-postgres: cannot run " << command[0] << std::endl;
  ::_exit(127);
}

// Passes signals on to the command and returns its exit status, as a shell would.
int run_command(const PostgresServer& server, const std::vector<char*>& command, int signals, int parent) {
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) run_child(server, command, self);
  std::array<pollfd, 2> watched{pollfd{signals, POLLIN, 0}, pollfd{parent, POLLIN, 0}};
  for (;;) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) {
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    signalfd_siginfo information{};
    if (watched[0].revents != 0 && ::read(signals, &information, sizeof information) == sizeof information &&
        information.ssi_signo != SIGCHLD) {
      ::kill(child, static_cast<int>(information.ssi_signo));
    }
    if (watched[1].revents != 0) {
      ::kill(child, SIGTERM);
      watched[1].fd = -1;
    }
  }
}

}  // namespace

int main(int count, char** words) {
  const pid_t parent = ::getppid();
  const int parent_pidfd = open_pidfd(parent);
  if (::getppid() != parent) return 125;
  const sigset_t set = watched_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  const int signals = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  try {
    Arguments arguments = parse(std::span(words, static_cast<std::size_t>(count)));
    const PostgresServer server = PostgresServer::start(std::move(arguments.options));
    if (!arguments.command.empty()) return run_command(server, arguments.command, signals, parent_pidfd);
    print_server(server);
    live(signals, parent_pidfd);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "private-postgres: " << error.what() << std::endl;
    return 1;
  }
}
