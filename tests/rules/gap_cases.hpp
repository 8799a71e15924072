// Scenes with a book in which something was learnt.
#pragma once

#include <vector>

#include "model/gap_shape.hpp"
#include "rules/recordings.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::test {

/// 300 gaps of a second or less were normal; `verdict` is what has become of them, since an hour before `look_time`.
[[nodiscard]] model::GapShapeState learnt_state(const model::ShapeKey& key, std::string_view text,
                                                model::GapVerdict verdict);

/// The key of sessions of "shop" in the views after this statement.
[[nodiscard]] model::ShapeKey viewed_key(std::string_view text, std::string application = "shop");

/// Gives the scene a book with these states, that has seen this look.
void learn(Scene& scene, std::vector<model::GapShapeState> states);

[[nodiscard]] Scene leaking();             ///< Four sessions that will not come back, one waits behind them.
[[nodiscard]] Scene slowing();             ///< Three that come back later than usual, one waits behind them.
[[nodiscard]] Recorded leaking_clients();  ///< Incident 1, learnt.
[[nodiscard]] Scene still_learning();      ///< Idle for long, and 12 gaps are known.

[[nodiscard]] std::vector<Scene> gap_cases();

}  // namespace lockkeeper::test
