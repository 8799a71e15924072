// Log lines that are JSON objects, as programs in containers and container runtimes write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collect/applog/line_time.hpp"

namespace lockkeeper::collect::applog {

struct JsonLine {
  std::optional<model::WallTime> at;
  /// What its message and its exception say, by lines, those that belong to one text in order. Without line ends.
  std::vector<std::string> lines;
};

/// nullopt where the line is no JSON object, or nests too deep to be a log's.
[[nodiscard]] std::optional<JsonLine> read_json_line(std::string_view line, model::WallTime now,
                                                     const LocalClock& local);

}  // namespace lockkeeper::collect::applog
