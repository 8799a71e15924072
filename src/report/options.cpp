#include "report/options.hpp"

#include <fmt/format.h>

namespace lockkeeper::report {

std::string shell_word(const std::string& text) {
  constexpr const char* safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:@%,";
  if (!text.empty() && text.find_first_not_of(safe) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char character : text) quoted += character == '\'' ? std::string("'\\''") : std::string(1, character);
  return quoted + "'";
}

std::string kill_command(const Options& options, const std::string& url, const std::string& finding, bool cancel) {
  return fmt::format("{} kill {}--finding {}{}{} --yes", options.program, url.empty() ? "" : shell_word(url) + " ",
                     finding, options.arguments.empty() ? "" : " " + options.arguments, cancel ? " --cancel" : "");
}

}  // namespace lockkeeper::report
