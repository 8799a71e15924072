#include "client/deadlock_scene.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::client {

using graph::Node;
using graph::NodeSet;

DeadlockScene::DeadlockScene(const Situation& situation) {
  for (const UnitSituation& unit : situation.units) {
    Party& party = parties_[party_of(unit.id).value()];
    party.threads = std::max(party.threads, unit.threads);
  }
  // All units before the first pool: nodes are numbered by kind.
  for (const PoolSituation& pool : situation.pools) {
    for (const HeldLease& lease : pool.leases) party_of(lease.unit);
    for (const QueuedWait& wait : pool.waits) party_of(wait.unit);
  }
  targets_.resize(parties_.size());
  for (const PoolSituation& pool : situation.pools) add_pool(pool);
  if (!situation.locks.empty()) add_locks(situation.locks);
  for (std::size_t index = 0; index < parties_.size(); ++index) {
    if (parties_[index].waiting < parties_[index].threads) targets_[index].clear();
  }
}

NodeSet DeadlockScene::stuck() const {
  graph::WaitGraph graph;
  for (std::size_t index = 0; index < size(); ++index) graph.add_node();
  // Locks come last; their first node is the first locked thread's.
  const std::size_t locks_begin = locked_.empty() ? size() : locked_.front().node.value();
  for (std::size_t index = 0; index < size(); ++index) {
    if (targets_[index].empty()) continue;
    if (index < locks_begin) {
      graph.wait_for_any(node_at(index), targets_[index]);
    } else {
      graph.wait_for_all(node_at(index), targets_[index]);
    }
  }
  return graph::Solver(graph).stuck();
}

Node DeadlockScene::party_of(UnitId unit) {
  const auto [entry, added] = nodes_.try_emplace(unit, node_at(parties_.size()));
  if (added) parties_.push_back({.id = unit});
  return entry->second;
}

void DeadlockScene::add_pool(const PoolSituation& situation) {
  Pool pool{.node = node_at(targets_.size()), .holders = {}, .waiters = {}};
  for (const HeldLease& lease : situation.leases) {
    const Node party = pool.holders.emplace_back(party_of(lease.unit));
    parties_[party.value()].holds = true;
    if (lease.backend != 0) {
      sessions_.push_back(
          {.server = lease.server, .backend = lease.backend, .party = party, .executing = lease.executing});
    }
  }
  targets_.push_back(situation.free == 0 ? pool.holders : std::vector<Node>());
  for (const QueuedWait& wait : situation.waits) {
    const Node party = pool.waiters.emplace_back(party_of(wait.unit));
    parties_[party.value()].queues = true;
    add_wait(party, pool.node);
  }
  pools_.push_back(std::move(pool));
}

void DeadlockScene::add_wait(Node party, Node target) {
  ++parties_[party.value()].waiting;
  targets_[party.value()].push_back(target);
}

// Sorts the sessions. One that two leases claim cannot be told apart: it becomes nobody's.
void DeadlockScene::settle_sessions() {
  std::ranges::sort(sessions_, {}, &Session::key);
  std::vector<Session> sole;
  for (auto begin = sessions_.begin(); begin != sessions_.end();) {
    const auto end =
        std::find_if(begin, sessions_.end(), [&](const Session& other) { return other.key() != begin->key(); });
    if (end - begin == 1) sole.push_back(*begin);
    begin = end;
  }
  sessions_ = std::move(sole);
}

std::optional<std::size_t> DeadlockScene::session(std::uint64_t server, std::int64_t backend) const {
  const auto found = std::ranges::lower_bound(sessions_, std::tuple(server, backend), {}, &Session::key);
  if (found == sessions_.end() || found->key() != std::tuple(server, backend)) return std::nullopt;
  return static_cast<std::size_t>(found - sessions_.begin());
}

void DeadlockScene::add_locks(std::vector<LockEdge> edges) {
  settle_sessions();
  std::ranges::sort(edges);
  const auto repeats = std::ranges::unique(edges);
  edges.erase(repeats.begin(), repeats.end());
  for (const LockEdge& edge : edges) {
    const auto waiter = session(edge.server, edge.waiter);
    if (!waiter || !sessions_[*waiter].executing) continue;
    lock_pairs_.push_back({.edge = edge, .waiter = *waiter, .blocker = session(edge.server, edge.blocker)});
  }
  add_lock_waits();
}

// One node per waiting session; its pairs are neighbours, as they are sorted.
void DeadlockScene::add_lock_waits() {
  const NodeSet left_to_database = lock_rings();
  std::optional<std::size_t> previous;
  for (const LockPair& pair : lock_pairs_) {
    if (previous != pair.waiter) {
      locked_.push_back({.node = node_at(targets_.size()), .party = party_at(pair.waiter)});
      targets_.emplace_back();
      add_wait(locked_.back().party, locked_.back().node);
    }
    previous = pair.waiter;
    if (pair.blocker && !left_to_database[pair.waiter]) targets_.back().push_back(party_at(*pair.blocker));
  }
}

// The sessions in or behind a ring that consists of lock waits alone. A session waits as long as its statement does,
// whoever its unit is: this is what the database itself sees.
NodeSet DeadlockScene::lock_rings() const {
  graph::WaitGraph graph;
  for (std::size_t index = 0; index < sessions_.size(); ++index) graph.add_node();
  for (const LockPair& pair : lock_pairs_) {
    if (!pair.blocker) continue;
    const Node blocker = node_at(*pair.blocker);
    graph.wait_for_all(node_at(pair.waiter), {&blocker, 1});
  }
  return graph::Solver(graph).stuck();
}

}  // namespace lockkeeper::client
