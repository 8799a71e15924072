// What a demonstration tells its viewer: a few kinds of lines, wrapped and coloured in one place.
#pragma once

#include <iosfwd>
#include <string_view>

#include "report/options.hpp"

namespace lockkeeper::demo {

/// Belongs to one thread. What it is told goes to the stream at once, so that a viewer sees it happen.
class Story {
 public:
  /// The stream has to outlive it.
  Story(std::ostream& out, report::Options options);

  /// "1. webhook  A request's session handed to background work", after an empty line.
  void heading(std::string_view title, std::string_view words);
  /// A paragraph.
  void say(std::string_view words);
  /// One thing that happened, or was seen.
  void note(std::string_view words);
  /// What somebody else said: an error's message, line by line.
  void quote(std::string_view words);
  /// "$ lockkeeper kill ...": what the viewer would have typed.
  void command(std::string_view words);
  /// Text that is laid out already.
  void block(std::string_view text);
  /// A column of the table: whether it holds, and what it was seen by.
  void verdict(std::string_view column, bool holds, std::string_view words);

  [[nodiscard]] const report::Options& options() const noexcept { return options_; }

 private:
  std::ostream& out_;
  report::Options options_;
};

}  // namespace lockkeeper::demo
