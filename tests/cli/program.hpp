// The real binary as a child process: its arguments, its environment, its words, its exit status.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/servers.hpp"

namespace lockkeeper::testing {

/// What a program said, and how it ended.
struct Finished {
  int status = 0;  ///< Exit status, or 128 + signal.
  std::string out;
  std::string error;
  std::chrono::milliseconds took{};

  [[nodiscard]] std::string all() const { return out + error; }
};

/// For the messages of failed expectations.
std::ostream& operator<<(std::ostream& stream, const Finished& finished);

using Environment = std::map<std::string, std::string>;

struct ProgramSetup {
  std::vector<std::string> arguments;  ///< Without the program's own name.
  /// Over a small clean one: PATH (our binary's folder first), LC_ALL=C, TZ=UTC, HOME in a folder of its own.
  Environment environment = {};
  std::string out = {};      ///< A file for standard output instead of a capture: "/dev/full".
  std::string program = {};  ///< Empty: lockkeeper itself, as this build made it.
};

/// Runs beside the test; killed with its owner, and when the test dies. Used from one thread.
class Program {
 public:
  explicit Program(const ProgramSetup& setup);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  void signal(int number) const;
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] const std::filesystem::path& home() const noexcept { return folder_.path(); }

  /// Waits for its end; throws with what it has said so far at the timeout.
  Finished finish(std::chrono::milliseconds timeout = default_patience);

 private:
  [[nodiscard]] bool has_ended();

  TemporaryFolder folder_;
  std::chrono::steady_clock::time_point started_at_;
  pid_t pid_ = -1;
  int wait_status_ = 0;
};

/// One run from beginning to end.
Finished lockkeeper(const std::vector<std::string>& arguments, const Environment& environment = {});

/// A command line as it is printed, run by /bin/sh with our binary's folder on its PATH.
Finished shell(const std::string& command_line, const Environment& environment = {});

[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace lockkeeper::testing
