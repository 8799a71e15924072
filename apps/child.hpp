// A command that runs beside us, from start to end: `lockkeeper test -- COMMAND`.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockkeeper {

/// Belongs to the main thread: the command ends when that does, even by SIGKILL.
class Child {
 public:
  /// What a shell's exit status says of a program that is not there, and of one that cannot be run.
  static constexpr int not_found = 127;
  static constexpr int not_runnable = 126;

  /// Takes SIGTERM, SIGINT, SIGHUP and SIGCHLD for itself. Before there is any thread.
  Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  /// Kills it if it still runs.
  ~Child();

  struct Command {
    std::vector<std::string> words;
    std::map<std::string, std::string> environment;  ///< Over ours.
    bool output_to_error = false;                    ///< Its standard output is our standard error.
  };
  /// Otherwise not_found or not_runnable.
  [[nodiscard]] std::expected<void, int> start(const Command& command);

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// Ends it: SIGTERM, and SIGKILL where it goes on for `patience`.
  void end(std::chrono::milliseconds patience);

  /// Waits for its end, no longer than `time`, and passes signals on to it. Its exit status once it has ended, as a
  /// shell tells it.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds time);

 private:
  void pass_on(const siginfo_t& signal) const;
  [[nodiscard]] bool reap();

  sigset_t signals_{};
  sigset_t before_{};
  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace lockkeeper
