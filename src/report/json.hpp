// The JSON face: docs/api.md describes it, docs/api/*.schema.json define it, tests validate against them.
#pragma once

#include <string>

#include "model/diagnosis.hpp"
#include "report/options.hpp"

namespace lockkeeper::report {

/// The schema's version: raised when a field changes its meaning or goes; new fields do not raise it.
inline constexpr int schema_version = 1;

/// One line, no trailing newline. Text that is not UTF-8 (a server may hold any bytes) is mended with U+FFFD.
[[nodiscard]] std::string to_json(const model::Diagnosis& diagnosis, const Options& options);
[[nodiscard]] std::string to_json(const model::ActionReport& report, const Options& options);

}  // namespace lockkeeper::report
