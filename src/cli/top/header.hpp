// The lines above every page: which server, how full, what is wrong with it.
#pragma once

#include <vector>

#include "cli/top/layout.hpp"

namespace lockkeeper::cli::top {

/// Their number does not depend on the time.
[[nodiscard]] std::vector<Line> header(const State& state, const Picture& picture, const Frame& frame);

}  // namespace lockkeeper::cli::top
