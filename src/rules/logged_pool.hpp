// A pool as its application's log tells of it, joined with the server's sessions that may be its connections.
//
// The two are joined by the application's name, by database and user where the line has them, and by number: a pool
// that says it has ten connections is that group which has ten sessions. Times of lines are brought to the server's
// clock by how far ours is from it at this look.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/app_log.hpp"
#include "rules/pool_memory.hpp"
#include "rules/rule.hpp"

namespace lockkeeper::rules {

/// A request that failed for want of a connection, by the server's clock.
struct FailedRequest {
  const model::PoolComplaint* told = nullptr;
  model::WallTime at;
  std::optional<model::WallTime> asked_at;  ///< nullopt: how long it had waited is not told.
};

/// Sessions that may be the pool's connections.
struct PoolSessions {
  SessionGroup group;
  std::vector<const model::Session*> sessions;  ///< As they are now; longest in their state first. May be empty.
  GroupSight then;                              ///< As they were when the last request failed.
};

/// Which sessions are the pool's.
enum class Ownership {
  unknown,   ///< None, or several groups could be.
  presumed,  ///< One group could be: nothing proves it.
  known      ///< The user named the application, or the number fits one group alone.
};

struct LoggedPool {
  const model::PoolComplaint* last = nullptr;  ///< The last failure's line: whose pool it is.
  std::vector<FailedRequest> failed;           ///< Of the last minute, in order; never empty.
  std::vector<PoolSessions> candidates;
  Ownership ownership = Ownership::unknown;
  std::vector<const model::PoolComplaint*> leaks;  ///< Warnings of this log about connections that have not come back.

  /// The pool's connections, as the log tells; nullopt: it does not.
  [[nodiscard]] std::optional<std::int64_t> size() const;
  /// The most that waited beside one that failed.
  [[nodiscard]] std::int64_t waiting() const;
  /// `HikariPool-1 of application "shop"`, `the SQLAlchemy pool (5 + 10 connections)`.
  [[nodiscard]] std::string name() const;
  /// What its findings are identified by.
  [[nodiscard]] std::vector<std::string> identity(const Look& look) const;
  /// The sessions that are its, or nullptr where they are not known for one group.
  [[nodiscard]] const PoolSessions* own() const;
};

/// Pools of which a log tells that a request has failed within the last minute, though no connection was lacking for
/// another reason. Empty without a log.
[[nodiscard]] std::vector<LoggedPool> logged_pools(const Look& look, const Limits& limits);

/// Requests that waited at the same time, and sessions of the pool that fell silent as they began to wait: one unit of
/// work asked for a second connection while it held its first.
struct WaitRound {
  model::WallTime began;                   ///< The first of the requests.
  std::vector<FailedRequest> failed;       ///< In order.
  std::vector<const SilentTime*> holders;  ///< Silent since then, no more than requests are known.
  std::int64_t matched = 0;                ///< Failed requests that have a holder each.
  std::int64_t silent_before = 0;  ///< Sessions that had been silent for longer: no request of these explains it.
  std::int64_t size = 0;           ///< The pool's connections.
  bool released = false;           ///< All holders let go as the requests failed.

  /// Each connection of the pool was held by a unit of work that waited for another one.
  [[nodiscard]] bool is_deadlock() const {
    return matched > 0 && released && silent_before == 0 && static_cast<std::int64_t>(holders.size()) >= size;
  }
};

/// The rounds of the last minute, latest first. Empty where the pool's sessions are not known, or the lines do not tell
/// how long was waited.
[[nodiscard]] std::vector<WaitRound> wait_rounds(const LoggedPool& pool, const Look& look, const Limits& limits);

/// What of an application's leak warnings stands beside a finding: `leak_warnings`, `taken_at`.
void add_leaks(model::Evidence& evidence, const std::vector<const model::PoolComplaint*>& leaks);

/// The leak warnings of that application's log about connections that have not come back; by the name it was given.
[[nodiscard]] std::vector<const model::PoolComplaint*> open_leaks(const model::AppLog& log,
                                                                  const std::string& application);

// The rules that speak by it, as parts of pool-exhausted and pool-deadlock.
[[nodiscard]] std::vector<model::Finding> logged_pool_exhausted(const Look& look, const Limits& limits);
[[nodiscard]] std::vector<model::Finding> logged_pool_deadlock(const Look& look, const Limits& limits);

}  // namespace lockkeeper::rules
