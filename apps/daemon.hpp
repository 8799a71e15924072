// `lockkeeper run`: the proxy with what looks at it, from start to SIGTERM.
#pragma once

#include "cli/request.hpp"
#include "collectors.hpp"

namespace lockkeeper {

/// `collectors`: for the looks at the server itself. Returns the exit status: 0 after an orderly end, 2 for a wrong
/// configuration, 3 where it could not start.
[[nodiscard]] int run_daemon(const cli::RunRequest& request, const Collectors& collectors);

}  // namespace lockkeeper
