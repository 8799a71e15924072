#include "report/options.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockkeeper::report {
namespace {

auto superusers(const model::Finding& finding) {
  return std::ranges::count(finding.subjects, true, &model::Session::superuser);
}

}  // namespace

std::string shell_word(const std::string& text) {
  constexpr const char* safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:@%,";
  if (!text.empty() && text.find_first_not_of(safe) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char character : text) quoted += character == '\'' ? std::string("'\\''") : std::string(1, character);
  return quoted + "'";
}

std::string kill_command(const Options& options, const std::string& url, const model::Finding& finding,
                         model::Action action) {
  return fmt::format("{} kill {}--finding {}{}{}{} --yes", options.program, url.empty() ? "" : shell_word(url) + " ",
                     finding.id.value(), options.arguments.empty() ? "" : " " + options.arguments,
                     action == model::Action::cancel ? " --cancel" : "",
                     superusers(finding) > 0 ? " --include-superusers" : "");
}

std::string prediction(const model::Finding& finding, const model::Remedy& remedy) {
  // What is not done by `kill` needs no leave for superusers.
  const auto count = remedy.statement.empty() ? superusers(finding) : 0;
  if (count == 0) return remedy.predicted;
  return fmt::format("{} ({} a superuser's, hence --include-superusers)", remedy.predicted,
                     finding.subjects.size() == 1 ? std::string("it is")
                                                  : fmt::format("{} of them {}", count, count == 1 ? "is" : "are"));
}

}  // namespace lockkeeper::report
