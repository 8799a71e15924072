#include "model/session.hpp"

#include <charconv>

namespace lockkeeper::model {

std::string to_string(const SessionId& id) { return std::to_string(id.pid) + "@" + to_rfc3339(id.started_at); }

std::optional<SessionId> parse_session_id(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  SessionId id;
  const auto [end, error] = std::from_chars(text.data(), text.data() + at, id.pid);
  const auto started_at = parse_time(text.substr(at + 1));
  if (error != std::errc() || end != text.data() + at || id.pid <= 0 || !started_at) return std::nullopt;
  id.started_at = *started_at;
  return id;
}

std::string_view to_string(SessionState state) noexcept {
  switch (state) {
    case SessionState::active: return "active";
    case SessionState::idle: return "idle";
    case SessionState::idle_in_transaction: return "idle in transaction";
    case SessionState::aborted_in_transaction: return "idle in transaction (aborted)";
    case SessionState::other: return "other";
    case SessionState::hidden: return "hidden";
  }
  return "other";
}

}  // namespace lockkeeper::model
