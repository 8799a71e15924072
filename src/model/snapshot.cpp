#include "model/snapshot.hpp"

#include <algorithm>

namespace lockkeeper::model {

const Session* Snapshot::find(const SessionId& id) const {
  const auto found = std::ranges::lower_bound(sessions, id, {}, &Session::id);
  return found != sessions.end() && found->id == id ? &*found : nullptr;
}

}  // namespace lockkeeper::model
