// Queues by hand: each says which waits must come out, blocker by blocker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "collect/made_rows.hpp"
#include "collect/postgres/waits.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using Pids = std::vector<std::int64_t>;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t startup = 800;  // has an empty list, but the lock has holders
constexpr std::string_view row_lock = "ExclusiveLock";

WaitingRow waiter(std::int64_t pid, std::int64_t place, std::optional<Pids> blockers,
                  std::string_view mode = row_lock) {
  return {relation_lock("shop.orders", std::string(mode)), pid, place, noon + std::chrono::seconds(pid),
          std::move(blockers)};
}

// Everybody is there but for pids of 900 and more, who have gone.
std::vector<model::Wait> reduce(const std::vector<WaitingRow>& rows) {
  const Naming naming{[](std::int64_t pid) { return pid >= 900 ? std::nullopt : std::optional(id_of(pid)); },
                      [](const WaitingRow&) { return std::vector<model::Holder>{"order 7"}; },
                      [](const WaitingRow& row) {
                        return row.pid == startup ? std::vector<model::Holder>{id_of(1), id_of(2)}
                                                  : std::vector<model::Holder>{};
                      }};
  return reduce_queues(rows, naming);
}

Pids blockers_of(const model::Wait& wait) {
  Pids pids;
  for (const auto& holder : wait.blocked_by) {
    const auto* session = std::get_if<model::SessionId>(&holder);
    pids.push_back(session != nullptr ? session->pid : 0);
  }
  return pids;
}

std::int64_t behind(const model::Wait& wait) { return wait.behind ? wait.behind->pid : -1; }

TEST(ReduceQueues, NoRowsNoWaits) { EXPECT_THAT(reduce({}), IsEmpty()); }

TEST(ReduceQueues, ExactListsBecomeAChain) {
  const auto waits = reduce({waiter(11, 1, Pids{1}), waiter(12, 2, Pids{1, 11}), waiter(13, 3, Pids{12, 1, 11})});
  ASSERT_EQ(waits.size(), 3U);
  EXPECT_THAT(blockers_of(waits[0]), ElementsAre(1));
  EXPECT_EQ(behind(waits[0]), -1);
  EXPECT_THAT(blockers_of(waits[1]), IsEmpty());
  EXPECT_EQ(behind(waits[1]), 11);
  EXPECT_THAT(blockers_of(waits[2]), IsEmpty());
  EXPECT_EQ(behind(waits[2]), 12);
}

TEST(ReduceQueues, WhatEachWaitSaysIsCopied) {
  const auto waits = reduce({waiter(11, 1, Pids{1})});
  ASSERT_EQ(waits.size(), 1U);
  EXPECT_EQ(waits[0].waiter, id_of(11));
  EXPECT_EQ(waits[0].kind, "relation");
  EXPECT_EQ(waits[0].target, "shop.orders");
  EXPECT_EQ(waits[0].mode, row_lock);
  EXPECT_EQ(waits[0].since, noon + std::chrono::seconds(11));
  EXPECT_FALSE(waits[0].since_is_upper_bound);
}

TEST(ReduceQueues, TheInputsOrderDoesNotMatter) {
  const auto waits = reduce({waiter(13, 3, Pids{1, 11, 12}), waiter(11, 1, Pids{1}), waiter(12, 2, Pids{11, 1})});
  ASSERT_EQ(waits.size(), 3U);
  EXPECT_EQ(behind(waits[1]), 11);
  EXPECT_EQ(behind(waits[2]), 12);
}

TEST(ReduceQueues, ThoseNotAskedQueueBehindTheLastThatWas) {
  const auto waits = reduce({waiter(11, 1, Pids{1}), waiter(12, 2, std::nullopt), waiter(13, 3, std::nullopt)});
  ASSERT_EQ(waits.size(), 3U);
  EXPECT_EQ(behind(waits[1]), 11);
  EXPECT_EQ(behind(waits[2]), 12);
}

TEST(ReduceQueues, RepeatedBlockersAreNamedOnce) {
  const auto waits = reduce({waiter(11, 1, Pids{1, 2, 1, 2, 2})});
  EXPECT_THAT(blockers_of(waits.at(0)), ElementsAre(1, 2));
}

TEST(ReduceQueues, ZeroStandsForPreparedTransactions) {
  const auto waits = reduce({waiter(11, 1, Pids{0, 1}), waiter(12, 2, Pids{0, 1, 11})});
  ASSERT_EQ(waits.size(), 2U);
  EXPECT_THAT(waits[0].blocked_by, ElementsAre(model::Holder("order 7"), model::Holder(id_of(1))));
  EXPECT_THAT(blockers_of(waits[1]), IsEmpty());
  EXPECT_EQ(behind(waits[1]), 11);
}

TEST(ReduceQueues, BlockersThatHaveGoneAreLeftOutAndSoIsAWaitWithoutAny) {
  const auto waits = reduce({waiter(11, 1, Pids{901}), waiter(12, 2, Pids{901, 2}), waiter(13, 3, Pids{})});
  ASSERT_EQ(waits.size(), 1U);
  EXPECT_EQ(waits[0].waiter, id_of(12));
  EXPECT_THAT(blockers_of(waits[0]), ElementsAre(2));
}

