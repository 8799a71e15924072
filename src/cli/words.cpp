#include "cli/words.hpp"

#include <fmt/format.h>

namespace lockkeeper::cli {

std::expected<Colour, std::string> read_colour(const std::string& word) {
  if (word.empty() || word == "auto") return Colour::automatic;
  if (word == "always") return Colour::always;
  if (word == "never") return Colour::never;
  return std::unexpected(fmt::format("\"{}\" is none of auto, always, never", word));
}

}  // namespace lockkeeper::cli
