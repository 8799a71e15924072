// The solver against brute force: definitions written out naively, on small random graphs.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "graph/wait_graph.hpp"

namespace lockkeeper::graph {
namespace {

struct PlainWait {
  std::vector<std::uint32_t> targets;
  std::uint32_t needed = 0;  // 0: waits for nothing
  bool any = false;
};
using PlainGraph = std::vector<PlainWait>;

PlainWait random_wait(std::uint32_t size) {
  PlainWait wait;
  const int form = *rc::gen::inRange(0, 4);
  if (form == 0) return wait;
  wait.targets = *rc::gen::container<std::vector<std::uint32_t>>(*rc::gen::inRange<std::size_t>(1, 4),
                                                                 rc::gen::inRange<std::uint32_t>(0, size));
  wait.any = form == 1;
  if (wait.any) {
    std::ranges::sort(wait.targets);
    wait.targets.erase(std::unique(wait.targets.begin(), wait.targets.end()), wait.targets.end());
    wait.needed = *rc::gen::inRange<std::uint32_t>(1, static_cast<std::uint32_t>(wait.targets.size()) + 1);
  } else {
    wait.needed = static_cast<std::uint32_t>(wait.targets.size());
  }
  return wait;
}

PlainGraph random_graph() {
  PlainGraph plain(*rc::gen::inRange<std::size_t>(1, 9));
  for (auto& wait : plain) wait = random_wait(static_cast<std::uint32_t>(plain.size()));
  return plain;
}

WaitGraph build(const PlainGraph& plain) {
  WaitGraph graph;
  for (std::size_t node = 0; node < plain.size(); ++node) graph.add_node();
  for (std::uint32_t node = 0; node < plain.size(); ++node) {
    std::vector<Node> targets;
    for (const auto target : plain[node].targets) targets.emplace_back(target);
    if (plain[node].needed == 0) continue;
    if (plain[node].any) {
      graph.wait_for_any(Node(node), targets, plain[node].needed);
    } else {
      graph.wait_for_all(Node(node), targets);
    }
  }
  return graph;
}

bool met(const PlainWait& wait, const NodeSet& released) {
  const auto count = std::ranges::count_if(wait.targets, [&](std::uint32_t target) { return released[target]; });
  return wait.needed > 0 && count >= wait.needed;
}

// Brute force over all subsets: the intersection of all sets that contain `start` and are closed under "met".
NodeSet least_closed_set(const PlainGraph& plain, const NodeSet& start) {
  NodeSet least(plain.size(), true);
  for (std::uint32_t bits = 0; bits < (1U << plain.size()); ++bits) {
    NodeSet candidate(plain.size());
    for (std::size_t node = 0; node < plain.size(); ++node) candidate[node] = ((bits >> node) & 1U) != 0;
    bool closed = true;
    for (std::size_t node = 0; node < plain.size() && closed; ++node) {
      closed = (!start[node] || candidate[node]) && (!met(plain[node], candidate) || candidate[node]);
    }
    if (!closed) continue;
    for (std::size_t node = 0; node < plain.size(); ++node) least[node] = least[node] && candidate[node];
  }
  return least;
}

TEST(WaitGraphProperty, LiveIsTheLeastClosedSetOverThoseThatWaitForNothing) {
  EXPECT_TRUE(rc::check([] {
    const PlainGraph plain = random_graph();
    NodeSet start(plain.size());
    for (std::size_t node = 0; node < plain.size(); ++node) start[node] = plain[node].needed == 0;
    const WaitGraph graph = build(plain);
    const Solver solver(graph);
    RC_ASSERT(solver.live() == least_closed_set(plain, start));
    NodeSet stuck = solver.stuck();
    stuck.flip();
    RC_ASSERT(stuck == solver.live());
  }));
}

TEST(WaitGraphProperty, FreedByIsTheLeastClosedSetOverTheRemoved) {
  EXPECT_TRUE(rc::check([] {
    const PlainGraph plain = random_graph();
    NodeSet start(plain.size());
    std::vector<Node> removed;
    for (std::uint32_t node = 0; node < plain.size(); ++node) {
      start[node] = *rc::gen::inRange(0, 3) == 0;
      if (start[node]) removed.emplace_back(node);
    }
    NodeSet expected = least_closed_set(plain, start);
    for (const Node node : removed) expected[node.value()] = false;
    NodeSet actual(plain.size(), false);
    const WaitGraph graph = build(plain);
    for (const Node node : Solver(graph).freed_by(removed)) actual[node.value()] = true;
    RC_ASSERT(actual == expected);
  }));
}

TEST(WaitGraphProperty, BehindIsReachabilityAgainstTheEdges) {
  EXPECT_TRUE(rc::check([] {
    const PlainGraph plain = random_graph();
    const auto size = plain.size();
    // Floyd-Warshall: reach[a][b] when a waits for b through any path.
    std::vector<NodeSet> reach(size, NodeSet(size, false));
    for (std::size_t a = 0; a < size; ++a) {
      for (const auto target : plain[a].targets) reach[a][target] = plain[a].needed > 0;
    }
    for (std::size_t via = 0; via < size; ++via) {
      for (std::size_t a = 0; a < size; ++a) {
        for (std::size_t b = 0; b < size; ++b) reach[a][b] = reach[a][b] || (reach[a][via] && reach[via][b]);
      }
    }
    const WaitGraph graph = build(plain);
    const Solver solver(graph);
    for (std::uint32_t node = 0; node < size; ++node) {
      std::vector<Node> expected;
      for (std::uint32_t other = 0; other < size; ++other) {
        if (other != node && reach[other][node]) expected.emplace_back(other);
      }
      RC_ASSERT(solver.behind(Node(node)) == expected);
    }
  }));
}

TEST(WaitGraphProperty, RootsAreAwaitedAndWaitForNothing) {
  EXPECT_TRUE(rc::check([] {
    const PlainGraph plain = random_graph();
    std::vector<Node> expected;
    for (std::uint32_t node = 0; node < plain.size(); ++node) {
      const bool awaited =
          std::ranges::any_of(plain, [&](const PlainWait& wait) { return std::ranges::count(wait.targets, node) > 0; });
      if (awaited && plain[node].needed == 0) expected.emplace_back(node);
    }
    const WaitGraph graph = build(plain);
    RC_ASSERT(Solver(graph).roots() == expected);
  }));
}

}  // namespace
}  // namespace lockkeeper::graph
