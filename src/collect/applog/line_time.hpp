// The time at the beginning of a log line.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "model/time.hpp"

namespace lockkeeper::collect::applog {

/// A time as a clock on the wall shows it, in a zone that the line does not name.
using LocalTime = std::chrono::local_time<model::Duration>;
/// The moment at which the clock showed that. Where it showed it twice, either.
using LocalClock = std::function<model::WallTime(LocalTime)>;

/// The clock of this machine, by its TZ.
[[nodiscard]] LocalClock machine_clock();

struct LineTime {
  std::optional<model::WallTime> at;  ///< Empty: the line begins with no time that is understood.
  std::string_view rest;              ///< Of the line, behind it.
};

/// Understood are ISO 8601 and what is near it (logback, log4j, Spring Boot, Python, Go, PgBouncer), with or without
/// offset; log4j's bare time of day, the last one that is not after `now`; java.util.logging's and syslog's.
/// A zone named otherwise than UTC, GMT or by its offset is taken for that of `local`.
[[nodiscard]] LineTime take_time(std::string_view line, model::WallTime now, const LocalClock& local);

}  // namespace lockkeeper::collect::applog
