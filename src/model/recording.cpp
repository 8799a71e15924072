#include "model/recording.hpp"

#include <algorithm>
#include <iterator>

namespace lockkeeper::model {
namespace {

const std::string& server_of(const std::shared_ptr<const ClientIdentity>& client) {
  static const std::string none;
  return client ? client->server : none;
}

const std::string& server_of_fact(const Fact& fact) {
  if (const auto* over = std::get_if<TransactionOver>(&fact.what)) return server_of(over->client);
  if (const auto* oddity = std::get_if<ClientOddity>(&fact.what)) return server_of(oddity->client);
  return server_of(nullptr);
}

}  // namespace

Recording part_of(const Recording& recording, const std::function<bool(const std::string&)>& is_wanted) {
  Recording part;
  part.name = recording.name;
  if (is_wanted(recording.server)) part.server = recording.server;
  part.taken_at = recording.taken_at;
  part.started_at = recording.started_at;
  part.facts_lost = recording.facts_lost;
  for (const RecordedClient& client : recording.clients) {
    if (is_wanted(server_of(client.who))) part.clients.push_back(client);
  }
  for (const RecordedPool& pool : recording.pools) {
    if (!is_wanted(pool.server)) continue;
    part.pools.push_back(pool);
    if (part.server.empty()) part.server = pool.server;
  }
  std::ranges::copy_if(recording.facts, std::back_inserter(part.facts), is_wanted, server_of_fact);
  return part;
}

std::string_view to_string(ClientState state) noexcept {
  switch (state) {
    case ClientState::idle: return "idle";
    case ClientState::active: return "active";
    case ClientState::idle_in_transaction: return "idle in transaction";
    case ClientState::aborted_in_transaction: return "idle in transaction (aborted)";
    case ClientState::waiting: return "waiting";
  }
  return "";
}

std::string_view to_string(OddityKind kind) noexcept {
  switch (kind) {
    case OddityKind::foreign_commit: return "foreign_commit";
    case OddityKind::foreign_rollback: return "foreign_rollback";
    case OddityKind::begin_inside_transaction: return "begin_inside_transaction";
    case OddityKind::queue_timeout: return "queue_timeout";
  }
  return "";
}

std::string_view to_string(TransactionEnd end) noexcept {
  switch (end) {
    case TransactionEnd::committed: return "committed";
    case TransactionEnd::rolled_back: return "rolled_back";
    case TransactionEnd::abandoned: return "abandoned";
    case TransactionEnd::terminated: return "terminated";
    case TransactionEnd::unknown: return "unknown";
  }
  return "";
}

}  // namespace lockkeeper::model
