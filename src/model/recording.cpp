#include "model/recording.hpp"

#include <variant>
#include <vector>

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

Recording part_of(Recording recording, const std::function<bool(const std::string&)>& is_wanted) {
  const auto is_not = [&](const std::string& server) { return !is_wanted(server); };
  if (is_not(recording.server)) recording.server.clear();
  std::erase_if(recording.clients, [&](const RecordedClient& client) { return is_not(server_of(client.who)); });
  std::erase_if(recording.pools, [&](const RecordedPool& pool) { return is_not(pool.server); });
  std::erase_if(recording.facts, [&](const Fact& fact) { return is_not(server_of_fact(fact)); });
  if (recording.server.empty() && !recording.pools.empty()) recording.server = recording.pools.front().server;
  return recording;
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
