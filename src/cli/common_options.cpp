#include "cli/common_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <optional>

#include "cli/duration.hpp"

namespace lockkeeper::cli {

CLI::Option* add_choice(CLI::App& command, const std::string& name, const std::string& help, const std::string& value,
                        std::function<std::string(const std::string&)> read) {
  return command
      .add_option_function<std::string>(
          name,
          [name, read = std::move(read)](const std::string& text) {
            const auto complaint = read(text);
            if (!complaint.empty()) throw CLI::ValidationError(name, complaint);
          },
          help)
      ->type_name(value);
}

void add_duration(CLI::App& command, const std::string& name, diagnose::Duration& into, const std::string& help,
                  bool not_zero) {
  add_choice(command, name, fmt::format("{} [default: {}]", help, write_duration(into)), "DURATION",
             [&into, not_zero](const std::string& text) -> std::string {
               const auto duration = parse_duration(text);
               if (!duration) return duration.error();
               if (not_zero && *duration == diagnose::Duration::zero()) return "must be longer than 0";
               into = *duration;
               return "";
             });
}

bool read_count(const std::string& text, std::int64_t& into) {
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, into);
  return error == std::errc() && stop == end && into > 0;
}

void add_limits(CLI::App& command, Common& common) {
  auto& limits = common.limits;
  add_duration(command, "--min-idle", limits.min_idle, "A transaction idle this long is a finding");
  add_duration(command, "--max-age", limits.max_age, "A busy transaction open this long is a finding");
  add_duration(command, "--min-wait", limits.min_wait, "A lock wait this long makes its root a finding");
  add_duration(command, "--max-prepared-age", limits.max_prepared_age, "A prepared transaction this old is a finding");
  add_choice(command, "--max-horizon",
             fmt::format("Vacuum held back by so many transactions is a finding [default: {}]", limits.max_horizon),
             "COUNT", [&limits](const std::string& text) {
               return read_count(text, limits.max_horizon)
                          ? ""
                          : fmt::format("\"{}\" is no count of transactions; write it like 500000", text);
             });
  add_duration(command, "--timeout", common.timeout, "Longest wait for the server, each look and each action", true);
}

void add_common(CLI::App& command, Common& common) {
  add_limits(command, common);
  command.add_flag("--json", common.json, "One JSON object a line instead of text (docs/api.md)");
  add_choice(command, "--color", "auto, always or never [default: auto]", "WHEN", [&common](const std::string& text) {
    const auto read = read_colour(text);
    if (!read) return read.error();
    common.colour = *read;
    return std::string();
  });
}

void add_acting(CLI::App& command, diagnose::ActionRequest& action) {
  command.add_flag("--include-superusers", action.include_superusers, "Superusers' sessions too");
  add_choice(command, "--max-rollback-rows",
             fmt::format("Leave alone who has more rows to roll back (MySQL, MariaDB) [default: {}]",
                         action.max_rollback_rows),
             "COUNT", [&action](const std::string& text) {
               return read_count(text, action.max_rollback_rows)
                          ? ""
                          : fmt::format("\"{}\" is no count of rows; write it like 1000000", text);
             });
  command
      .add_option_function<std::string>(
          "--audit", [&action](const std::string& path) { action.audit = path; },
          "Append every action to this file [default: ~/.local/state/lockkeeper/audit.jsonl]")
      ->type_name("FILE");
}

std::string limit_arguments(const diagnose::Limits& limits) {
  const diagnose::Limits usual;
  std::string result;
  const auto add = [&](const char* name, auto value, auto usual_value, const std::string& text) {
    if (value != usual_value) result += fmt::format("{}{} {}", result.empty() ? "" : " ", name, text);
  };
  add("--min-idle", limits.min_idle, usual.min_idle, write_duration(limits.min_idle));
  add("--max-age", limits.max_age, usual.max_age, write_duration(limits.max_age));
  add("--min-wait", limits.min_wait, usual.min_wait, write_duration(limits.min_wait));
  add("--max-prepared-age", limits.max_prepared_age, usual.max_prepared_age, write_duration(limits.max_prepared_age));
  add("--max-horizon", limits.max_horizon, usual.max_horizon, std::to_string(limits.max_horizon));
  return result;
}

}  // namespace lockkeeper::cli
