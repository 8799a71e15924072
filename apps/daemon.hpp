// `lockkeeper run`: the proxy with what looks at it, from start to SIGTERM.
#pragma once

#include "cli/request.hpp"

namespace lockkeeper {

/// Returns the exit status: 0 after an orderly end, 2 for a wrong configuration, 3 where it could not start.
[[nodiscard]] int run_daemon(const cli::RunRequest& request);

}  // namespace lockkeeper
