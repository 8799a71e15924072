// What the programs that are one private server for runners in other languages (private-postgres, private-mysql) have
// in common: when they end, and a command that runs beside the server.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace lockkeeper::testing {

/// Whoever started this program. Made first in main, before there is a server or a thread: it takes SIGTERM, SIGINT
/// and SIGCHLD for itself. One thread; the descriptors live as long as the process.
class Starter {
 public:
  Starter();

  /// It died while we began: nobody wants a server.
  [[nodiscard]] bool is_gone() const noexcept { return gone_; }

  /// Returns when standard input has ended, SIGTERM or SIGINT has come, or the starter is dead.
  void wait_for_end() const;

  /// Runs a command with these variables added to the environment, passes signals on to it, and returns its exit
  /// status as a shell would: 127 if it cannot be run, 128 + signal.
  [[nodiscard]] int run(std::vector<char*> command, const std::map<std::string, std::string>& environment) const;

 private:
  bool gone_ = false;
  int signals_ = -1;
  int starter_ = -1;  // a pidfd
};

/// In quotes. For paths, URLs and messages without control characters.
[[nodiscard]] std::string json_string(const std::string& text);

}  // namespace lockkeeper::testing
