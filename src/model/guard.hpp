// The state on which an action was decided. The action's own statement checks it again: a miss is "it moved on".
#pragma once

#include <cstdint>
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

/// A session that was ended and undoes what it wrote, row by row (MySQL, MariaDB).
struct Rollback {
  SessionId session;
  std::int64_t rows_left = 0;
  std::int64_t rows_at_first = 0;     ///< When it was first seen rolling back.
  Duration elapsed{};                 ///< Since then.
  std::optional<Duration> remaining;  ///< At its rate so far; nullopt: no rate yet.
};

/// About how long it takes to undo so many rows. InnoDB undoes them one by one, and holds its locks until it is done:
/// MariaDB 10.11 was measured at 170,000 a second, with all pages in memory; this counts on 100,000.
[[nodiscard]] Duration estimated_rollback(std::int64_t rows) noexcept;

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
