// What leaked-transaction and slow-holder share: the sessions that a learnt verdict is about, and what was learnt as
// evidence.
#pragma once

#include <string>
#include <vector>

#include "model/finding.hpp"
#include "model/gap_shape.hpp"
#include "rules/idle_groups.hpp"
#include "rules/rule.hpp"

namespace lockkeeper::rules {

struct GapGroup {
  model::ShapeSummary shape;
  IdleGroup idle;  ///< Those it names that this look shows idle in their transaction still; longest silent first.
};

/// Of the shapes with this verdict, those that name somebody now. Empty without a book.
[[nodiscard]] std::vector<GapGroup> gap_groups(const Look& look, model::GapVerdict verdict);

/// The finding about such a group, but for what only its rule can say: severity, confidence, explanation, mistake, fix.
[[nodiscard]] model::Finding gap_finding(const Look& look, const GapGroup& group, std::string_view rule);

/// "9 in 10 of 300 gaps ended within 2.1 s, the longest took 40 s"
[[nodiscard]] std::string usual_gap(const model::ShapeSummary& shape);

/// 1 / p: so many programs without the fault show as much once. At most a milliard.
[[nodiscard]] std::int64_t one_in(double p);

}  // namespace lockkeeper::rules
