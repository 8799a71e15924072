// The command line of `test`, the leak gate.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/words.hpp"
#include "model/time.hpp"

namespace CLI {
class App;
}

namespace lockkeeper::cli {

/// As it was written.
struct TestArguments {
  std::string database;
  std::string junit;
  std::string baseline;
  std::string colour;
  std::string timeout;
  bool write_baseline = false;
  bool json = false;
  std::vector<std::string> command;
};

/// Understood.
struct TestRequest {
  std::string url;             ///< Of the database in front of which the suite runs. Empty: a private server.
  std::string private_server;  ///< "postgres" or "mariadb"; empty: whichever there is.
  std::vector<std::string> command;
  std::filesystem::path junit;     ///< Empty: none is written.
  std::filesystem::path baseline;  ///< Empty: there is none.
  bool write_baseline = false;
  bool json = false;
  std::optional<model::Duration> timeout;  ///< Of the command, which is ended then.
  Colour colour = Colour::automatic;
};

void add_test(CLI::App& command, TestArguments& arguments);

/// Otherwise what is wrong with them.
[[nodiscard]] std::expected<TestRequest, std::string> understand(const TestArguments& arguments);

}  // namespace lockkeeper::cli
