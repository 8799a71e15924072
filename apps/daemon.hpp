// `lockkeeper run`: the proxy with what looks at it, from start to SIGTERM.
#pragma once

#include <lockkeeper/driver.hpp>

#include "cli/request.hpp"

namespace lockkeeper {

/// `driver`: for the looks at the server itself. Returns the exit status: 0 after an orderly end, 2 for a wrong
/// configuration, 3 where it could not start.
[[nodiscard]] int run_daemon(const cli::RunRequest& request, Driver& driver);

}  // namespace lockkeeper
