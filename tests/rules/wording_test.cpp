#include "rules/wording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/snapshots.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Wording, CountsInWords) {
  EXPECT_EQ(counted(0, "session"), "0 sessions");
  EXPECT_EQ(counted(1, "session"), "1 session");
  EXPECT_EQ(counted(70, "session"), "70 sessions");
  EXPECT_EQ(counted(1, "session waits", "sessions wait"), "1 session waits");
  EXPECT_EQ(counted(2, "session waits", "sessions wait"), "2 sessions wait");
}

TEST(Wording, LargeNumbersAreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(200'000'000), "200,000,000");
  EXPECT_EQ(grouped(-123), "-123");
  EXPECT_EQ(grouped(-1234), "-1,234");
}

TEST(Wording, OwnersAreNamedByWhatIsKnown) {
  const auto known = test::client(1).session();
  EXPECT_EQ(owner(known), "application \"shop\" (user alice, database shop)");
  EXPECT_EQ(owner(test::client(1).named("").session()), "user alice, database shop");
  EXPECT_EQ(owner(test::client(1).named("").of("").session()), "user unknown, database shop");
}

TEST(Wording, LocksAreFoldedAndCut) {
  std::vector<model::HeldLock> locks;
  for (char table = 'a'; table <= 'e'; ++table) locks.push_back({"relation", {table}, "ShareLock", 1});
  locks.push_back({"relation", "a", "ShareLock", 2});
  EXPECT_THAT(held_locks(locks, 3),
              ElementsAre("ShareLock on a (3 times)", "ShareLock on b", "ShareLock on c", "2 more"));
  EXPECT_THAT(held_locks(std::span(locks).first(1)), ElementsAre("ShareLock on a"));
}

TEST(Wording, WhatIsLostIsSaidPlainly) {
  EXPECT_EQ(lost_by_ending(3, 0), "nothing was written, so nothing is lost");
  EXPECT_EQ(lost_by_ending(1, 1), "what it wrote is rolled back");
  EXPECT_EQ(lost_by_ending(3, 3), "what they wrote is rolled back");
  EXPECT_EQ(lost_by_ending(3, 2), "what 2 of them wrote is rolled back");
}

TEST(Wording, TheLastStatementsPlaceTellsTheMistake) {
  struct Case {
    const char* statement;
    const char* says;
  };
  for (const auto& [text, says] : {Case{"BEGIN", "opened and then nothing was run"},
                                   {"SELECT 1", "A read opened"},
                                   {"UPDATE a SET b = 1", "Between this statement and its commit"},
                                   {"SELECT 1 FROM a FOR UPDATE", "Between this statement and its commit"},
                                   {"RELEASE SAVEPOINT a", "ended an inner step"},
                                   {"CREATE TABLE a (b int)", "did not reach its commit"}}) {
    EXPECT_THAT(likely_mistake_after(test::client(1).active(1s).ran(text).session()), HasSubstr(says)) << text;
  }
  EXPECT_THAT(likely_mistake_after(test::client(1).session()), HasSubstr("did not reach its commit"));
}

}  // namespace
}  // namespace lockkeeper::rules
