#include "model/guard.hpp"

namespace lockkeeper::model {

Duration estimated_rollback(std::int64_t rows) noexcept {
  constexpr std::int64_t microseconds_a_row = 10;
  return Duration(rows * microseconds_a_row);
}

std::string_view outcome_name(ActionOutcome outcome, bool cancel) noexcept {
  switch (outcome) {
    case ActionOutcome::would_act: return cancel ? "would_cancel" : "would_terminate";
    case ActionOutcome::done: return cancel ? "cancelled" : "terminated";
    case ActionOutcome::moved_on:
    case ActionOutcome::skipped: return "skipped";
    case ActionOutcome::denied: return "denied";
    case ActionOutcome::still_there: return "still_there";
    case ActionOutcome::unknown: return "unknown";
  }
  return "unknown";
}

}  // namespace lockkeeper::model
