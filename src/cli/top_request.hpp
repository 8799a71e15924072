// The command line of `top`.
#pragma once

#include <expected>
#include <string>

#include "cli/request.hpp"

namespace CLI {
class App;
}

namespace lockkeeper::cli {

/// As it was written.
struct TopArguments {
  TopRequest request;
  bool json = false;
};

void add_top(CLI::App& command, TopArguments& arguments);

/// Otherwise what is wrong with it.
[[nodiscard]] std::expected<TopRequest, std::string> understand(TopArguments arguments);

}  // namespace lockkeeper::cli
