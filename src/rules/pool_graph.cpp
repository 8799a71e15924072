#include "rules/pool_graph.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockkeeper::rules {
namespace {

bool silent_in_transaction(const model::RecordedClient& client) {
  return client.server && client.transaction &&
         (client.state == model::ClientState::idle_in_transaction ||
          client.state == model::ClientState::aborted_in_transaction);
}

// The holders that a pool is known to have are all that it has, and each is in use.
bool known_to_be_full(const PoolSide& side) {
  return side.full() && side.pool->now.connecting == 0 && side.holders.size() >= side.pool->now.maximum_size;
}

std::string list(const std::vector<const model::RecordedClient*>& clients) {
  constexpr std::size_t most = 8;
  std::string text = clients.size() == 1 ? "client " : "clients ";
  for (std::size_t index = 0; index < std::min(clients.size(), most); ++index)
    text += fmt::format("{}{}", index > 0 ? ", " : "", identity(clients[index]->who).id);
  if (clients.size() > most) text += fmt::format(" and {} more", clients.size() - most);
  return text;
}

}  // namespace

PoolGraph::PoolGraph(const Look& look, const Limits& limits)
    : look_(look),
      limits_(limits),
      clients_(look),
      sides_(pool_sides(*look.recording)),
      left_to_server_(look.blocking.stuck()) {
  for (const auto& client : look.recording->clients) nodes_.emplace(&client, graph_.add_node());
  add_pools(*look.recording);
  add_locks();
  add_units(*look.recording);
}

graph::Node PoolGraph::node_of(const model::Holder& holder) {
  if (const auto* session = std::get_if<model::SessionId>(&holder)) {
    if (const auto* client = clients_.of(*session)) return nodes_.at(client);
  }
  const auto found = others_.find(holder);
  return found != others_.end() ? found->second : others_.emplace(holder, graph_.add_node()).first->second;
}

// The one at place i of the queue goes on once i of those before it have let go: holders, or waiters ahead of it that
// had their turn.
void PoolGraph::add_pools(const model::Recording& recording) {
  for (const PoolSide& side : sides_) {
    if (!known_to_be_full(side)) continue;
    std::vector<graph::Node> ahead;
    for (const auto* holder : side.holders) ahead.push_back(nodes_.at(holder));
    std::uint32_t place = 0;
    for (const auto* waiter : side.waiting) {
      ++place;
      // Two pools of one name would be two waits of one client; a recording from a file may hold anything.
      if (recording.taken_at - waiter->state_since >= limits_.min_wait && !pool_of_.contains(waiter)) {
        graph_.wait_for_any(nodes_.at(waiter), ahead, place);
        pool_of_.emplace(waiter, &side);
      }
      ahead.push_back(nodes_.at(waiter));
    }
  }
}

bool PoolGraph::counts(const model::Wait& wait) const {
  const bool lasting = wait.since && look_.snapshot.taken_at - *wait.since >= limits_.min_wait;
  return lasting && !std::ranges::binary_search(left_to_server_, wait.waiter);
}

// As in Blocking: each wait has a node for all that it waits for, which the next in its queue waits for too.
void PoolGraph::add_locks() {
  const auto& waits = look_.snapshot.waits;
  std::map<model::SessionId, std::vector<graph::Node>> everything;
  std::vector<graph::Node> all_of;
  for (const auto& wait : waits) {
    all_of.push_back(graph_.add_node());
    everything[wait.waiter].push_back(all_of.back());
  }
  for (std::size_t index = 0; index < waits.size(); ++index) {
    const auto& wait = waits[index];
    if (!counts(wait)) continue;
    std::vector<graph::Node> targets;
    for (const auto& holder : wait.blocked_by) targets.push_back(node_of(holder));
    if (wait.behind) {
      targets.push_back(node_of(*wait.behind));
      std::ranges::copy(everything[*wait.behind], std::back_inserter(targets));
    }
    if (targets.empty()) continue;
    graph_.wait_for_all(all_of[index], targets);
    const auto* client = clients_.of(wait.waiter);
    if (client != nullptr && pool_of_.contains(client)) continue;
    graph_.wait_for_all(node_of(wait.waiter), std::vector{all_of[index]});
    if (client != nullptr) locks_[client].push_back(&wait);
  }
}

void PoolGraph::add_units(const model::Recording& recording) {
  std::map<std::string, std::vector<const model::RecordedClient*>> waiting;
  for (const auto& client : recording.clients) {
    if (!client.unit.value().empty() && (pool_of_.contains(&client) || locks_.contains(&client)))
      waiting[client.unit.value()].push_back(&client);
  }
  for (const auto& client : recording.clients) {
    const auto found = waiting.find(client.unit.value());
    if (found == waiting.end() || !silent_in_transaction(client)) continue;
    std::vector<graph::Node> targets;
    for (const auto* mate : found->second) targets.push_back(nodes_.at(mate));
    graph_.wait_for_all(nodes_.at(&client), targets);
    mates_.emplace(&client, found->second);
  }
}

std::vector<const model::RecordedClient*> PoolGraph::clients_in(const graph::NodeSet& nodes) const {
  std::vector<const model::RecordedClient*> result;
  for (const auto& client : look_.recording->clients) {
    if (nodes[nodes_.at(&client).value()]) result.push_back(&client);
  }
  return result;
}

std::vector<const model::RecordedClient*> PoolGraph::stuck() const {
  auto result = clients_in(graph::Solver(graph_).stuck());
  const bool through_a_pool = std::ranges::any_of(result, [&](const auto* client) { return queued(*client); });
  return through_a_pool ? result : std::vector<const model::RecordedClient*>{};
}

std::vector<const model::RecordedClient*> PoolGraph::freed_by(const model::RecordedClient& client) const {
  const graph::Solver solver(graph_);
  const graph::NodeSet live = solver.live();
  std::vector<graph::Node> released{nodes_.at(&client)};
  for (std::uint32_t node = 0; node < live.size(); ++node) {
    if (live[node]) released.emplace_back(node);
  }
  graph::NodeSet freed = solver.closure(released);
  for (std::uint32_t node = 0; node < live.size(); ++node) freed[node] = freed[node] && !live[node];
  freed[nodes_.at(&client).value()] = false;
  return clients_in(freed);
}

std::vector<std::string> PoolGraph::reasons(const model::RecordedClient& client) const {
  std::vector<std::string> result;
  if (const auto pool = pool_of_.find(&client); pool != pool_of_.end()) {
    result.push_back(fmt::format("waits for a connection of {}, all held by {}", named(*pool->second->pool),
                                 list(pool->second->holders)));
  }
  if (const auto locks = locks_.find(&client); locks != locks_.end()) {
    for (const auto* wait : locks->second) {
      std::vector<const model::RecordedClient*> holders;
      for (const auto& holder : wait->blocked_by) {
        const auto* session = std::get_if<model::SessionId>(&holder);
        if (const auto* other = session == nullptr ? nullptr : clients_.of(*session)) holders.push_back(other);
      }
      result.push_back(fmt::format("waits for {} on {}{}", wait->mode, wait->target,
                                   holders.empty() ? "" : ", which has " + list(holders)));
    }
  }
  if (const auto mates = mates_.find(&client); mates != mates_.end()) {
    result.push_back(fmt::format("holds a connection in a transaction, while its unit of work {} waits as {}",
                                 client.unit.value(), list(mates->second)));
  }
  return result;
}

}  // namespace lockkeeper::rules
