#include "cli/app_log_option.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace lockkeeper::cli {
namespace {

std::string wrong_with(const AppLogArgument& argument, const std::vector<AppLogArgument>& others, AppLogs use) {
  if (argument.file.empty()) return "names no file; write it like shop=/var/log/shop.log";
  if (argument.file == "-" && use == AppLogs::followed) return "standard input cannot be followed: name a file";
  if (argument.file == "-" && std::ranges::count(others, "-", &AppLogArgument::file) > 0)
    return "standard input can be read only once";
  return "";
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return result + "'";
}

}  // namespace

AppLogArgument read_app_log(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || text.substr(0, equals).contains('/'))
    return {"", std::string(text)};
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

void add_app_logs(CLI::App& command, std::vector<AppLogArgument>& into, const std::string& help, AppLogs use) {
  command
      .add_option_function<std::vector<std::string>>(
          "--app-log",
          [&into, use](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              AppLogArgument argument = read_app_log(text);
              if (const auto complaint = wrong_with(argument, into, use); !complaint.empty())
                throw CLI::ValidationError("--app-log", complaint);
              into.push_back(std::move(argument));
            }
          },
          help)
      ->type_name("[NAME=]FILE")
      ->allow_extra_args(false);  // what follows is a URL
}

std::string app_log_arguments(const std::vector<AppLogArgument>& files) {
  std::string result;
  for (const AppLogArgument& each : files) {
    const std::string name = each.application.empty() ? "" : each.application + "=";
    result += fmt::format("{}--app-log {}", result.empty() ? "" : " ", quoted(name + each.file));
  }
  return result;
}

}  // namespace lockkeeper::cli
