// Pools in Prometheus' text format, named by OpenTelemetry's conventions for database clients where these have a name:
// docs/library/events.md lists all.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "model/pool.hpp"

namespace lockkeeper::report {

/// To be served with this type.
inline constexpr const char* prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// The text of one scrape. Families in a fixed order, pools in theirs; every pool has every metric. Names of pools that
/// are not UTF-8 are mended with U+FFFD. `facts_lost`: thrown away by whoever gathered, because nobody took them.
[[nodiscard]] std::string to_prometheus(std::span<const model::Pool> pools, std::uint64_t facts_lost);

}  // namespace lockkeeper::report
