// The scripts written by hand, on every setup.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "proxy/differential_cases.hpp"
#include "proxy/differential_stage.hpp"

namespace lockkeeper::testing {
namespace {

std::vector<Case> all_cases() {
  std::vector<Case> all = protocol_cases();
  for (const auto& more : {statement_cases(), session_cases()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

// The setup changes slowest: its servers are started once.
class Cases : public ::testing::TestWithParam<std::tuple<Setup, Case>> {};

// What a pool of connections cannot do as one connection does, and what a client sees of it. Each is told in
// docs/recorder.md.
const std::map<std::string, std::string>& known_in_transaction_mode() {
  static const std::map<std::string, std::string> known{
      {"Sequences", "currval and lastval of an earlier transaction: an error (55000), never another client's value"},
      {"ExecuteOfAProtocolNameInSql", "EXECUTE by SQL of a statement prepared by the protocol: an error (26000)"},
      {"DeallocateWithinSeveral", "DEALLOCATE of such a statement among others in one text: an error (26000)"},
      {"SqlPrepareAndTheProtocol", "PREPARE by SQL and by the protocol have names of their own"},
      {"ResetAll", "RESET goes back to the server's value, not to that of the client's start-up packet"},
      {"Protocol32", "the proxy speaks protocol 3.2 itself, whatever the server speaks"},
      {"AProtocolOptionNobodyKnows", "the proxy speaks protocol 3.2 itself, whatever the server speaks"},
      {"AWrongStartupParameter",
       "a parameter that follows its client is refused when it first has a server connection"}};
  return known;
}

TEST_P(Cases, AreAnsweredAlike) {
  const auto& [setup, one] = GetParam();
  if (const auto known = known_in_transaction_mode().find(one.name);
      setup.mode == "transaction" && known != known_in_transaction_mode().end()) {
    GTEST_SKIP() << known->second;
  }
  DifferentialStage& stage = DifferentialStage::of(setup);
  // What a server of one version answers is asked once.
  static std::map<std::pair<int, std::string>, Answers> asked;
  auto [found, is_new] = asked.try_emplace({setup.postgres, one.name});
  if (is_new) found->second = stage.play_direct(one.script);
  const Answers proxied = stage.play_proxied(one.script, found->second);
  EXPECT_FALSE(first_difference(found->second, proxied)) << show_difference(one.script, found->second, proxied);
}

std::vector<Setup> three_setups() {
  std::vector<Setup> setups = usual_setups();
  setups.pop_back();  // Of the session mode one is enough for these.
  return setups;
}

INSTANTIATE_TEST_SUITE_P(Setups, Cases,
                         ::testing::Combine(::testing::ValuesIn(three_setups()), ::testing::ValuesIn(all_cases())),
                         [](const auto& tested) {
                           return name_of(std::get<0>(tested.param)) + "_" + std::get<1>(tested.param).name;
                         });

}  // namespace
}  // namespace lockkeeper::testing
