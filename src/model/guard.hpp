// The state on which an action was decided. The action's own statement checks it again: a miss is "it moved on".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/session.hpp"

namespace lockkeeper::model {

/// A session, exactly as it was when somebody decided to act on it.
struct Guard {
  SessionId session;
  SessionState state = SessionState::idle_in_transaction;
  std::optional<WallTime> transaction_started_at;
  std::optional<WallTime> state_changed_at;
  bool only_while_blocking = false;  ///< Also require that somebody still waits behind it.
};

[[nodiscard]] inline Guard guard_for(const Session& session, bool only_while_blocking) {
  return {session.id, session.state,
          session.transaction ? std::optional(session.transaction->started_at) : std::nullopt, session.state_changed_at,
          only_while_blocking};
}

/// How an action on one session ended.
enum class ActionOutcome {
  would_act,    ///< Dry run: nothing was done.
  done,         ///< The session is gone (terminate) or its statement has ended (cancel).
  moved_on,     ///< It was no longer as it had been when this was decided; nothing was done. Reported as skipped.
  skipped,      ///< It may not be touched, or the run was stopped before it; nothing was done.
  denied,       ///< Our role may not signal it; nothing was done.
  still_there,  ///< The signal was sent, but the session had not gone when the deadline passed.
  unknown,      ///< The connection was lost between the request and its answer.
};

struct ActionResult {
  ActionOutcome outcome = ActionOutcome::skipped;
  std::string reason;
};

/// The outcome as reports and the audit name it: "would_terminate", "terminated", "cancelled", "skipped", ...
[[nodiscard]] std::string_view outcome_name(ActionOutcome outcome, bool cancel) noexcept;

}  // namespace lockkeeper::model
