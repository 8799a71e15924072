// What is remembered of what happened, and what is called lost.
#include <gtest/gtest.h>

#include <string>

#include "proxy/shared.hpp"

namespace lockkeeper::proxy {
namespace {

using namespace std::chrono_literals;

const io::TimePoint start{1h};

std::vector<model::Fact> some(int count) { return std::vector<model::Fact>(static_cast<std::size_t>(count)); }

void add(FactQueue& queue, int count, io::TimePoint now = start) {
  auto facts = some(count);
  queue.add(facts, now);
  EXPECT_TRUE(facts.empty());
}

TEST(FactQueue, WhatNobodySawIsLost) {
  FactQueue queue(10);
  add(queue, 13);
  const auto seen = queue.look(start);
  EXPECT_EQ(seen.facts.size(), 10U);
  EXPECT_EQ(seen.lost, 3U);
  add(queue, 12);
  EXPECT_EQ(queue.look(start).lost, 5U) << "two of the new ones went unseen";
}

TEST(FactQueue, WhatWasSeenMayGo) {
  FactQueue queue(10);
  for (int round = 0; round < 100; ++round) {
    add(queue, 7);
    EXPECT_EQ(queue.look(start).lost, 0U);
  }
  EXPECT_EQ(queue.look(start).facts.size(), 10U);
}

TEST(FactQueue, FactsAndLossesAreToldOfForAWhile) {
  FactQueue queue(10);
  add(queue, 11);
  EXPECT_EQ(queue.look(start).lost, 1U);
  add(queue, 1, start + 5min);
  EXPECT_EQ(queue.look(start + FactQueue::memory).lost, 1U);
  const auto later = queue.look(start + FactQueue::memory + 1s);
  EXPECT_EQ(later.lost, 0U);
  EXPECT_EQ(later.facts.size(), 1U) << "the one of five minutes ago";
  EXPECT_TRUE(queue.look(start + 20min).facts.empty());
}

}  // namespace
}  // namespace lockkeeper::proxy
