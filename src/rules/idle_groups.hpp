// Idle transactions belong together when the same application, user and database fell silent after the same
// statement: seventy leaks of one mistake are one finding.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "model/snapshot.hpp"

namespace lockkeeper::rules {

struct IdleKey {
  std::string application;
  std::string user;
  std::string database;
  std::uint64_t statement = 0;  ///< Fingerprint of the last one.
  bool aborted = false;

  friend auto operator<=>(const IdleKey&, const IdleKey&) = default;
};

struct IdleGroup {
  IdleKey key;
  std::vector<const model::Session*> sessions;  ///< Longest idle first; into the snapshot.
};

/// Client sessions idle inside a transaction for `min_idle` or longer, grouped; in key order.
[[nodiscard]] std::vector<IdleGroup> group_idle(const model::Snapshot& snapshot, model::Duration min_idle);

/// How long the session has been in its state, by the server's clock.
[[nodiscard]] model::Duration in_state(const model::Session& session, const model::Snapshot& snapshot);

/// How long its transaction has been open; zero without one.
[[nodiscard]] model::Duration open_for(const model::Session& session, const model::Snapshot& snapshot);

}  // namespace lockkeeper::rules
