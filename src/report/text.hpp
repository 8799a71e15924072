// The text face: one block a finding, like a good compiler's diagnostics.
#pragma once

#include <string>
#include <vector>

#include "model/diagnosis.hpp"
#include "report/options.hpp"

namespace lockkeeper::report {

/// One block a finding, most severe first, and a closing line; a healthy server is one line. Ends with a newline.
[[nodiscard]] std::string to_text(const model::Diagnosis& diagnosis, const Options& options);

/// A line of a tree of waits: what connects it to those above (empty: a root), and its words, printable.
struct DrawnWait {
  std::string branch;
  std::string text;
};
[[nodiscard]] std::vector<DrawnWait> draw(const std::vector<model::WaitTreeLine>& lines);

/// One finding of the diagnosis: its block.
[[nodiscard]] std::string to_text(const model::Finding& finding, const model::Diagnosis& diagnosis,
                                  const Options& options);

/// What is known of something, as in a finding's block: names and values, who waits behind it, what it ran.
[[nodiscard]] std::string to_text(const model::Evidence& evidence, const Options& options);

/// Who is (or was) acted on, what it held, who was released. Ends with a newline.
[[nodiscard]] std::string to_text(const model::ActionReport& report, const Options& options);

/// How far an ended session's rollback is, in one line without its end.
[[nodiscard]] std::string to_text(const model::Rollback& rollback);

/// `error: ...` with its advice, for standard error. Ends with a newline.
[[nodiscard]] std::string to_text(const model::LookFailure& failure, const Options& options);

}  // namespace lockkeeper::report
