#include "model/snapshot.hpp"

#include <algorithm>

namespace lockkeeper::model {

std::int64_t Snapshot::clients() const noexcept {
  return std::ranges::count(sessions, SessionKind::client, &Session::kind) + unlisted_clients;
}

const Session* Snapshot::find(const SessionId& id) const {
  const auto found = std::ranges::lower_bound(sessions, id, {}, &Session::id);
  return found != sessions.end() && found->id == id ? &*found : nullptr;
}

}  // namespace lockkeeper::model
