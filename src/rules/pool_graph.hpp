// The recorder's pools and the server's locks as one wait graph.
//
// A client that waits for a server connection waits for any of those that hold one, as many of them as it has places
// in the queue to move up. A client that holds one waits for all that its session waits for in the server, and, while
// it runs nothing inside its transaction, for the other waits of its unit of work: that joins the two layers.
//
// What is not known is taken to go on: a pool whose holders are not all known, a wait that has only begun, a holder
// without a unit. A ring of lock waits alone is left to the server, which fails one of its sessions. So silence may be
// wrong, a verdict is not.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/wait_graph.hpp"
#include "rules/recorded.hpp"
#include "rules/recorded_pool.hpp"

namespace lockkeeper::rules {

/// For one look; it must outlive this unchanged.
class PoolGraph {
 public:
  PoolGraph(const Look& look, const Limits& limits);
  PoolGraph(const PoolGraph&) = delete;
  PoolGraph& operator=(const PoolGraph&) = delete;

  /// Clients that can never go on, in the recording's order. Empty unless one of them waits for a connection.
  [[nodiscard]] std::vector<const model::RecordedClient*> stuck() const;

  /// Whether the client waits in the queue of a full pool, as far as this graph is concerned.
  [[nodiscard]] bool queued(const model::RecordedClient& client) const { return pool_of_.contains(&client); }

  /// Whether the client's session waits for a lock of the server, as far as this graph is concerned.
  [[nodiscard]] bool locked(const model::RecordedClient& client) const { return locks_.contains(&client); }

  /// Stuck clients that can go on, one after another, once this one has given up.
  [[nodiscard]] std::vector<const model::RecordedClient*> freed_by(const model::RecordedClient& client) const;

  /// What the client waits for, a sentence each: a connection, a lock, its unit's other clients.
  [[nodiscard]] std::vector<std::string> reasons(const model::RecordedClient& client) const;

 private:
  graph::Node node_of(const model::Holder& holder);
  [[nodiscard]] bool counts(const model::Wait& wait) const;
  void add_pools(const model::Recording& recording);
  void add_locks();
  void add_units(const model::Recording& recording);
  [[nodiscard]] std::vector<const model::RecordedClient*> clients_in(const graph::NodeSet& nodes) const;

  const Look& look_;
  const Limits& limits_;
  const Clients clients_;
  std::vector<PoolSide> sides_;
  graph::WaitGraph graph_;
  std::map<const model::RecordedClient*, graph::Node> nodes_;
  std::map<model::Holder, graph::Node> others_;  // sessions that serve no client, prepared transactions
  std::map<const model::RecordedClient*, const PoolSide*> pool_of_;
  std::map<const model::RecordedClient*, std::vector<const model::Wait*>> locks_;
  std::map<const model::RecordedClient*, std::vector<const model::RecordedClient*>> mates_;  // waits of its own unit
  std::vector<model::SessionId> left_to_server_;
};

}  // namespace lockkeeper::rules
