// What a face has to know to write commands that work and lines that fit.
#pragma once

#include <string>

#include "model/finding.hpp"

namespace lockkeeper::report {

struct Options {
  std::string program = "lockkeeper";
  std::string arguments;  ///< Those that another command needs to see the same findings: "--min-idle 2s".
  bool colour = false;
  std::size_t width = 100;  ///< Columns for wrapped text.
};

/// A word as a POSIX shell takes it: quoted where it must be.
[[nodiscard]] std::string shell_word(const std::string& text);

/// The command that acts on the finding: `lockkeeper kill URL --finding ID --yes`, with all that it needs to work.
[[nodiscard]] std::string kill_command(const Options& options, const std::string& url, const model::Finding& finding,
                                       model::Action action);

/// What the remedy will do, in words; says so where superusers' sessions are among those it ends.
[[nodiscard]] std::string prediction(const model::Finding& finding, const model::Remedy& remedy);

}  // namespace lockkeeper::report
