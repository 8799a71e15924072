#include "graph/wait_graph.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"

namespace lockkeeper::graph {

Node WaitGraph::add_node() {
  LK_ASSERT(needs_.size() < std::numeric_limits<std::uint32_t>::max());
  needs_.emplace_back();
  return Node(static_cast<std::uint32_t>(needs_.size() - 1));
}

void WaitGraph::add_edge(Node waiter, Node target) {
  LK_ASSERT(target.value() < needs_.size());
  edges_.push_back({waiter.value(), target.value()});
}

void WaitGraph::wait_for_all(Node waiter, std::span<const Node> targets) {
  Need& need = needs_.at(waiter.value());
  LK_ASSERT(!need.any);
  // Every edge counts, repeated ones too: each of them is met when its target lets go.
  for (const Node target : targets) add_edge(waiter, target);
  need.count += static_cast<std::uint32_t>(targets.size());
}

void WaitGraph::wait_for_any(Node waiter, std::span<const Node> targets, std::uint32_t needed) {
  Need& need = needs_.at(waiter.value());
  LK_ASSERT(need.count == 0);
  // Here a repeated target must not count twice: one holder gives back one slot.
  std::vector<Node> distinct(targets.begin(), targets.end());
  std::ranges::sort(distinct);
  const auto repeats = std::ranges::unique(distinct);
  distinct.erase(repeats.begin(), repeats.end());
  LK_ASSERT(needed >= 1 && needed <= distinct.size());
  for (const Node target : distinct) add_edge(waiter, target);
  need = {needed, true};
}

Solver::Solver(const WaitGraph& graph) : graph_(graph), first_waiter_(graph.size() + std::size_t{1}, 0) {
  // Counting sort of the edges by target: who waits for a node is then one contiguous run.
  for (const auto& edge : graph.edges_) ++first_waiter_[edge.target + 1];
  for (std::size_t node = 1; node < first_waiter_.size(); ++node) first_waiter_[node] += first_waiter_[node - 1];
  waiters_.resize(graph.edges_.size());
  std::vector<std::uint32_t> next(first_waiter_.begin(), first_waiter_.end() - 1);
  for (const auto& edge : graph.edges_) waiters_[next[edge.target]++] = edge.waiter;
}

std::span<const std::uint32_t> Solver::waiters_of(std::uint32_t node) const {
  return std::span(waiters_).subspan(first_waiter_[node], first_waiter_[node + 1] - first_waiter_[node]);
}

NodeSet Solver::closure(std::span<const Node> released) const {
  NodeSet member(graph_.size(), false);
  std::vector<std::uint32_t> missing(graph_.size());
  for (std::uint32_t node = 0; node < graph_.size(); ++node) missing[node] = graph_.needs_[node].count;
  std::vector<std::uint32_t> pending;
  for (const Node node : released) {
    if (member.at(node.value())) continue;
    member[node.value()] = true;
    pending.push_back(node.value());
  }
  while (!pending.empty()) {
    const std::uint32_t node = pending.back();
    pending.pop_back();
    for (const std::uint32_t waiter : waiters_of(node)) {
      // Counts stop at zero: an any-of wait goes on receiving after it is met.
      if (missing[waiter] == 0 || --missing[waiter] > 0 || member[waiter]) continue;
      member[waiter] = true;
      pending.push_back(waiter);
    }
  }
  return member;
}

NodeSet Solver::live() const {
  std::vector<Node> unhindered;
  for (std::uint32_t node = 0; node < graph_.size(); ++node) {
    if (!graph_.waits(Node(node))) unhindered.emplace_back(node);
  }
  return closure(unhindered);
}

NodeSet Solver::stuck() const {
  NodeSet result = live();
  result.flip();
  return result;
}

std::vector<Node> Solver::roots() const {
  std::vector<Node> result;
  for (std::uint32_t node = 0; node < graph_.size(); ++node) {
    if (!graph_.waits(Node(node)) && !waiters_of(node).empty()) result.emplace_back(node);
  }
  return result;
}

std::vector<Node> Solver::behind(Node start) const {
  NodeSet seen(graph_.size(), false);
  seen.at(start.value()) = true;
  std::vector<std::uint32_t> pending{start.value()};
  std::vector<Node> result;
  while (!pending.empty()) {
    const std::uint32_t node = pending.back();
    pending.pop_back();
    for (const std::uint32_t waiter : waiters_of(node)) {
      if (seen[waiter]) continue;
      seen[waiter] = true;
      result.emplace_back(waiter);
      pending.push_back(waiter);
    }
  }
  std::ranges::sort(result);
  return result;
}

std::vector<Node> Solver::freed_by(std::span<const Node> removed) const {
  NodeSet gone(graph_.size(), false);
  for (const Node node : removed) gone.at(node.value()) = true;
  const NodeSet reached = closure(removed);
  std::vector<Node> result;
  for (std::uint32_t node = 0; node < graph_.size(); ++node) {
    if (reached[node] && !gone[node]) result.emplace_back(node);
  }
  return result;
}

}  // namespace lockkeeper::graph
