// The leak gate: what each test of a suite left behind. Pure: the same input, the same report.
//
// A transaction belongs to the test in which it began, in its client's process; else to its unit of work, by the tags
// of its statements; else to the application. It is left open if its client left with it open, or if it was open when
// the next test of that process began: what a test's own clean-up still ends is none.
#pragma once

#include <vector>

#include "model/leak_gate.hpp"

namespace lockkeeper::rules {

/// `known`: the baseline, leaks that are not new.
[[nodiscard]] model::GateReport judge_tests(const model::GateInput& input, const std::vector<model::LeakKey>& known);

}  // namespace lockkeeper::rules
