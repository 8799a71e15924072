#include "rules/pool_advice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rules/recordings.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using model::TransactionEnd;
using test::recorded;
using test::Recorded;
using testing::IsEmpty;
using testing::SizeIs;

void add(Recorded& scene, std::uint64_t client, model::Duration from, model::Duration to, const std::string& unit = "",
         const std::string& application = "shop") {
  scene.ends(recorded(client).named(application).unit(unit).began(from).ran("SELECT 1", from),
             TransactionEnd::committed, to);
}

model::PoolAdvice advise(const Recorded& scene, const model::AdviceWish& wish = {}) {
  return advise_pools(*scene.recording, std::nullopt, wish);
}

const model::PoolTrial& of_size(const model::ApplicationAdvice& advice, std::int64_t size) {
  const auto found = std::ranges::find(advice.trials, size, &model::PoolTrial::size);
  if (found == advice.trials.end()) throw std::runtime_error("this size was not tried");
  return *found;
}

// Two threads of an outer transaction each, with an inner one: incident 3.
Recorded requires_new_of(int threads) {
  Recorded scene;
  for (int thread = 0; thread < threads; ++thread) {
    const std::string unit = "request " + std::to_string(thread);
    add(scene, static_cast<std::uint64_t>(2 * thread + 1), 10s, 8s, unit);
    add(scene, static_cast<std::uint64_t>(2 * thread + 2), 9s, 9s - 100ms, unit);
  }
  return scene;
}

TEST(PoolAdvice, WhatIsSeenIsTold) {
  const auto advice = advise(requires_new_of(2));
  ASSERT_THAT(advice.applications, SizeIs(1));
  const auto& shop = advice.applications[0];
  EXPECT_EQ(shop.application, "shop");
  EXPECT_EQ(shop.transactions, 4);
  EXPECT_EQ(shop.units, 2);
  EXPECT_TRUE(shop.units_are_told);
  EXPECT_EQ(shop.most_in_unit, 2);
  EXPECT_EQ(shop.most_units, 2);
  EXPECT_EQ(shop.most_connections, 4);
  EXPECT_EQ(shop.hold_p99, 2s);
  EXPECT_GT(shop.idle_share, 0.9);
  EXPECT_EQ(advice.observed, 2s);
}

TEST(PoolAdvice, Incident3DeadlocksAtTwoAndNotAtTheAdvisedSize) {
  const auto shop = advise(requires_new_of(2)).applications.at(0);
  EXPECT_EQ(shop.deadlock_free, 3);
  EXPECT_EQ(of_size(shop, 2).deadlocks, 1);
  EXPECT_GE(shop.advised, 3);
  EXPECT_EQ(of_size(shop, shop.advised).deadlocks, 0);
  EXPECT_EQ(of_size(shop, shop.advised).timeouts, 0);
}

TEST(PoolAdvice, TheAdvisedSizeMeetsTheTargetAndOneLessDoesNot) {
  Recorded scene;
  for (int number = 0; number < 10; ++number) add(scene, static_cast<std::uint64_t>(number + 1), 10s, 9s);
  const model::AdviceWish wish{.target_wait = 1'500ms};
  const auto shop = advise(scene, wish).applications.at(0);
  EXPECT_LE(of_size(shop, shop.advised).wait_p99, wish.target_wait);
  EXPECT_GT(of_size(shop, shop.advised - 1).wait_p99, wish.target_wait);
  EXPECT_EQ(shop.advised, 5) << "ten at once, a second each";
}

TEST(PoolAdvice, MoreLoadNeedsMore) {
  Recorded scene;
  for (int number = 0; number < 20; ++number)
    add(scene, static_cast<std::uint64_t>(number + 1), 40s - number * 1s, 40s - number * 1s - 900ms);
  EXPECT_EQ(advise(scene).applications.at(0).advised, 1);
  EXPECT_EQ(advise(scene, {.load = 4}).applications.at(0).advised, 4);
}

TEST(PoolAdvice, MoreLoadIsMoreUnitsThatMayDeadlock) {
  // One after the other, each with a connection inside another: one at a time, and two at four times the load.
  Recorded scene;
  for (int number = 0; number < 8; ++number) {
    const auto at = 40s - number * 2s;
    const std::string unit = "request " + std::to_string(number);
    add(scene, static_cast<std::uint64_t>(2 * number + 1), at, at - 900ms, unit);
    add(scene, static_cast<std::uint64_t>(2 * number + 2), at - 100ms, at - 200ms, unit);
  }
  EXPECT_EQ(advise(scene).applications.at(0).deadlock_free, 2) << "1 * (2 - 1) + 1";
  EXPECT_EQ(advise(scene, {.load = 4}).applications.at(0).deadlock_free, 3) << "2 * (2 - 1) + 1";
}

TEST(PoolAdvice, SizesThatAreAskedForAreTried) {
  const auto shop = advise(requires_new_of(2), {.sizes = {17, 1}}).applications.at(0);
  EXPECT_EQ(of_size(shop, 17).deadlocks, 0);
  EXPECT_EQ(of_size(shop, 1).acquires, 1) << "the first unit's outer transaction";
  EXPECT_EQ(of_size(shop, 1).timeouts, 2) << "its inner one, and the second unit";
}

TEST(PoolAdvice, EachApplicationHasItsOwn) {
  Recorded scene;
  add(scene, 1, 10s, 9s, "", "shop");
  add(scene, 2, 10s, 9s, "", "billing");
  const auto advice = advise(scene);
  ASSERT_THAT(advice.applications, SizeIs(2));
  EXPECT_EQ(advice.advised_together, 2);
  EXPECT_FALSE(advice.applications[0].units_are_told);
  EXPECT_EQ(advice.usable_connections, std::nullopt);
}

TEST(PoolAdvice, WhatIsOpenIsLeftOut) {
  Recorded scene;
  scene.add(recorded(1).began(10s).ran("SELECT 1", 9s));
  const auto advice = advise(scene);
  ASSERT_THAT(advice.applications, SizeIs(1));
  EXPECT_EQ(advice.applications[0].still_open, 1);
  EXPECT_EQ(advice.applications[0].units, 0);
  EXPECT_THAT(advice.applications[0].trials, IsEmpty());
  EXPECT_EQ(advice.advised_together, 0);
}

TEST(PoolAdvice, TheServersLimitIsTakenFromTheLook) {
  Recorded scene;
  add(scene, 1, 10s, 9s);
  model::Snapshot snapshot;
  snapshot.server.max_connections = 100;
  snapshot.server.reserved_for_superusers = 3;
  EXPECT_EQ(advise_pools(*scene.recording, snapshot, {}).usable_connections, 97);
}

}  // namespace
}  // namespace lockkeeper::rules
