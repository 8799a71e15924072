// Who is served when several come back with dead connections.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "client/pool_core.hpp"

namespace lockkeeper::client {
namespace {

using ::testing::ElementsAre;

std::vector<std::uint64_t> queue_of(const PoolCore& core) {
  std::vector<std::uint64_t> ids;
  for (const Waiter* waiter = core.first_waiter(); waiter != nullptr; waiter = waiter->next) ids.push_back(waiter->id);
  return ids;
}

TEST(PoolCoreOrder, WhoeverAskedFirstIsServedFirstAgain) {
  const Clock::time_point now{};
  PoolCore core({.maximum_size = 3}, 1);
  PoolActions actions;
  std::vector<Waiter> waiters(4);
  for (std::size_t i = 0; i < waiters.size(); ++i) waiters[i].id = i + 1;
  ASSERT_EQ(core.admit(waiters[3], now, actions), Admission::queued);
  core.readmit(waiters[2], now, actions);
  core.readmit(waiters[0], now, actions);
  core.readmit(waiters[1], now, actions);
  EXPECT_THAT(queue_of(core), ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(core.leave(waiters[1]));
  EXPECT_THAT(queue_of(core), ElementsAre(1, 3, 4));
  for (const std::size_t left : {0U, 2U, 3U}) EXPECT_TRUE(core.leave(waiters[left]));
  EXPECT_FALSE(core.anybody_waits());
}

}  // namespace
}  // namespace lockkeeper::client
