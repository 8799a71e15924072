// The text face: one block a finding, like a good compiler's diagnostics.
#pragma once

#include <string>

#include "model/diagnosis.hpp"
#include "report/options.hpp"

namespace lockkeeper::report {

/// One block a finding, most severe first, and a closing line; a healthy server is one line. Ends with a newline.
[[nodiscard]] std::string to_text(const model::Diagnosis& diagnosis, const Options& options);

/// Who is (or was) acted on, what it held, who was released. Ends with a newline.
[[nodiscard]] std::string to_text(const model::ActionReport& report, const Options& options);

/// `error: ...` with its advice, for standard error. Ends with a newline.
[[nodiscard]] std::string to_text(const model::LookFailure& failure, const Options& options);

}  // namespace lockkeeper::report
