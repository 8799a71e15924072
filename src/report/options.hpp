// What a face has to know to write commands that work and lines that fit.
#pragma once

#include <string>

#include "model/finding.hpp"

namespace lockkeeper::report {

struct Options {
  std::string program = "lockkeeper";
  std::string arguments;  ///< Those that another command needs to see the same findings: "--min-idle 2s".
  bool colour = false;
  std::size_t width = 100;        ///< Columns for wrapped text.
  bool in_full = false;           ///< All sessions and statements, however many: the reader can scroll.
  bool conclusion_first = false;  ///< What it comes to before the details: the reader sees the beginning first.
  std::string to_act = "Add --yes to act.";  ///< What a dry run tells its reader to do.
};

/// A word as a POSIX shell takes it: quoted where it must be.
[[nodiscard]] std::string shell_word(const std::string& text);

/// The command that acts on the finding: `lockkeeper kill URL --finding ID --yes`, with all that it needs to work.
[[nodiscard]] std::string kill_command(const Options& options, const std::string& url, const model::Finding& finding,
                                       model::Action action);

/// What the remedy will do, in words; says so where superusers' sessions are among those it ends.
[[nodiscard]] std::string prediction(const model::Finding& finding, const model::Remedy& remedy);

}  // namespace lockkeeper::report
