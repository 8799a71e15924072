#include "client/deadlock.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <tuple>

#include "client/deadlock_scene.hpp"
#include "graph/wait_graph.hpp"

namespace lockkeeper::client {
namespace {

using graph::Node;
using graph::NodeSet;

// Tarjan's algorithm over the stuck nodes, without recursion: which of them wait for one another, in both directions.
class Components {
 public:
  Components(const DeadlockScene& scene, const NodeSet& stuck)
      : scene_(scene), stuck_(stuck), number_(scene.size(), none), low_(scene.size()), component_(scene.size(), none) {
    for (std::uint32_t node = 0; node < scene.size(); ++node) {
      if (stuck[node] && number_[node] == none) visit_from(node);
    }
  }

  /// Per component, whether it waits for no other: a ring that can only be broken from within.
  [[nodiscard]] std::vector<bool> independent() const {
    std::vector<bool> result(count_, true);
    for (std::uint32_t node = 0; node < scene_.size(); ++node) {
      if (!stuck_[node]) continue;
      for (const Node target : scene_.targets(Node(node))) {
        if (stuck_[target.value()] && of(target) != component_[node]) result[component_[node]] = false;
      }
    }
    return result;
  }

  [[nodiscard]] std::uint32_t of(Node node) const { return component_[node.value()]; }

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  struct Step {
    std::uint32_t node;
    std::size_t next = 0;  // of its targets
  };

  void enter(std::uint32_t node) {
    number_[node] = low_[node] = entered_++;
    open_.push_back(node);
    path_.push_back({node});
  }

  void visit_from(std::uint32_t start) {
    enter(start);
    while (!path_.empty()) {
      Step& step = path_.back();
      const std::vector<Node>& targets = scene_.targets(Node(step.node));
      if (step.next == targets.size()) {
        leave(step.node);
        continue;
      }
      const std::uint32_t target = targets[step.next++].value();
      if (!stuck_[target]) continue;
      if (number_[target] == none) {
        enter(target);
      } else if (component_[target] == none) {
        low_[step.node] = std::min(low_[step.node], number_[target]);
      }
    }
  }

  void leave(std::uint32_t node) {
    path_.pop_back();
    if (!path_.empty()) low_[path_.back().node] = std::min(low_[path_.back().node], low_[node]);
    if (low_[node] != number_[node]) return;
    while (component_[node] == none) {
      component_[open_.back()] = count_;
      open_.pop_back();
    }
    ++count_;
  }

