// Sequences made from seeds, directly and through the proxy: every answer is the same, byte for byte.
// LOCKKEEPER_DIFFERENTIAL_SEEDS="7" or "1-500": these; else as many as LOCKKEEPER_STRESS_SECONDS (default 5) allow.
#include "proxy/differential_generator.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "proxy/differential_stage.hpp"

namespace lockkeeper::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr seconds shrinking{20};
constexpr int most_failures = 5;  // The sixth says nothing that the first five do not.

struct Seeds {
  std::uint64_t first = 1, last = UINT64_MAX;
  Clock::time_point end = Clock::time_point::max();

  Seeds() {
    if (const char* given = std::getenv("LOCKKEEPER_DIFFERENTIAL_SEEDS"); given != nullptr) {
      const std::string text = given;
      first = last = std::stoull(text);
      if (const auto dash = text.find('-'); dash != std::string::npos) last = std::stoull(text.substr(dash + 1));
    } else {
      const char* time = std::getenv("LOCKKEEPER_STRESS_SECONDS");
      end = Clock::now() + seconds(time == nullptr ? 5 : std::atoi(time));
    }
  }
};

class Differential : public ::testing::TestWithParam<Setup> {};

TEST_P(Differential, GeneratedSequencesAreAnsweredAlike) {
  const Seeds seeds;
  std::uint64_t played = 0, steps = 0;
  int failures = 0, crashes = 0;
  for (std::uint64_t seed = seeds.first; seed <= seeds.last && Clock::now() < seeds.end; ++seed, ++played) {
    Script script = generate(seed, peer_stands_in());
    // In transaction mode the proxy itself speaks with the client, in a version of the protocol of its own, and RESET
    // goes back to the server's values.
    if (GetParam().mode == "transaction") {
      for (Step& step : script) {
        step.login.minor = 0;
        std::erase_if(step.login.more, [](const auto& each) { return each.first != "options"; });
      }
    }
    steps += script.size();
    std::string difference;
    try {
      difference = DifferentialStage::of(GetParam()).difference(script, shrinking);
    } catch (const std::exception& error) {
      // Some sequences crash PostgreSQL (15.18, 18.4), with nothing of ours beside it; it takes its other sessions
      // along.
      const bool of_itself = DifferentialStage::of(GetParam(), true).ends_the_server(script);
      DifferentialStage::of(GetParam(), true);
      if (of_itself && ++crashes > 0) continue;
      difference = error.what();
    }
    if (difference.empty()) continue;
    ADD_FAILURE() << "LOCKKEEPER_DIFFERENTIAL_SEEDS=" << seed << " differs\n" << difference;
    if (++failures == most_failures) break;
  }
  EXPECT_GT(played, 0U);
  std::printf("differential: %llu sequences, %llu steps, %d differ, %d crash the server itself\n",
              static_cast<unsigned long long>(played), static_cast<unsigned long long>(steps), failures, crashes);
}

INSTANTIATE_TEST_SUITE_P(Setups, Differential, ::testing::ValuesIn(usual_setups()),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace lockkeeper::testing
