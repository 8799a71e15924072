// What /proc says about a process and its children.
#pragma once

#include <sys/types.h>

#include <vector>

namespace lockkeeper::servers {

/// The process and its children; empty where it does not exist.
[[nodiscard]] std::vector<pid_t> process_family(pid_t parent);

/// The letter of /proc/<pid>/stat (R, S, T, Z ...), or 0 where there is no such process.
[[nodiscard]] char process_state(pid_t process);

}  // namespace lockkeeper::servers
