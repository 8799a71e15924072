// What the leak gate found, as text, JSON (docs/api.md) and JUnit's XML; and its baseline file.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "model/leak_gate.hpp"
#include "report/options.hpp"

namespace lockkeeper::report {

[[nodiscard]] std::string to_text(const model::GateReport& report, const Options& options);

/// One line, no trailing newline. `status`: of the command, as a shell would tell it.
[[nodiscard]] std::string to_json(const model::GateReport& report, int status);

/// A test suite named "lockkeeper": each leak is a test case that failed, one that the baseline knows was skipped.
[[nodiscard]] std::string to_junit(const model::GateReport& report);

/// The baseline that has all leaks of this report: JSON, a leak a line, sorted, to be kept beside the tests.
[[nodiscard]] std::string to_baseline(const model::GateReport& report);

/// Otherwise what is wrong with it, and where.
[[nodiscard]] std::expected<std::vector<model::LeakKey>, std::string> read_baseline(std::string_view text);

}  // namespace lockkeeper::report
