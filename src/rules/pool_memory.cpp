#include "rules/pool_memory.hpp"

#include <algorithm>

#include "base/stable_sort.hpp"

namespace lockkeeper::rules {
namespace {

// Of requests whose wait matters; what is silent for less is between two statements.
constexpr auto least_silence = std::chrono::seconds(1);
constexpr auto whole_seconds = std::chrono::milliseconds(1'500);

}  // namespace

SessionGroup group_of(const model::Session& session) {
  const std::size_t port = session.client.rfind(':');
  const bool has_port =
      port != std::string::npos && session.client.find_first_not_of("0123456789", port + 1) == std::string::npos;
  return {session.application, session.user, session.database,
          has_port ? session.client.substr(0, port) : session.client};
}

void PoolMemory::add(const model::Snapshot& snapshot) {
  if (server_started_at_ != snapshot.server.started_at) {
    looks_.clear();
    silent_.clear();
    ended_.clear();
  }
  server_started_at_ = snapshot.server.started_at;
  Look look{snapshot.taken_at, {}};
  for (const auto& session : snapshot.sessions) {
    if (session.kind != model::SessionKind::client) continue;
    const SessionGroup group = group_of(session);
    GroupSight& sight = look.groups[group];
    ++sight.sessions;
    if (session.state == model::SessionState::idle) ++sight.idle;
    see_silent(session, group, snapshot);
  }
  looks_.push_back(std::move(look));
  for (auto each = silent_.begin(); each != silent_.end();) {
    if (each->second.last_seen == snapshot.taken_at) {
      ++each;
      continue;
    }
    ended_.push_back(std::move(each->second));
    each = silent_.erase(each);
  }
  forget_before(snapshot.taken_at - reach);
}

// MySQL tells by the second how long a session has been silent: its beginning seems to move. The earliest is nearest.
void PoolMemory::see_silent(const model::Session& session, const SessionGroup& group, const model::Snapshot& snapshot) {
  if (!session.idle_in_transaction() || !session.state_changed_at) return;
  const model::WallTime since = *session.state_changed_at;
  if (snapshot.taken_at - since < least_silence) return;
  const bool is_exact = snapshot.server.engine() == model::Engine::postgres;
  const auto known = silent_.find(session.id);
  if (known != silent_.end()) {
    SilentTime& before = known->second;
    if (is_exact ? before.since == since : std::chrono::abs(before.since - since) <= whole_seconds) {
      before.since = std::min(before.since, since);
      before.last_seen = snapshot.taken_at;
      return;
    }
    ended_.push_back(std::move(before));
    silent_.erase(known);
  }
  silent_.emplace(session.id, SilentTime{group, session.id, since, snapshot.taken_at,
                                         session.statement ? session.statement->text : ""});
}

void PoolMemory::forget_before(model::WallTime time) {
  while (looks_.size() > most_looks || (looks_.size() > 1 && looks_.front().taken_at < time)) looks_.pop_front();
  while (!ended_.empty() && (ended_.size() > most_ended || ended_.front().last_seen < time)) ended_.pop_front();
}

std::optional<GroupSight> PoolMemory::sight(const SessionGroup& group, model::WallTime time) const {
  const Look* best = nullptr;
  for (const Look& look : looks_) {
    if (best == nullptr || look.taken_at <= time) best = &look;
  }
  if (best == nullptr) return std::nullopt;
  const auto found = best->groups.find(group);
  return found == best->groups.end() ? std::nullopt : std::optional(found->second);
}

std::vector<const SilentTime*> PoolMemory::silent(const SessionGroup& group) const {
  std::vector<const SilentTime*> result;
  for (const SilentTime& each : ended_) {
    if (each.group == group) result.push_back(&each);
  }
  for (const auto& [id, each] : silent_) {
    if (each.group == group) result.push_back(&each);
  }
  base::stable_sort(result, {}, &SilentTime::since);
  return result;
}

}  // namespace lockkeeper::rules
