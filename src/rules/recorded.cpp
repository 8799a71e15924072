#include "rules/recorded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lockkeeper::rules {
namespace {

using ByPid = std::multimap<std::int64_t, const model::RecordedClient*>;

ByPid by_pid(const model::Recording& recording) {
  ByPid result;
  for (const auto& client : recording.clients) {
    if (client.server) result.emplace(client.server->session.pid, &client);
  }
  return result;
}

bool serves(const model::Session& session, const model::RecordedClient& client) {
  // The second: a session that with_clients has named already.
  const bool same_socket =
      session.client == client.server->local_endpoint || session.client == identity(client.who).address;
  return same_socket && (!session.idle_in_transaction() || client.transaction.has_value());
}

const model::RecordedClient* find(const ByPid& clients, const model::Session& session) {
  const auto [first, last] = clients.equal_range(session.id.pid);
  const auto found = std::find_if(first, last, [&](const auto& entry) { return serves(session, *entry.second); });
  return found == last ? nullptr : found->second;
}

model::SessionState state_of(model::ClientState state) {
  switch (state) {
    case model::ClientState::active: return model::SessionState::active;
    case model::ClientState::idle_in_transaction: return model::SessionState::idle_in_transaction;
    case model::ClientState::aborted_in_transaction: return model::SessionState::aborted_in_transaction;
    case model::ClientState::idle:
    case model::ClientState::waiting: break;
  }
  return model::SessionState::idle;
}

model::Session session_of(const model::RecordedClient& client) {
  const auto& who = identity(client.who);
  model::Session session;
  session.id = client.server->session;
  session.state = state_of(client.state);
  session.application = who.application;
  session.user = who.user;
  session.database = who.database;
  session.client = who.address;
  session.state_changed_at = client.state_since;
  session.statement_started_at = client.statement_started_at;
  if (client.statement) session.statement = *client.statement;
  if (!client.transaction) return session;
  auto& transaction = session.transaction.emplace();
  transaction.started_at = client.transaction->id().started_at;
  transaction.wrote = client.transaction->rows_written() > 0;
  session.locks = client.transaction->locks();
  return session;
}

void add_lost(model::Snapshot& snapshot, const model::Recording& recording) {
  if (recording.facts_lost == 0) return;
  snapshot.missing.push_back({fmt::format("{} facts about what clients did", recording.facts_lost),
                              "the recorder's queue was full and nobody took them in time",
                              "let whoever reads the recorder look more often"});
}

}  // namespace

const model::ClientIdentity& identity(const std::shared_ptr<const model::ClientIdentity>& who) {
  static const model::ClientIdentity nobody;
  return who ? *who : nobody;
}

model::Snapshot with_clients(model::Snapshot snapshot, const model::Recording& recording) {
  const ByPid clients = by_pid(recording);
  for (auto& session : snapshot.sessions) {
    const model::RecordedClient* client = find(clients, session);
    if (client == nullptr) continue;
    const auto& who = identity(client->who);
    if (!who.application.empty()) session.application = who.application;
    if (!who.address.empty()) session.client = who.address;
  }
  add_lost(snapshot, recording);
  return snapshot;
}

model::Snapshot snapshot_of(const model::Recording& recording, const std::optional<model::LookFailure>& failure) {
  model::Snapshot snapshot;
  snapshot.server.name = recording.server;
  if (!recording.clients.empty()) snapshot.server.spoken = recording.clients.front().who->engine;
  snapshot.taken_at = recording.taken_at;
  for (const auto& client : recording.clients) {
    if (client.server) snapshot.sessions.push_back(session_of(client));
  }
  std::ranges::sort(snapshot.sessions, {}, &model::Session::id);
  snapshot.missing.push_back(
      {"locks, waits and sessions that do not come through the recorder",
       failure ? failure->message : "the server itself was not looked at",
       failure ? failure->advice : "give the server's URL, with a role that is a member of pg_monitor"});
  add_lost(snapshot, recording);
  return snapshot;
}

bool seen_on_server(const model::Snapshot& snapshot) { return !snapshot.server.product.empty(); }

Clients::Clients(const model::Snapshot& snapshot, const model::Recording* recording) {
  if (recording == nullptr) return;
  const ByPid clients = by_pid(*recording);
  for (const auto& session : snapshot.sessions) {
    const model::RecordedClient* client = find(clients, session);
    if (client == nullptr) continue;
    clients_.emplace(session.id, client);
    sessions_.emplace(client, &session);
  }
}

const model::RecordedClient* Clients::of(const model::SessionId& session) const {
  const auto found = clients_.find(session);
  return found == clients_.end() ? nullptr : found->second;
}

const model::Session* Clients::session_of(const model::RecordedClient& client) const {
  const auto found = sessions_.find(&client);
  return found == sessions_.end() ? nullptr : found->second;
}

}  // namespace lockkeeper::rules