  const DeadlockScene& scene_;
  const NodeSet& stuck_;
  std::vector<std::uint32_t> number_, low_, component_;
  std::vector<std::uint32_t> open_;  // entered, component not known yet
  std::vector<Step> path_;
  std::uint32_t entered_ = 0;
  std::uint32_t count_ = 0;
};

// The parties whose going on would end a wait of another one, at once.
NodeSet those_who_free_another(const DeadlockScene& scene, const NodeSet& stuck) {
  NodeSet result(scene.parties().size(), false);
  for (const DeadlockScene::Pool& pool : scene.pools()) {
    if (!stuck[pool.node.value()] || pool.waiters.empty()) continue;
    const Node first = pool.waiters.front();
    const bool several = std::ranges::count(pool.waiters, first) != std::ssize(pool.waiters);
    for (const Node holder : pool.holders) {
      if (several || first != holder) result[holder.value()] = true;
    }
  }
  for (const DeadlockScene::LockedThread& wait : scene.locked()) {
    std::vector<Node> blockers = scene.targets(wait.node);
    std::erase_if(blockers, [&](Node blocker) { return !stuck[blocker.value()]; });
    const bool one = !blockers.empty() && std::ranges::count(blockers, blockers.front()) == std::ssize(blockers);
    if (one && blockers.front() != wait.party) result[blockers.front().value()] = true;
  }
  return result;
}

struct Victim {
  WaitId wait;
  Node party;
};

std::optional<Victim> choose_victim(const Situation& situation, const DeadlockScene& scene, const NodeSet& stuck) {
  const Components components(scene, stuck);
  const std::vector<bool> independent = components.independent();
  const NodeSet frees = those_who_free_another(scene, stuck);
  using Rank = std::tuple<bool, bool, WaitId>;
  std::optional<Victim> victim;
  Rank highest;
  for (std::size_t pool = 0; pool < situation.pools.size(); ++pool) {
    for (std::size_t place = 0; place < situation.pools[pool].waits.size(); ++place) {
      const Node party = scene.pools()[pool].waiters[place];
      if (!stuck[party.value()] || !scene.parties()[party.value()].holds) continue;
      const WaitId wait = situation.pools[pool].waits[place].id;
      const Rank rank(independent[components.of(party)], frees[party.value()], wait);
      if (victim && rank <= highest) continue;
      victim = {.wait = wait, .party = party};
      highest = rank;
    }
  }
  return victim;
}

// A party and everything stuck that it waits for, directly or through others.
NodeSet ring_of(Node start, const DeadlockScene& scene, const NodeSet& stuck) {
  NodeSet ring(scene.size(), false);
  ring[start.value()] = true;
  std::vector<Node> pending{start};
  while (!pending.empty()) {
    const Node node = pending.back();
    pending.pop_back();
    for (const Node target : scene.targets(node)) {
      if (!stuck[target.value()] || ring[target.value()]) continue;
      ring[target.value()] = true;
      pending.push_back(target);
    }
  }
  return ring;
}

DeadlockVerdict describe(const Victim& victim, const Situation& situation, const DeadlockScene& scene,
                         const NodeSet& stuck) {
  const NodeSet ring = ring_of(victim.party, scene, stuck);
  DeadlockVerdict verdict{.victim = victim.wait, .waits = {}, .leases = {}, .locks = {}};
  for (std::size_t index = 0; index < situation.pools.size(); ++index) {
    const PoolSituation& pool = situation.pools[index];
    const DeadlockScene::Pool& parties = scene.pools()[index];
    for (std::size_t place = 0; place < pool.waits.size(); ++place) {
      if (ring[parties.waiters[place].value()]) verdict.waits.push_back(pool.waits[place].id);
    }
    for (std::size_t place = 0; place < pool.leases.size(); ++place) {
      if (ring[parties.holders[place].value()]) verdict.leases.push_back(pool.leases[place].id);
    }
  }
  std::ranges::sort(verdict.waits);
  std::ranges::sort(verdict.leases);
  const auto in_ring = [&](std::size_t session) { return bool(ring[scene.party_at(session).value()]); };
  for (const DeadlockScene::LockPair& pair : scene.lock_pairs()) {
    if (pair.blocker && in_ring(pair.waiter) && in_ring(*pair.blocker)) verdict.locks.push_back(pair.edge);
  }
  return verdict;
}

}  // namespace

std::optional<DeadlockVerdict> find_deadlock(const Situation& situation) {
  const DeadlockScene scene(situation);
  // The usual case of a busy pool: nobody in its queue holds anything, so there is nobody to fail.
  const auto nested = [](const DeadlockScene::Party& party) { return party.holds && party.queues; };
  if (std::ranges::none_of(scene.parties(), nested)) return std::nullopt;
  const NodeSet stuck = scene.stuck();
  const std::optional<Victim> victim = choose_victim(situation, scene, stuck);
  if (!victim) return std::nullopt;
  return describe(*victim, situation, scene, stuck);
}

std::vector<UnitId> stuck_units(const Situation& situation) {
  const DeadlockScene scene(situation);
  const NodeSet stuck = scene.stuck();
  std::vector<UnitId> result;
  for (std::size_t index = 0; index < scene.parties().size(); ++index) {
    if (stuck[index]) result.push_back(scene.parties()[index].id);
  }
  std::ranges::sort(result);
  return result;
}

}  // namespace lockkeeper::client
