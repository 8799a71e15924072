// What a rule is: a pure function of one look, the looks before it, and the limits.
#pragma once

#include <vector>

#include "model/app_log.hpp"
#include "model/finding.hpp"
#include "model/recording.hpp"
#include "model/snapshot.hpp"
#include "rules/blocking.hpp"
#include "rules/limits.hpp"
#include "rules/window.hpp"

namespace lockkeeper::rules {

class GapBook;
class PoolMemory;

/// One look with what was derived from it. `window` includes this look. With a recording, the snapshot is one of
/// `with_clients` or `snapshot_of` (recorded.hpp), so that every rule speaks of the real clients.
struct Look {
  const model::Snapshot& snapshot;
  const Blocking& blocking;
  const Window& window;
  const model::Recording* recording = nullptr;  ///< Of the same moment, nearly; nullptr without a recorder.
  const GapBook* gaps = nullptr;                ///< What was learnt, of this look too; nullptr where nobody learns.
  const model::AppLog* app_log = nullptr;       ///< Read just before the snapshot; nullptr without.
  const PoolMemory* pools = nullptr;            ///< Of the looks until this one; never nullptr with an app_log.
};

using Rule = std::vector<model::Finding> (*)(const Look&, const Limits&);

}  // namespace lockkeeper::rules
