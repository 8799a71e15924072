// How units of work used connections, taken from what a recorder saw: what a simulation plays again.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/recording.hpp"
#include "rules/story.hpp"

namespace lockkeeper::rules {

/// A unit of work asks for a connection, or gives one back, so long after its step before.
struct PoolStep {
  model::Duration after{};
  bool acquires = true;
};

struct TracedUnit {
  model::WallTime arrived;  ///< When it asks for its first connection.
  std::vector<PoolStep> steps;
};

/// Of one application. A transaction is one hold of a connection, from its beginning to its end.
struct PoolTrace {
  std::vector<TracedUnit> units;  ///< By arrival.
  std::vector<model::Duration> holds;
  model::Duration idle{};  ///< Of all holds, nothing ran.
  std::int64_t still_open = 0;
  bool units_are_told = false;
};

[[nodiscard]] std::map<Program, PoolTrace> pool_traces(const model::Recording& recording);

}  // namespace lockkeeper::rules
