// A pool, simulated: units of work arrive as they did and want connections as they did; how long they hold them is as
// it was, and each wait puts off all that a unit does after it. First in, first out, as the library's pool; connecting
// takes no time.
#pragma once

#include <vector>

#include "model/pool_advice.hpp"
#include "rules/pool_trace.hpp"

namespace lockkeeper::rules {

/// `load`: the time between arrivals is divided by it. O(steps * log steps).
[[nodiscard]] model::PoolTrial simulate_pool(const std::vector<TracedUnit>& units, std::int64_t size,
                                             model::Duration acquire_timeout, double load = 1);

}  // namespace lockkeeper::rules
