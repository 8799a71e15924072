// What a pool tells, as the model's plain values. Pure: the time is an argument.
#pragma once

#include <chrono>
#include <optional>

#include <lockkeeper/event_listener.hpp>

#include "model/fact.hpp"
#include "model/pool.hpp"

namespace lockkeeper::collect::library {

/// One moment on both clocks: the library counts on the monotonic one, the model on the wall.
struct Moment {
  model::WallTime wall;
  std::chrono::steady_clock::time_point steady;

  [[nodiscard]] static Moment now();
  [[nodiscard]] model::WallTime wall_of(std::chrono::steady_clock::time_point time) const;
};

/// Nothing for what the counters tell well enough: a connection opened or closed.
[[nodiscard]] std::optional<model::Fact> to_fact(const Event& event, const Moment& now);

/// Without the counters that no pool keeps.
[[nodiscard]] model::Pool to_pool(const PoolMetrics& metrics, const Moment& now);

}  // namespace lockkeeper::collect::library
