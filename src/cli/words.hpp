// What several command lines read alike.
#pragma once

#include <expected>
#include <string>

namespace lockkeeper::cli {

enum class Colour { automatic, always, never };

/// The value of --color, automatic where there is none; or why it is no such value.
[[nodiscard]] std::expected<Colour, std::string> read_colour(const std::string& word);

}  // namespace lockkeeper::cli
