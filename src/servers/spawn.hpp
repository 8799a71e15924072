// Starts programs that end with us, without fork.
//
// After a fork, parent and child share all memory until one of them writes, each page a fault that flushes the other
// processors' caches of addresses; and a supervisor lives as long as its server. With a sanitizer's memory that was a
// fifth of what a test cost. So they are spawned, by way of a small program that changes the user and watches us: the
// keeper (keeper/main.cpp), which is part of this library.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace lockkeeper::servers {

/// Who a child runs as. PostgreSQL refuses root, so under root its programs run as `nobody`.
struct User {
  uid_t uid;
  gid_t gid;
};

struct SpawnOrder {
  const std::vector<std::string>& program;  ///< Its path and its arguments.
  std::optional<User> user;                 ///< nullopt: who we are.
  int output;                               ///< Its standard output and error.
  int report = -1;  ///< Not -1: under a supervisor, which writes the program's pid (a pid_t) to this.
};

/// The pid of the program, or of its supervisor. It has a small clean environment (no PG* variables, locale C), an
/// empty standard input and no other descriptor of ours. Statuses of its own are in keeper/statuses.hpp. A program
/// without a supervisor is killed when the calling *thread* ends. Throws std::system_error.
[[nodiscard]] pid_t spawn(const SpawnOrder& order);

}  // namespace lockkeeper::servers
