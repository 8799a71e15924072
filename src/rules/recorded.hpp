// A recorder's clients and a server's sessions, put together: the server sees the recorder's sockets, the recorder
// knows who is behind each.
//
// A session serves a client if its pid is the one that the client holds and its address is the recorder's own end of
// that connection. No two clocks are compared. A look and a recording are some milliseconds apart: where the two
// disagree about an open transaction, the session is taken for nobody's.
#pragma once

#include <map>
#include <optional>

#include "model/recording.hpp"
#include "model/snapshot.hpp"
#include "rules/rule.hpp"

namespace lockkeeper::rules {

/// The snapshot with its sessions named for the clients that they serve: application and address are the client's. All
/// else is as the server said. What the recorder had to throw away is `missing`.
[[nodiscard]] model::Snapshot with_clients(model::Snapshot snapshot, const model::Recording& recording);

/// What a recorder alone shows of its server: a session for each server connection that a client holds, by the
/// recorder's clock. Locks, waits and everybody else are `missing`; `failure`: why the server did not tell of them.
[[nodiscard]] model::Snapshot snapshot_of(const model::Recording& recording,
                                          const std::optional<model::LookFailure>& failure = std::nullopt);

/// Whether the server itself was asked. Else the ids of sessions are of the recorder's making: the server does not know
/// them, and nothing can be terminated by them.
[[nodiscard]] bool seen_on_server(const model::Snapshot& snapshot);

/// Who a client is; of nobody, for one without a name.
[[nodiscard]] const model::ClientIdentity& identity(const std::shared_ptr<const model::ClientIdentity>& who);

/// Both ways through the join, for one look. Snapshot and recording must outlive it unchanged.
class Clients {
 public:
  explicit Clients(const Look& look) : Clients(look.snapshot, look.recording) {}
  Clients(const model::Snapshot& snapshot, const model::Recording* recording);

  /// The client that the session serves, or nullptr.
  [[nodiscard]] const model::RecordedClient* of(const model::SessionId& session) const;

  /// The session that serves the client, or nullptr.
  [[nodiscard]] const model::Session* session_of(const model::RecordedClient& client) const;

 private:
  std::map<model::SessionId, const model::RecordedClient*> clients_;
  std::map<const model::RecordedClient*, const model::Session*> sessions_;
};

}  // namespace lockkeeper::rules
