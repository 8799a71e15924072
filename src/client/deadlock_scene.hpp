// A situation as a wait graph, for deadlock.cpp: nodes, what each waits for, and who is stuck.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "client/deadlock.hpp"
#include "graph/wait_graph.hpp"

namespace lockkeeper::client {

/// Three kinds of nodes, numbered in this order:
///
/// - a unit lets go of all it holds once any one of the waits of its threads ends; a unit with a thread that is not
///   known to wait waits for nothing;
/// - a pool moves on once any one of its holders lets go. Its whole queue is this one node: the first in it is served
///   then, runs on and lets go in turn, which serves the second, and so forth; while it does not move, nobody in it
///   does;
/// - a lock is granted once all who block it have let go.
class DeadlockScene {
 public:
  /// A unit of work as a node of the graph.
  struct Party {
    UnitId id;
    std::uint32_t threads = 0;  ///< 0: not listed.
    std::uint32_t waiting = 0;  ///< Of its threads, as far as is known.
    bool holds = false;         ///< A lease, in whichever pool.
    bool queues = false;        ///< For a connection, in whichever pool.
  };

  /// A lock edge that counts.
  struct LockPair {
    LockEdge edge;
    std::size_t waiter = 0;              ///< A place among the sessions.
    std::optional<std::size_t> blocker;  ///< Nothing: no lease's session, or not known whose.
  };

  /// A thread that waits for a lock, inside a statement.
  struct LockedThread {
    graph::Node node;
    graph::Node party;
  };

  /// The parties of a pool's leases and waits, in the situation's order.
  struct Pool {
    graph::Node node;
    std::vector<graph::Node> holders;
    std::vector<graph::Node> waiters;
  };

  /// Keeps no reference to the situation.
  explicit DeadlockScene(const Situation& situation);

  [[nodiscard]] std::size_t size() const noexcept { return targets_.size(); }
  [[nodiscard]] const std::vector<Party>& parties() const noexcept { return parties_; }
  /// In the situation's order.
  [[nodiscard]] const std::vector<Pool>& pools() const noexcept { return pools_; }
  [[nodiscard]] const std::vector<LockedThread>& locked() const noexcept { return locked_; }
  /// Each once, sorted.
  [[nodiscard]] const std::vector<LockPair>& lock_pairs() const noexcept { return lock_pairs_; }
  /// The party whose session that is.
  [[nodiscard]] graph::Node party_at(std::size_t session) const { return sessions_.at(session).party; }
  /// What a node waits for; nothing where it can go on by itself.
  [[nodiscard]] const std::vector<graph::Node>& targets(graph::Node node) const { return targets_.at(node.value()); }
  [[nodiscard]] graph::NodeSet stuck() const;

 private:
  // A lease by the session that its database knows it by.
  struct Session {
    std::uint64_t server = 0;
    std::int64_t backend = 0;
    graph::Node party;
    bool executing = false;

    [[nodiscard]] auto key() const { return std::tuple(server, backend); }
  };

  [[nodiscard]] static graph::Node node_at(std::size_t index) { return graph::Node(static_cast<std::uint32_t>(index)); }
  graph::Node party_of(UnitId unit);
  void add_pool(const PoolSituation& situation);
  void add_wait(graph::Node party, graph::Node target);
  void settle_sessions();
  [[nodiscard]] std::optional<std::size_t> session(std::uint64_t server, std::int64_t backend) const;
  void add_locks(std::vector<LockEdge> edges);
  void add_lock_waits();
  [[nodiscard]] graph::NodeSet lock_rings() const;

  std::unordered_map<UnitId, graph::Node> nodes_;
  std::vector<Party> parties_;                     // by node
  std::vector<std::vector<graph::Node>> targets_;  // per node
  std::vector<Pool> pools_;
  std::vector<Session> sessions_;  // of leases, by key
  std::vector<LockPair> lock_pairs_;
  std::vector<LockedThread> locked_;
};

}  // namespace lockkeeper::client
