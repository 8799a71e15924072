// Where servers are looked for beside the system's own places.
#pragma once

#include <filesystem>
#include <vector>

namespace lockkeeper::servers {

/// Also looks there, before anything has been looked for: for `postgres18/native/bin` and its like, as npm's packages
/// unpack, and `mysql`. Returns true. Not thread-safe.
bool search_in(std::filesystem::path folder);

[[nodiscard]] const std::vector<std::filesystem::path>& search_folders();

}  // namespace lockkeeper::servers
