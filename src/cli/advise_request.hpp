// The command line of `advise`.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/words.hpp"
#include "model/pool_advice.hpp"

namespace CLI {
class App;
}

namespace lockkeeper::cli {

/// As it was written.
struct AdviseArguments {
  std::string source;
  std::string target;
  std::string acquire_timeout;
  std::string timeout;
  std::string colour;
  double load = 1;
  std::vector<std::int64_t> sizes;
  bool json = false;
};

/// Understood.
struct AdviseRequest {
  std::string url;   ///< Of a recorder's console; empty: the file.
  std::string file;  ///< "-": standard input.
  model::AdviceWish wish;
  model::Duration timeout = std::chrono::seconds(15);
  bool json = false;
  Colour colour = Colour::automatic;
};

void add_advise(CLI::App& command, AdviseArguments& arguments);

/// Otherwise what is wrong with them.
[[nodiscard]] std::expected<AdviseRequest, std::string> understand(const AdviseArguments& arguments);

}  // namespace lockkeeper::cli
