// Time as the model keeps it: the *server's* wall clock, in microseconds, so that ages never mix two clocks.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::model {

using Duration = std::chrono::microseconds;

/// A point on a server's wall clock (UTC). PostgreSQL keeps microseconds, MySQL at best as many.
using WallTime = std::chrono::sys_time<Duration>;

/// RFC 3339 in UTC with microseconds: 2026-11-22T05:02:22.123456Z.
[[nodiscard]] std::string to_rfc3339(WallTime time);

/// Reads RFC 3339 and PostgreSQL's ISO form with UTC offset ("2026-11-22 05:02:22.5+00"); nullopt where it is neither.
[[nodiscard]] std::optional<WallTime> parse_time(std::string_view text);

/// For people, two units at most: "350 ms", "12.3 s", "2 min 5 s", "2 h 14 min", "3 d 4 h". Negative counts as zero.
[[nodiscard]] std::string to_human(Duration duration);

}  // namespace lockkeeper::model
