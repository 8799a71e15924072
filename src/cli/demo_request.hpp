// The command line of `demo`.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "cli/words.hpp"

namespace CLI {
class App;
}

namespace lockkeeper::cli {

/// As it was written.
struct DemoArguments {
  std::string incident;
  std::string on;
  std::string colour;
  bool keep = false;
  bool yes = false;
  bool json = false;
};

/// Understood.
struct DemoRequest {
  std::optional<int> incident;  ///< 1 to 5; nothing: all.
  std::string on;               ///< "postgres", "mariadb", "mysql", "sqlite"; empty: the first of them that is there.
  bool keep = false;            ///< The server runs on until the viewer has looked at it.
  bool yes = false;             ///< Ask nothing.
  bool json = false;
  Colour colour = Colour::automatic;
};

void add_demo(CLI::App& command, DemoArguments& arguments);

/// Otherwise what is wrong with them.
[[nodiscard]] std::expected<DemoRequest, std::string> understand(const DemoArguments& arguments);

}  // namespace lockkeeper::cli
