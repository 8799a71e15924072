// What the statistic "leaked or slow" says of simulated programs, beside the figures it was derived with. Nothing here
// depends on the machine but the time it takes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "rules/gap_simulation.hpp"

namespace lockkeeper::test {
namespace {

struct Scenario {
  const char* name;
  double slower;
  double leak;
};
constexpr std::array<Scenario, 6> scenarios{{{"as before", 1, 0},
                                             {"5 times slower", 5, 0},
                                             {"30 times slower", 30, 0},
                                             {"leak 0.5 %", 1, 0.005},
                                             {"leak 5 %", 1, 0.05},
                                             {"5 times slower and leak 2 %", 5, 0.02}}};
constexpr std::array laws{Law::exponential, Law::lognormal, Law::pareto};

struct Tally {
  std::vector<double> at;
  std::vector<int> leaked;

  void add(const std::optional<Detection>& detection) {
    if (!detection) return;
    at.push_back(detection->at);
    leaked.push_back(detection->leaked);
  }
};

template <class T>
T middle(std::vector<T> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

std::string cell(const Tally& tally, int runs, bool leaks) {
  if (tally.at.empty()) return fmt::format("0/{}", runs);
  return fmt::format("{}/{} at {:.0f} s{}", tally.at.size(), runs, middle(tally.at),
                     leaks ? fmt::format(" ({} leaked)", middle(tally.leaked)) : "");
}

int report(int runs, int baseline, double floor, bool csv) {
  rules::GapLimits limits;
  limits.floor = std::chrono::round<model::Duration>(std::chrono::duration<double>(floor));
  int false_leaks = 0;
  int healthy = 0;
  std::uint64_t seed = 0;  // another for every program, so that all runs are independent
  if (csv) fmt::print("law,scenario,run,verdict,at,leaked\n");
  if (!csv) fmt::print("| gaps | scenario | test A | test B | says slow | says leaked |\n|---|---|---|---|---|---|\n");
  for (const Law law : laws) {
    for (const auto& scenario : scenarios) {
      Tally abnormal;
      Tally immortal;
      Tally slow;
      Tally leaked;
      for (int run = 0; run < runs; ++run) {
        Program program{law, scenario.slower, scenario.leak, baseline, 4000, ++seed};
        const Outcome outcome = Simulation(program, limits).run();
        abnormal.add(outcome.abnormal);
        immortal.add(outcome.immortal);
        slow.add(outcome.slow);
        leaked.add(outcome.leaked);
        if (!csv) continue;
        const auto tell = [&](const char* verdict, const std::optional<Detection>& found) {
          if (found)
            fmt::print("{},{},{},{},{},{}\n", name_of(law), scenario.name, run, verdict, found->at, found->leaked);
        };
        tell("slow", outcome.slow);
        tell("leaked", outcome.leaked);
      }
      const bool leaks = scenario.leak > 0;
      if (!leaks) {
        healthy += runs;
        false_leaks += static_cast<int>(leaked.at.size());
      }
      if (!csv)
        fmt::print("| {} | {} | {} | {} | {} | {} |\n", name_of(law), scenario.name, cell(abnormal, runs, leaks),
                   cell(immortal, runs, leaks), cell(slow, runs, leaks), cell(leaked, runs, leaks));
      std::fflush(stdout);
    }
  }
  if (!csv) fmt::print("\nfalse \"leaked\": {} of {} runs without a leak\n", false_leaks, healthy);
  return 0;
}

}  // namespace
}  // namespace lockkeeper::test

int main(int argc, char** argv) {
  CLI::App app(
      "How soon the statistic tells a leak from a slow holder, in simulated programs of one transaction a second");
  int runs = 100;
  int baseline = 300;
  double floor = 0;
  bool csv = false;
  app.add_option("--runs", runs, "Programs of each kind")->check(CLI::Range(1, 100'000));
  app.add_option("--baseline", baseline, "Completed gaps that it has learnt from")->check(CLI::Range(30, 100'000));
  app.add_option("--floor", floor, "Least tau, in units (Lockkeeper's own: 5 s)")->check(CLI::Range(0.0, 1e6));
  app.add_flag("--csv", csv, "Every verdict of every run instead of the table");
  CLI11_PARSE(app, argc, argv);
  return lockkeeper::test::report(runs, baseline, floor, csv);
}
