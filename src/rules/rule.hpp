// What a rule is: a pure function of one look, the looks before it, and the limits.
#pragma once

#include <vector>

#include "model/finding.hpp"
#include "model/snapshot.hpp"
#include "rules/blocking.hpp"
#include "rules/limits.hpp"
#include "rules/window.hpp"

namespace lockkeeper::rules {

/// One look with what was derived from it. `window` includes this look.
struct Look {
  const model::Snapshot& snapshot;
  const Blocking& blocking;
  const Window& window;
};

using Rule = std::vector<model::Finding> (*)(const Look&, const Limits&);

}  // namespace lockkeeper::rules
