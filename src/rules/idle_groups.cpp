#include "rules/idle_groups.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace lockkeeper::rules {

model::Duration in_state(const model::Session& session, const model::Snapshot& snapshot) {
  if (!session.state_changed_at) return {};
  return std::max(snapshot.taken_at - *session.state_changed_at, model::Duration::zero());
}

model::Duration open_for(const model::Session& session, const model::Snapshot& snapshot) {
  if (!session.transaction) return {};
  return std::max(snapshot.taken_at - session.transaction->started_at, model::Duration::zero());
}

std::vector<IdleGroup> group_idle(const model::Snapshot& snapshot, model::Duration min_idle) {
  std::map<IdleKey, std::vector<const model::Session*>> groups;
  for (const auto& session : snapshot.sessions) {
    if (session.kind != model::SessionKind::client || !session.idle_in_transaction()) continue;
    if (in_state(session, snapshot) < min_idle) continue;
    const std::uint64_t statement = session.statement ? session.statement->fingerprint.value : 0;
    const bool aborted = session.state == model::SessionState::aborted_in_transaction;
    groups[{session.application, session.user, session.database, statement, aborted}].push_back(&session);
  }
  std::vector<IdleGroup> result;
  for (auto& [key, sessions] : groups) {
    std::ranges::sort(sessions, {},
                      [](const auto* session) { return std::tuple(session->state_changed_at, session->id); });
    result.push_back({key, std::move(sessions)});
  }
  return result;
}

}  // namespace lockkeeper::rules
