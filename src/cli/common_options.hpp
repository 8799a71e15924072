// Options that several commands have.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cli/request.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lockkeeper::cli {

/// An option whose value is read by `read`, which returns what is wrong with it, or nothing.
CLI::Option* add_choice(CLI::App& command, const std::string& name, const std::string& help, const std::string& value,
                        std::function<std::string(const std::string&)> read);

void add_duration(CLI::App& command, const std::string& name, diagnose::Duration& into, const std::string& help,
                  bool not_zero = false);

/// From 1 on.
[[nodiscard]] bool read_count(const std::string& text, std::int64_t& into);

/// What is a finding from when on, and --timeout.
void add_limits(CLI::App& command, Common& common);

/// As add_limits, --json and --color.
void add_common(CLI::App& command, Common& common);

/// Who may be acted on, and where it is recorded.
void add_acting(CLI::App& command, diagnose::ActionRequest& action);

/// The limits that are not the defaults, as arguments.
[[nodiscard]] std::string limit_arguments(const diagnose::Limits& limits);

}  // namespace lockkeeper::cli
