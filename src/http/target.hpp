// A request's target, taken apart: "/api/v1/servers/a%2Fb/samples?after=..." to its segments and its query.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::http {

struct Target {
  std::string path;                                       ///< As it came, up to the question mark.
  std::vector<std::string> segments;                      ///< Decoded; "/" has none, "/a/" has "a" and "".
  std::map<std::string, std::string, std::less<>> query;  ///< Decoded; of a name that comes twice, the first.
};

inline constexpr std::size_t most_segments = 16;    ///< Ours have five at most.
inline constexpr std::size_t most_parameters = 32;  ///< Ours have three at most.

/// Percent-encoding undone; nullopt where it is malformed or makes a control character. `plus_is_space`: as forms do.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space = false);

/// The reason where it cannot be read.
[[nodiscard]] std::expected<Target, std::string> parse_target(std::string_view text);

}  // namespace lockkeeper::http
