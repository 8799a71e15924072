// A strict reader of Prometheus' text format, version 0.0.4, for tests of what we write in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::test {

/// What is wrong with it, one sentence a fault, with the line's number. Stricter than Prometheus: every family has HELP
/// and TYPE, in this order, once, before all its samples, which stand together; counters end in _total; no sample comes
/// twice; a histogram's buckets grow, are cumulative, and end with +Inf, which is its _count.
[[nodiscard]] std::vector<std::string> exposition_faults(std::string_view text);

}  // namespace lockkeeper::test
