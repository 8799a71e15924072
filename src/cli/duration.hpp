// Durations as people write them on a command line.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "model/time.hpp"

namespace lockkeeper::cli {

/// "500ms", "10s", "2min", "1h30m", "1d", "0"; units ms, s, m or min, h, d. Otherwise the reason, with an example.
[[nodiscard]] std::expected<model::Duration, std::string> parse_duration(std::string_view text);

/// The shortest form that parse_duration reads back as the same: "90s" is "1m30s". Whole milliseconds only.
[[nodiscard]] std::string write_duration(model::Duration duration);

}  // namespace lockkeeper::cli
