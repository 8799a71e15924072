// The design's figure: 100,000 nodes and 300,000 edges judged in 50 ms at most.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "graph/wait_graph.hpp"

namespace {

using lockkeeper::graph::Node;
using lockkeeper::graph::Solver;
using lockkeeper::graph::WaitGraph;

constexpr std::uint32_t node_count = 100'000;
constexpr std::uint32_t edge_count = 300'000;

// A tenth waits for nothing; of the others every third wait is any-of. Three targets each on average.
WaitGraph random_graph() {
  std::mt19937 random(42);
  std::uniform_int_distribution<std::uint32_t> any_node(0, node_count - 1);
  WaitGraph graph;
  for (std::uint32_t node = 0; node < node_count; ++node) graph.add_node();
  constexpr std::uint32_t waiting = node_count / 10 * 9;
  for (std::uint32_t waiter = 0, edges = 0; waiter < waiting; ++waiter) {
    const std::uint32_t count = (edge_count - edges) / (waiting - waiter);
    std::vector<Node> targets;
    for (std::uint32_t edge = 0; edge < count; ++edge) targets.emplace_back(any_node(random));
    edges += count;
    if (waiter % 3 == 0) {
      graph.wait_for_any(Node(waiter), targets);
    } else {
      graph.wait_for_all(Node(waiter), targets);
    }
  }
  return graph;
}

void judge(benchmark::State& state) {
  const WaitGraph graph = random_graph();
  for (auto _ : state) {
    const Solver solver(graph);
    benchmark::DoNotOptimize(solver.stuck());
    benchmark::DoNotOptimize(solver.roots());
  }
}
BENCHMARK(judge)->Unit(benchmark::kMillisecond);

void build_and_judge(benchmark::State& state) {
  for (auto _ : state) {
    const WaitGraph graph = random_graph();
    const Solver solver(graph);
    benchmark::DoNotOptimize(solver.stuck());
  }
}
BENCHMARK(build_and_judge)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
