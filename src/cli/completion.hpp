// Scripts by which a shell completes command lines: written from the options themselves, so that none is forgotten.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace lockkeeper::cli {

struct CompletedOption {
  std::string name;  ///< With its dashes.
  std::string help;
  bool takes_value = false;
  bool value_is_file = false;
  std::vector<std::string> values{};  ///< All that it takes, where they can be counted.
};

struct CompletedCommand {
  std::string name;
  std::string help;
  std::vector<CompletedOption> options;
};

enum class Shell { bash, zsh, fish };

/// nullopt: it is none that we write for.
[[nodiscard]] std::optional<Shell> shell_named(std::string_view name);

/// The commands of a program and their options, in the order of its help.
[[nodiscard]] std::vector<CompletedCommand> completed(const CLI::App& app);

/// What that shell reads to complete `lockkeeper`.
[[nodiscard]] std::string completion_script(Shell shell, const std::vector<CompletedCommand>& commands);

}  // namespace lockkeeper::cli
