#include "report/seen_clients.hpp"

#include <algorithm>

namespace lockkeeper::report {

SeenClients::SeenClients(const Seen& seen) {
  if (seen.recording == nullptr) return;
  for (const auto& client : seen.recording->clients) {
    if (client.server && client.who) by_pid_.emplace(client.server->session.pid, &client);
  }
}

// As the rules join them (rules/recorded.hpp): by pid and by the recorder's own end of that connection, which the
// client's address has taken the place of where the session was named for it.
const model::RecordedClient* SeenClients::of(const model::Session& session) const {
  const auto [first, last] = by_pid_.equal_range(session.id.pid);
  const auto found = std::find_if(first, last, [&](const auto& entry) {
    const model::RecordedClient& client = *entry.second;
    const bool same_socket = session.client == client.server->local_endpoint || session.client == client.who->address;
    return same_socket && (!session.idle_in_transaction() || client.transaction.has_value());
  });
  return found == last ? nullptr : found->second;
}

}  // namespace lockkeeper::report
