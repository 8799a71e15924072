#include "graph/wait_graph.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace lockkeeper::graph {
namespace {

struct Chain {
  WaitGraph graph;
  Node holder = graph.add_node(), first = graph.add_node(), second = graph.add_node(), bystander = graph.add_node();

  Chain() {
    graph.wait_for_all(first, std::vector{holder});
    graph.wait_for_all(second, std::vector{first});
  }
};

TEST(WaitGraph, AChainIsLiveAndItsEndIsTheRoot) {
  const Chain chain;
  const Solver solver(chain.graph);
  EXPECT_EQ(solver.live(), NodeSet(4, true));
  EXPECT_EQ(solver.roots(), std::vector{chain.holder});
  EXPECT_EQ(solver.behind(chain.holder), (std::vector{chain.first, chain.second}));
  EXPECT_EQ(solver.behind(chain.bystander), std::vector<Node>{});
}

TEST(WaitGraph, RemovingTheRootFreesEveryoneBehindItAndRemovingAWaiterFreesOnlyThoseBehindIt) {
  const Chain chain;
  const Solver solver(chain.graph);
  EXPECT_EQ(solver.freed_by(std::vector{chain.holder}), (std::vector{chain.first, chain.second}));
  EXPECT_EQ(solver.freed_by(std::vector{chain.first}), std::vector{chain.second});
  EXPECT_EQ(solver.freed_by(std::vector{chain.bystander}), std::vector<Node>{});
}

TEST(WaitGraph, AWaiterWithTwoHoldersIsNotFreedByOne) {
  WaitGraph graph;
  const Node left = graph.add_node(), right = graph.add_node(), waiter = graph.add_node();
  graph.wait_for_all(waiter, std::vector{left, right});
  const Solver solver(graph);
  EXPECT_TRUE(solver.freed_by(std::vector{left}).empty());
  EXPECT_EQ(solver.freed_by(std::vector{left, right}), std::vector{waiter});
  EXPECT_EQ(solver.roots(), (std::vector{left, right}));
}

TEST(WaitGraph, ALockCycleIsStuckWithEverythingBehindIt) {
  WaitGraph graph;
  const Node left = graph.add_node(), right = graph.add_node(), behind = graph.add_node(), free = graph.add_node();
  graph.wait_for_all(left, std::vector{right});
  graph.wait_for_all(right, std::vector{left});
  graph.wait_for_all(behind, std::vector{left, free});
  const Solver solver(graph);
  EXPECT_EQ(solver.stuck(), (NodeSet{true, true, true, false}));
  EXPECT_EQ(solver.freed_by(std::vector{left}), std::vector{right});
}

TEST(WaitGraph, APoolSlotIsAnyOfItsHolders) {
  // Two requests hold both slots of a pool and each wants a third connection: the counter incident.
  WaitGraph graph;
  const Node one = graph.add_node(), two = graph.add_node();
  graph.wait_for_any(one, std::vector{one, two});
  graph.wait_for_any(two, std::vector{one, two});
  EXPECT_EQ(Solver(graph).stuck(), (NodeSet{true, true}));
  // A third slot whose holder waits for nothing is enough for both.
  WaitGraph wider;
  const Node first = wider.add_node(), second = wider.add_node(), quick = wider.add_node();
  wider.wait_for_any(first, std::vector{first, second, quick});
  wider.wait_for_any(second, std::vector{first, second, quick});
  EXPECT_EQ(Solver(wider).live(), NodeSet(3, true));
}

TEST(WaitGraph, SeveralSlotsWantedNeedThatManyDistinctHolders) {
  WaitGraph graph;
  const Node a = graph.add_node(), b = graph.add_node(), wants_two = graph.add_node();
  graph.wait_for_any(wants_two, std::vector{a, b, b}, 2);
  const Solver solver(graph);
  EXPECT_TRUE(solver.freed_by(std::vector{b}).empty());
  EXPECT_EQ(solver.freed_by(std::vector{a, b}), std::vector{wants_two});
}

TEST(WaitGraph, WaitingForOneselfIsStuckAndAnEmptyGraphIsFine) {
  WaitGraph graph;
  const Node self = graph.add_node();
  graph.wait_for_all(self, std::vector{self});
  EXPECT_EQ(Solver(graph).stuck(), NodeSet{true});
  const WaitGraph empty;
  EXPECT_TRUE(Solver(empty).live().empty());
  EXPECT_TRUE(Solver(empty).roots().empty());
}

TEST(WaitGraphDeathTest, BrokenPromisesAbort) {
  WaitGraph graph;
  const Node node = graph.add_node();
  EXPECT_DEATH(graph.wait_for_any(node, std::vector<Node>{}, 1), "broken promise");
  EXPECT_DEATH(graph.wait_for_all(node, std::vector{Node(7)}), "broken promise");
}

}  // namespace
}  // namespace lockkeeper::graph
