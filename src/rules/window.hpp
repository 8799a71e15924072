// What earlier looks at the same server saw, as far as rules need it to see growth. Small and bounded.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "rules/idle_groups.hpp"
#include "rules/limits.hpp"

namespace lockkeeper::rules {

class Window {
 public:
  /// Looks kept; when full, every other one is dropped, so that the window keeps its reach and loses resolution.
  static constexpr std::size_t most_looks = 512;

  /// Adds a look; looks must come in order of time. A server that was restarted starts a new window.
  void add(const model::Snapshot& snapshot, const Limits& limits);

  /// The group's growth in sessions a minute: the median of the slopes between all pairs of looks (Theil and Sen), so
  /// that one odd look does not count. nullopt with fewer than three looks.
  [[nodiscard]] std::optional<double> growth_per_minute(const IdleKey& key) const;

  /// From the first look to the last.
  [[nodiscard]] model::Duration span() const;

  [[nodiscard]] std::size_t looks() const noexcept { return looks_.size(); }

 private:
  struct Look {
    model::WallTime taken_at;
    std::map<IdleKey, std::int64_t> idle;
  };
  std::optional<model::WallTime> server_started_at_;
  std::vector<Look> looks_;
};

}  // namespace lockkeeper::rules