TEST(ReduceQueues, AWaiterThatHasGoneIsNobodysNeighbour) {
  const auto waits = reduce({waiter(11, 1, Pids{1}), waiter(902, 2, Pids{1, 11}), waiter(903, 9, std::nullopt),
                             waiter(12, 10, std::nullopt)});
  ASSERT_EQ(waits.size(), 2U);
  EXPECT_EQ(waits[1].waiter, id_of(12));
  EXPECT_EQ(behind(waits[1]), 11);
}

TEST(ReduceQueues, AReaderBehindDdlWaitsForTheDdlAndThroughItForTheReaderThatHolds) {
  const auto waits = reduce({waiter(11, 1, Pids{1, 2}, "AccessExclusiveLock"),
                             waiter(12, 1, Pids{11}, "AccessShareLock"), waiter(13, 2, Pids{11}, "AccessShareLock")});
  ASSERT_EQ(waits.size(), 3U);
  EXPECT_THAT(blockers_of(waits[0]), ElementsAre(1, 2));
  for (const std::size_t reader : {1U, 2U}) {
    EXPECT_THAT(blockers_of(waits[reader]), ElementsAre(11));
    EXPECT_EQ(behind(waits[reader]), -1) << "the DDL's blockers do not block the reader themselves";
  }
}

TEST(ReduceQueues, ReadersBehindDdlThatWereNotAskedWaitBehindItNotBehindOneAnother) {
  const auto waits = reduce({waiter(11, 1, Pids{1}, "AccessExclusiveLock"), waiter(12, 1, Pids{11}, "AccessShareLock"),
                             waiter(13, 9, std::nullopt, "AccessShareLock")});
  ASSERT_EQ(waits.size(), 3U);
  EXPECT_THAT(blockers_of(waits[2]), ElementsAre(11));
  EXPECT_EQ(behind(waits[2]), -1);
}

TEST(ReduceQueues, ShareLocksDoNotWaitForOneAnother) {
  const auto waits = reduce({waiter(11, 1, Pids{1}, "ShareLock"), waiter(12, 2, Pids{1}, "ShareLock"),
                             waiter(13, 9, std::nullopt, "ShareLock")});
  ASSERT_EQ(waits.size(), 3U);
  for (const auto& wait : waits) {
    EXPECT_THAT(blockers_of(wait), ElementsAre(1));
    EXPECT_EQ(behind(wait), -1);
  }
}

TEST(ReduceQueues, AnEmptyListIsFilledWithTheHoldersAndThoseBehindItNameItAlone) {
  const auto waits =
      reduce({waiter(startup, 1, Pids{}, "AccessExclusiveLock"), waiter(801, 1, Pids{startup}, "AccessShareLock")});
  ASSERT_EQ(waits.size(), 2U);
  EXPECT_THAT(blockers_of(waits[0]), ElementsAre(1, 2));
  EXPECT_THAT(blockers_of(waits[1]), ElementsAre(startup));
  EXPECT_EQ(behind(waits[1]), -1) << "the holders do not block the reader themselves";
}

TEST(ReduceQueues, DifferentLocksAreDifferentQueues) {
  WaitingRow other = waiter(12, 1, Pids{2});
  other.lock = relation_lock("shop.items", std::string(row_lock));
  WaitingRow not_asked = waiter(13, 9, std::nullopt);
  const auto waits = reduce({waiter(11, 1, Pids{1}), other, not_asked});
  ASSERT_EQ(waits.size(), 3U);
  for (const auto& wait : waits) {
    if (wait.waiter == id_of(13)) {
      EXPECT_EQ(behind(wait), 11);
    }
  }
}

// PostgreSQL 13 keeps no times, so that the order is a guess: lists that tell another order win over it. Here the real
// order is 13, 12, 11; only 11 and 12 were asked.
TEST(ReduceQueues, ListsThatContradictTheGuessedOrderMakeNoRing) {
  std::vector<WaitingRow> rows{waiter(11, 1, Pids{1, 13, 12}), waiter(12, 2, Pids{1, 13}), waiter(13, 3, std::nullopt)};
  for (auto& row : rows) row.since.reset();
  const auto waits = reduce(rows);
  ASSERT_EQ(waits.size(), 3U);
  std::set<std::int64_t> earlier{1};
  for (const auto& wait : waits) {
    for (const std::int64_t pid : blockers_of(wait)) EXPECT_TRUE(earlier.contains(pid)) << pid;
    if (wait.behind) {
      EXPECT_TRUE(earlier.contains(wait.behind->pid)) << wait.behind->pid;
    }
    earlier.insert(wait.waiter.pid);
  }
  EXPECT_EQ(waits[0].waiter, id_of(13));
  EXPECT_THAT(blockers_of(waits[0]), ElementsAre(1)) << "the first in line waits for whom the others' lists name";
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
