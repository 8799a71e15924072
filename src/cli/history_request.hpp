// The command line of `history`.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "cli/words.hpp"
#include "model/history.hpp"

namespace CLI {
class App;
}

namespace lockkeeper::cli {

/// As it was written.
struct HistoryArguments {
  std::string file;
  std::string server;
  std::string from;
  std::string to;
  std::string last;
  std::string step;
  std::string timeout;
  std::string colour;
  bool json = false;
};

/// Understood.
struct HistoryRequest {
  std::filesystem::path file;
  model::HistoryQuery query;
  model::Duration timeout = std::chrono::seconds(10);
  bool json = false;
  Colour colour = Colour::automatic;
};

/// A time as people write it: RFC 3339 ("2026-11-22T05:02:22Z"), "2026-11-22 05:02", "2026-11-22" (both UTC), "05:02"
/// (the last time that it was so late, UTC), "90min" (so long ago), "now". Otherwise the reason, with an example.
[[nodiscard]] std::expected<model::WallTime, std::string> parse_moment(std::string_view text, model::WallTime now);

void add_history(CLI::App& command, HistoryArguments& arguments);

/// Otherwise what is wrong with them. `default_file`: where the daemon keeps its history; empty if there is no such
/// place.
[[nodiscard]] std::expected<HistoryRequest, std::string> understand(const HistoryArguments& arguments,
                                                                    const std::filesystem::path& default_file,
                                                                    model::WallTime now);

}  // namespace lockkeeper::cli
