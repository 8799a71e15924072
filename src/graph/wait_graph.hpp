// The wait graph: who can go on, who is stuck, who is at the root, what a removal would free.
//
// A node waits for nothing, for all of some nodes (a lock and its blockers), or for any k of some
// nodes (k slots of a pool and their holders). All three are one form: "at least `needed` of
// `targets` must let go". What a node stands for is the caller's business.
//
// Every question here is the same least fixpoint, computed with one counter per node in
// O(nodes + edges): start from a set that lets go, and add each node whose need is met.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/strong_id.hpp"

namespace lockkeeper::graph {

/// Index of a node, counted from 0 in the order of addition.
using Node = base::StrongId<struct NodeTag, std::uint32_t>;

/// One bit of answer per node.
using NodeSet = std::vector<bool>;

/// Grows by add_node and the wait_for functions, then answers. A plain value; const use is thread-safe.
class WaitGraph {
 public:
  /// Adds a node that waits for nothing.
  Node add_node();

  /// `waiter` can go on once every target has let go. Added to what it already waits for, all of which
  /// must be all-of: one node has one kind of wait. Targets may repeat; a node that waits for itself is stuck.
  void wait_for_all(Node waiter, std::span<const Node> targets);

  /// `waiter` can go on once `needed` of the targets have let go. 1 <= needed <= targets.size(); once per node.
  void wait_for_any(Node waiter, std::span<const Node> targets, std::uint32_t needed = 1);

  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(needs_.size()); }

  /// Whether the node waits for anything at all.
  [[nodiscard]] bool waits(Node node) const { return needs_.at(node.value()).count > 0; }

 private:
  friend class Solver;
  struct Need {
    std::uint32_t count = 0;  // how many of the node's edges must be met
    bool any = false;         // set by wait_for_any: no further wait may be added
  };
  struct Edge {
    std::uint32_t waiter;
    std::uint32_t target;
  };
  void add_edge(Node waiter, Node target);

  std::vector<Need> needs_;
  std::vector<Edge> edges_;
};

/// Answers questions about one finished graph, whose edges it keeps reversed. The graph must outlive it unchanged.
class Solver {
 public:
  explicit Solver(const WaitGraph& graph);

  /// The least set that contains `released` and every node whose need is met by members of the set.
  [[nodiscard]] NodeSet closure(std::span<const Node> released) const;

  /// Nodes that can go on without outside help: the closure of those that wait for nothing.
  [[nodiscard]] NodeSet live() const;

  /// Nodes that can never go on: they wait, directly or not, for one another. The complement of live().
  [[nodiscard]] NodeSet stuck() const;

  /// Nodes that wait for nothing while somebody waits for them, in node order.
  [[nodiscard]] std::vector<Node> roots() const;

  /// Every node that waits for `node`, directly or through others, `node` itself excluded, in node order.
  [[nodiscard]] std::vector<Node> behind(Node node) const;

  /// The nodes that could go on, one after another, if `removed` were gone and every other node that waits for
  /// nothing kept what it holds for ever. `removed` itself excluded, in node order.
  [[nodiscard]] std::vector<Node> freed_by(std::span<const Node> removed) const;

 private:
  [[nodiscard]] std::span<const std::uint32_t> waiters_of(std::uint32_t node) const;

  const WaitGraph& graph_;
  std::vector<std::uint32_t> first_waiter_;  // per node: where its waiters begin in waiters_; one more at the end
  std::vector<std::uint32_t> waiters_;
};

}  // namespace lockkeeper::graph
