#include "cli/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <utility>

namespace lockkeeper::cli {
namespace {

constexpr std::array<std::pair<std::string_view, Shell>, 3> shells{
    {{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}}};

// By the name that the help gives to the value: those of which there are a few only.
std::vector<std::string> values_of(const std::string& value_name) {
  if (value_name == "WHEN") return {"auto", "always", "never"};
  if (value_name == "SEVERITY") return {"notice", "warning", "critical", "never"};
  if (value_name == "MODE") return {"session", "transaction"};
  if (value_name == "SERVER") return {"postgres", "mariadb", "mysql", "sqlite"};
  if (value_name == "BACKEND") return {"auto", "io_uring", "epoll"};
  return {};
}

CompletedOption completed(const CLI::Option& option, const std::string& name) {
  const std::string value = option.get_type_name();
  const bool takes_value = option.get_items_expected_max() > 0;
  return {.name = "--" + name,
          .help = option.get_description(),
          .takes_value = takes_value,
          .value_is_file = takes_value && value.ends_with("FILE"),
          .values = takes_value ? values_of(value) : std::vector<std::string>()};
}

// Within single quotes.
std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char each : text) {
    if (each == '\'') {
      result += "'\\''";
    } else {
      result += each;
    }
  }
  return result + "'";
}

std::string fish_quoted(std::string_view text) {
  std::string result = "'";
  for (const char each : text) {
    if (each == '\'' || each == '\\') result += '\\';
    result += each;
  }
  return result + "'";
}

// What completes the value of the option before the cursor. An empty list: nothing does.
std::string bash_values(const CompletedCommand& command) {
  std::string cases;
  for (const auto& option : command.options) {
    if (!option.takes_value) continue;
    const std::string completes = option.value_is_file
                                      ? R"(compopt -o default)"
                                      : fmt::format(R"(mapfile -t COMPREPLY < <(compgen -W {} -- "$word"))",
                                                    shell_quoted(fmt::format("{}", fmt::join(option.values, " "))));
    cases += fmt::format("        {}) {}; return ;;\n", option.name, completes);
  }
  return cases;
}

std::string bash_script(const std::vector<CompletedCommand>& commands) {
  std::vector<std::string> names;
  std::string cases;
  for (const auto& command : commands) {
    names.push_back(command.name);
    std::vector<std::string> options;
    for (const auto& option : command.options) options.push_back(option.name);
    cases += fmt::format("    {})\n      case $before in\n{}      esac\n      options={} ;;\n", command.name,
                         bash_values(command), shell_quoted(fmt::format("{}", fmt::join(options, " "))));
  }
  return fmt::format(R"(# Completes lockkeeper's command lines. Written by: lockkeeper completion bash
_lockkeeper() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} options=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W {} -- "$word")
    return
  fi
  case ${{COMP_WORDS[1]}} in
{}  esac
  case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;
    *) compopt -o default ;;
  esac
}}
complete -F _lockkeeper lockkeeper
)",
                     shell_quoted(fmt::format("{} --help --version", fmt::join(names, " "))), cases);
}

// With what each is for, which bash does not show.
std::string zsh_script(const std::vector<CompletedCommand>& commands) {
  std::string cases;
  std::string described;
  for (const auto& command : commands) {
    described += fmt::format("    {}\n", shell_quoted(fmt::format("{}:{}", command.name, command.help)));
    cases += fmt::format("    {})\n      options=(\n", command.name);
    for (const auto& option : command.options) {
      std::string help = option.help;
      for (const char* special : {"\\", "[", "]", ":"}) {
        for (std::size_t at = 0; (at = help.find(special, at)) != std::string::npos; at += 2) help.insert(at, "\\");
      }
      const std::string value = !option.takes_value    ? ""
                                : option.value_is_file ? ":file:_files"
                                                       : fmt::format(":value:({})", fmt::join(option.values, " "));
      cases += fmt::format("        {}\n", shell_quoted(fmt::format("*{}[{}]{}", option.name, help, value)));
    }
    cases += "      ) ;;\n";
  }
  return fmt::format(R"(#compdef lockkeeper
# Completes lockkeeper's command lines. Written by: lockkeeper completion zsh
_lockkeeper() {{
  local -a commands options
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
{}  esac
  shift words
  (( CURRENT-- ))
  _arguments -S $options '*:argument:_files'
}}
if [ "$funcstack[1]" = _lockkeeper ]; then _lockkeeper "$@"; else compdef _lockkeeper lockkeeper; fi
)",
                     described, cases);
}

std::string fish_script(const std::vector<CompletedCommand>& commands) {
  std::string lines = "# Completes lockkeeper's command lines. Written by: lockkeeper completion fish\n";
  for (const auto& command : commands) {
    lines += fmt::format("complete -c lockkeeper -f -n __fish_use_subcommand -a {} -d {}\n", command.name,
                         fish_quoted(command.help));
  }
  for (const auto& command : commands) {
    for (const auto& option : command.options) {
      std::string value;
      if (option.takes_value) value = option.value_is_file ? " -r -F" : " -x";
      if (!option.values.empty())
        value += fmt::format(" -a {}", fish_quoted(fmt::format("{}", fmt::join(option.values, " "))));
      lines += fmt::format("complete -c lockkeeper -n '__fish_seen_subcommand_from {}' -l {}{} -d {}\n", command.name,
                           option.name.substr(2), value, fish_quoted(option.help));
    }
  }
  return lines;
}

}  // namespace

std::optional<Shell> shell_named(std::string_view name) {
  const auto* found = std::ranges::find(shells, name, &std::pair<std::string_view, Shell>::first);
  return found == shells.end() ? std::nullopt : std::optional(found->second);
}

std::vector<CompletedCommand> completed(const CLI::App& app) {
  std::vector<CompletedCommand> commands;
  for (const auto* command : app.get_subcommands({})) {
    CompletedCommand& added =
        commands.emplace_back(command->get_name(), command->get_description(), std::vector<CompletedOption>());
    for (const auto* option : command->get_options()) {
      for (const auto& name : option->get_lnames()) added.options.push_back(completed(*option, name));
    }
  }
  return commands;
}

std::string completion_script(Shell shell, const std::vector<CompletedCommand>& commands) {
  switch (shell) {
    case Shell::bash: return bash_script(commands);
    case Shell::zsh: return zsh_script(commands);
    case Shell::fish: return fish_script(commands);
  }
  return {};
}

}  // namespace lockkeeper::cli
