#include "support/private_server.hpp"

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
#include <optional>

namespace lockkeeper::testing {
namespace {

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&set, number);
  return set;
}

bool stdin_has_ended() {
  std::array<char, 512> ignored{};
  const auto count = ::read(STDIN_FILENO, ignored.data(), ignored.size());
  return count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN);
}

// A signal to end, if one has come; SIGCHLD only wakes us up.
std::optional<int> signal_to_end(int signals) {
  signalfd_siginfo information{};
  if (::read(signals, &information, sizeof information) != sizeof information) return std::nullopt;
  const int number = static_cast<int>(information.ssi_signo);
  return number == SIGCHLD ? std::nullopt : std::optional(number);
}

[[noreturn]] void become(std::vector<char*> command, const std::map<std::string, std::string>& environment,
                         pid_t parent) {
  const sigset_t set = watched_signals();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(125);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  command.push_back(nullptr);
  ::execvp(command[0], command.data());
  std::cerr << "cannot run " << command[0] << std::endl;
  ::_exit(127);
}

}  // namespace

Starter::Starter() {
  const pid_t parent = ::getppid();
  starter_ = static_cast<int>(::syscall(SYS_pidfd_open, parent, 0U));
  gone_ = ::getppid() != parent;
  const sigset_t set = watched_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void Starter::wait_for_end() const {
  std::array<pollfd, 3> watched{pollfd{signals_, POLLIN, 0}, pollfd{starter_, POLLIN, 0},
                                pollfd{STDIN_FILENO, POLLIN, 0}};
  for (;;) {
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[1].revents != 0) return;
    if (watched[2].revents != 0 && stdin_has_ended()) return;
    if (watched[0].revents != 0 && signal_to_end(signals_)) return;
  }
}

int Starter::run(std::vector<char*> command, const std::map<std::string, std::string>& environment) const {
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(std::move(command), environment, self);
  std::array<pollfd, 2> watched{pollfd{signals_, POLLIN, 0}, pollfd{starter_, POLLIN, 0}};
  for (;;) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child)
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[0].revents != 0) {
      if (const auto number = signal_to_end(signals_)) ::kill(child, *number);
    }
    if (watched[1].revents != 0) {
      ::kill(child, SIGTERM);
      watched[1].fd = -1;
    }
  }
}

std::string json_string(const std::string& text) {
  std::string quoted = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') quoted += '\\';
    quoted += character;
  }
  return quoted + "\"";
}

}  // namespace lockkeeper::testing
