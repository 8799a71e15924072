// `lockkeeper demo`: a private server between start and end, and the incidents that are played on it.
#pragma once

#include "cli/demo_request.hpp"
#include "collectors.hpp"

namespace lockkeeper {

/// Tells it on standard output; returns the exit status.
[[nodiscard]] int play_demo(const cli::DemoRequest& request, const Collectors& collectors);

}  // namespace lockkeeper
