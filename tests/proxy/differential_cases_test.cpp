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
  for (const auto& more : {statement_cases(), name_cases(), session_cases()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

// The setup changes slowest: its servers are started once.
class Cases : public ::testing::TestWithParam<std::tuple<Setup, Case>> {};

// What a pool of connections cannot do as one connection does. Each is told in docs/recorder.md.
struct Known {
  std::string what;
  std::string error;  ///< Of the first answer that differs; empty: it has none.
  int from = 99;      ///< A server of this version does as the proxy does.
};

const std::map<std::string, Known>& known_in_transaction_mode() {
  static const std::map<std::string, Known> known{
      {"Sequences", {"currval and lastval of an earlier transaction: never another client's value", "55000"}},
      {"ExecuteOfAProtocolNameInSql", {"EXECUTE by SQL of a statement prepared by the protocol", "26000"}},
      {"DeallocateWithinSeveral", {"DEALLOCATE of such a statement among others in one text", "26000"}},
      {"SqlPrepareAndTheProtocol", {"PREPARE by SQL and by the protocol have names of their own", ""}},
      {"ResetAll", {"RESET goes back to the server's value, not to that of the client's start-up packet", ""}},
      {"Protocol32", {"the proxy speaks protocol 3.2 itself, whatever the server speaks", "", 18}},
      {"AProtocolOptionNobodyKnows", {"the proxy speaks protocol 3.2 itself, whatever the server speaks", "", 18}},
      {"AWrongStartupParameter",
       {"a parameter that follows its client is refused when it first has a server connection", "22023"}}};
  return known;
}

TEST_P(Cases, AreAnsweredAlike) {
  const auto& [setup, one] = GetParam();
  DifferentialStage& stage = DifferentialStage::of(setup);
  // What a server of one version answers is asked once.
  static std::map<std::pair<int, std::string>, Answers> asked;
  auto [found, is_new] = asked.try_emplace({setup.postgres, one.name});
  if (is_new) found->second = stage.play_direct(one.script);
  Answers proxied = stage.play_proxied(one.script, found->second);
  for (int more = 3;
       more > 0 && first_difference(found->second, proxied) && !stage.says_it_again(one.script, found->second);
       --more) {
    found->second = stage.play_direct(one.script);
    proxied = stage.play_proxied(one.script, found->second);
  }
  const auto difference = first_difference(found->second, proxied);
  const auto known = known_in_transaction_mode().find(one.name);
  if (setup.mode != "transaction" || known == known_in_transaction_mode().end() ||
      setup.postgres >= known->second.from) {
    EXPECT_FALSE(difference) << show_difference(one.script, found->second, proxied);
    return;
  }
  ASSERT_TRUE(difference) << "it differs no more: " << known->second.what;
  EXPECT_EQ(first_error(proxied.at(*difference).messages), known->second.error)
      << known->second.what << "\n"
      << show_difference(one.script, found->second, proxied);
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
