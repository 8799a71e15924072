// The command line of `run`.
#pragma once

#include "cli/request.hpp"

namespace CLI {
class App;
}

namespace lockkeeper::cli {

void add_run(CLI::App& command, RunRequest& request);

}  // namespace lockkeeper::cli
