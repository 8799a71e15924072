// Which process of this machine is behind a TCP connection on loopback: by /proc, which tells its own user's processes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace lockkeeper {

/// The processes of these clients ("127.0.0.1:40312") and those that started them, nearest first, as far as `root`,
/// which is one of them or the client is left out. By client.
[[nodiscard]] std::map<std::uint64_t, std::vector<std::int64_t>> processes_of(
    const std::map<std::uint64_t, std::string_view>& clients, pid_t root);

}  // namespace lockkeeper
