// The outcome of looking at one server, and of acting on it: what the faces show.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/finding.hpp"
#include "model/guard.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::model {

/// How many client sessions were seen in which state: the one line about a healthy server.
struct SessionCounts {
  std::int64_t clients = 0;
  std::int64_t active = 0;
  std::int64_t idle_in_transaction = 0;
  std::int64_t waiting = 0;  ///< For a lock.
};

struct Diagnosis {
  std::string url;               ///< As given, without secrets.
  WallTime observed_at;          ///< The server's clock; ours where there was no look.
  std::optional<Server> server;  ///< Empty with a failure before the first look.
  std::vector<Missing> missing;
  std::vector<Finding> findings;
  SessionCounts counts;
  std::int64_t looks = 0;
  std::int64_t failed_looks = 0;
  /// The last look failed; findings are a recorder's alone, or of the look before.
  std::optional<LookFailure> failure;

  [[nodiscard]] bool complete() const noexcept { return !failure && std::ranges::all_of(missing, &Missing::detail); }
};

/// One session chosen for an action, and what became of it.
struct Target {
  Session session;
  ActionResult result;
};

/// An action on sessions: planned (dry run) or carried out.
struct ActionReport {
  std::string url;
  WallTime observed_at;
  std::optional<Server> server;
  Action action = Action::terminate;
  bool dry_run = true;
  std::optional<Finding> finding;  ///< The finding acted on, if it was chosen by finding.
  std::vector<Target> targets;
  std::vector<SessionId> predicted_freed;  ///< Waiters that can go on if all targets are gone.
  std::vector<SessionId> went_on;          ///< Of those, who is still there and was seen to wait no more.
  std::vector<SessionId> still_waiting;    ///< Of those, who still waits, be it for another of them.
  std::string audit;                       ///< The audit file; empty in a dry run.
  std::optional<LookFailure> failure;      ///< Nothing (more) was done; why.
};

}  // namespace lockkeeper::model
