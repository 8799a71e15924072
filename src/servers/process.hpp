// Child processes that cannot outlive us, whatever happens to us.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "servers/process_family.hpp"
#include "servers/spawn.hpp"

namespace lockkeeper::servers {

/// The user to run servers as: nothing (ourselves) unless we are root.
[[nodiscard]] std::optional<User> unprivileged_user();

struct CommandResult {
  int status = 0;  ///< Exit status, or 128 + signal.
  std::string output;
};

/// Runs a program to its end with a small clean environment (no PG* variables, locale C) and
/// returns what it wrote to stdout and stderr. Killed and reported as a failure at the timeout.
CommandResult run_command(const std::vector<std::string>& arguments, std::optional<User> user,
                          std::chrono::milliseconds timeout);

/// A server process under a supervisor: a small process between us and the server that ends the server
/// when we are gone, even by SIGKILL and even while the server is stopped by SIGSTOP.
///
/// Why not PR_SET_PDEATHSIG alone: it fires when the *thread* that forked ends, not the process, and a
/// stopped server does not see it. The supervisor watches us through a pidfd; the server has PR_SET_PDEATHSIG
/// (SIGQUIT: PostgreSQL's immediate shutdown) only against the death of the supervisor itself.
class SupervisedProcess {
 public:
  /// Starts the program with stdout and stderr appended to `log`.
  SupervisedProcess(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                    std::optional<User> user);
  SupervisedProcess(const SupervisedProcess&) = delete;
  SupervisedProcess& operator=(const SupervisedProcess&) = delete;
  ~SupervisedProcess();

  [[nodiscard]] pid_t pid() const noexcept { return server_; }

  /// Whether server and supervisor have ended; reaps them.
  [[nodiscard]] bool has_ended();

  void signal(int number) const;
  /// SIGSTOP or SIGCONT to the server and its children; returns when each of them has stopped or goes on.
  void pause() const;
  void resume() const;
  /// SIGKILL to the server and its children at once, and waits until they are gone.
  void kill_all();

 private:
  pid_t owner_;
  pid_t supervisor_ = -1;
  pid_t server_ = -1;
};

}  // namespace lockkeeper::servers
