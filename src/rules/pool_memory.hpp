// What the last looks saw of sessions that may be connections of an application's pool: when a log tells that the pool
// was exhausted, those who held it have let go already.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/snapshot.hpp"

namespace lockkeeper::rules {

/// Whose sessions are, as far as a server can tell: a pool's connections are all of one such group.
struct SessionGroup {
  std::string application;
  std::string user;
  std::string database;
  std::string host;  ///< The client's address without its port.

  friend auto operator<=>(const SessionGroup&, const SessionGroup&) = default;
};
[[nodiscard]] SessionGroup group_of(const model::Session& session);

/// How many sessions of a group were doing what, at one look.
struct GroupSight {
  std::int64_t sessions = 0;
  std::int64_t idle = 0;  ///< With nothing open: free, as far as the server can tell.
};

/// A session that fell silent inside a transaction, from then on until it was seen so last.
struct SilentTime {
  SessionGroup group;
  model::SessionId session;
  model::WallTime since;
  model::WallTime last_seen;
  std::string statement;  ///< Its last one, normalized.
};

class PoolMemory {
 public:
  /// A log's line may be a minute old, and what it tells of began before.
  static constexpr model::Duration reach = std::chrono::minutes(3);
  static constexpr std::size_t most_looks = 256;
  static constexpr std::size_t most_ended = 8'192;  ///< 2,000 sessions that are silent now and then, for a while.

  /// Adds a whole look; looks must come in order of time. A server that was restarted is another one.
  void add(const model::Snapshot& snapshot);

  /// The group at the last look that was not after `time`; the first one where all were. nullopt: it was not seen.
  [[nodiscard]] std::optional<GroupSight> sight(const SessionGroup& group, model::WallTime time) const;

  /// Of the group, by the time since when they were silent. Those shorter than a second may have been missed.
  [[nodiscard]] std::vector<const SilentTime*> silent(const SessionGroup& group) const;

  /// Of the looks that are still known.
  [[nodiscard]] std::size_t looks() const noexcept { return looks_.size(); }

 private:
  struct Look {
    model::WallTime taken_at;
    std::map<SessionGroup, GroupSight> groups;
  };
  void see_silent(const model::Session& session, const SessionGroup& group, const model::Snapshot& snapshot);
  void forget_before(model::WallTime time);

  std::optional<model::WallTime> server_started_at_;
  std::deque<Look> looks_;
  std::map<model::SessionId, SilentTime> silent_;  // at the last look
  std::deque<SilentTime> ended_;                   // in the order they ended in
};

}  // namespace lockkeeper::rules
