// Deadlocks told by hand: each a small story of who holds and who waits.
#include "client/deadlock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "client/deadlock_stage.hpp"

namespace lockkeeper::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Units. Their numbers mean nothing to the detector.
constexpr std::uint64_t anna = 11, bert = 22, cleo = 33, dora = 44;

// The ids as plain numbers, for short expectations.
template <class Id>
std::vector<std::uint64_t> numbers(const std::vector<Id>& ids) {
  std::vector<std::uint64_t> result;
  for (const Id& id : ids) result.push_back(id.value());
  return result;
}

std::vector<std::uint64_t> stuck(const Situation& situation) { return numbers(stuck_units(situation)); }

// The victims until nothing is found any more: each is failed, the rest stays as it was.
std::vector<std::uint64_t> victims(Situation situation) {
  std::vector<std::uint64_t> result;
  while (const auto verdict = find_deadlock(situation)) {
    result.push_back(verdict->victim.value());
    fail(situation, verdict->victim);
  }
  return result;
}

TEST(Deadlock, NobodyWaitsForNothing) {
  EXPECT_EQ(find_deadlock({}), std::nullopt);
  EXPECT_THAT(stuck({}), IsEmpty());
}

TEST(Deadlock, TwoRequestsWithAConnectionEachWantASecondOfAPoolOfTwo) {
  const Stage stage = Stage().pool().holds(anna).holds(bert).waits(anna).waits(bert);
  const auto verdict = find_deadlock(stage);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->victim, WaitId(2));
  EXPECT_THAT(numbers(verdict->waits), ElementsAre(1, 2));
  EXPECT_THAT(numbers(verdict->leases), ElementsAre(1, 2));
  EXPECT_THAT(verdict->locks, IsEmpty());
  EXPECT_THAT(victims(stage), ElementsAre(2));
}

TEST(Deadlock, ThreeOfThreeNeedOneFailureNotTwo) {
  const Stage stage = Stage().pool().holds(anna).holds(bert).holds(cleo).waits(anna).waits(bert).waits(cleo);
  EXPECT_THAT(numbers(find_deadlock(stage)->waits), ElementsAre(1, 2, 3));
  EXPECT_THAT(victims(stage), ElementsAre(3));
}

TEST(Deadlock, APoolOfOneIsEnoughForOneUnit) {
  const Stage stage = Stage().pool().holds(anna).waits(anna);
  const auto verdict = find_deadlock(stage);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->victim, WaitId(1));
  EXPECT_THAT(numbers(verdict->waits), ElementsAre(1));
  EXPECT_THAT(numbers(verdict->leases), ElementsAre(1));
  EXPECT_THAT(victims(stage), ElementsAre(1));
}

TEST(Deadlock, TwoPoolsTakenInOppositeOrder) {
  const Stage stage = Stage().pool().holds(anna).waits(bert).pool().holds(bert).waits(anna);
  const auto verdict = find_deadlock(stage);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->victim, WaitId(2));
  EXPECT_THAT(numbers(verdict->leases), ElementsAre(1, 2));
  EXPECT_THAT(victims(stage), ElementsAre(2));
}

// Incident 3 with its pessimistic lock: one request has locked the counter's row and wants a second connection; the
// other has the last one and waits for the row. Neither pool nor database sees a ring.
TEST(Deadlock, ARingThroughASlotAndARowLock) {
  const Stage stage = Stage().pool().holds(anna, 101).runs(bert, 102).waits(anna).lock(102, 101);
  const auto verdict = find_deadlock(stage);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->victim, WaitId(1));
  EXPECT_THAT(numbers(verdict->waits), ElementsAre(1));
  EXPECT_THAT(numbers(verdict->leases), ElementsAre(1, 2));
  EXPECT_THAT(verdict->locks, ElementsAre(LockEdge{.server = 0, .waiter = 102, .blocker = 101}));
  EXPECT_THAT(stuck(stage), ElementsAre(anna, bert));
  EXPECT_THAT(victims(stage), ElementsAre(1));
}

TEST(Deadlock, AnEdgeOfASessionThatExecutesNothingNowIsStale) {
  EXPECT_EQ(find_deadlock(Stage().pool().holds(anna, 101).holds(bert, 102).waits(anna).lock(102, 101)), std::nullopt);
}

TEST(Deadlock, AChainOfLockWaitsThatEndsInTheQueue) {
  const Stage stage =
      Stage().pool().holds(anna, 1).runs(bert, 2).runs(cleo, 3).waits(anna).lock(3, 2).lock(2, 1).lock(3, 2);
  const auto verdict = find_deadlock(stage);
  ASSERT_TRUE(verdict);
  EXPECT_THAT(numbers(verdict->leases), ElementsAre(1, 2, 3));
  EXPECT_THAT(verdict->locks, ElementsAre(LockEdge{0, 2, 1}, LockEdge{0, 3, 2}));
  EXPECT_THAT(victims(stage), ElementsAre(1));
}

TEST(Deadlock, OneHolderThatRunsIsEnoughForAll) {
  const Stage stage = Stage().pool().holds(anna).holds(bert).runs(cleo).waits(anna).waits(bert);
  EXPECT_EQ(find_deadlock(stage), std::nullopt);
  EXPECT_THAT(stuck(stage), IsEmpty());
}

TEST(Deadlock, AFreeSlotIsEnoughForAllOneAfterAnother) {
  EXPECT_EQ(find_deadlock(Stage().pool(1).holds(anna).holds(bert).waits(anna).waits(bert)), std::nullopt);
}

TEST(Deadlock, ALockThatAForeignSessionHoldsMayBeReleased) {
  EXPECT_EQ(find_deadlock(Stage().pool().holds(anna, 1).runs(bert, 2).waits(anna).lock(2, 999)), std::nullopt);
}

TEST(Deadlock, AForeignBlockerBesideAStuckOneChangesNothing) {
  const Stage stage = Stage().pool().holds(anna, 1).runs(bert, 2).waits(anna).lock(2, 999).lock(2, 1);
  EXPECT_THAT(find_deadlock(stage)->locks, ElementsAre(LockEdge{0, 2, 1}));
}

TEST(Deadlock, WaitersThatHoldNothingAreNoDeadlock) {
  EXPECT_EQ(find_deadlock(Stage().pool().runs(anna).waits(bert).waits(cleo)), std::nullopt);
}

TEST(Deadlock, AYoungerWaiterThatHoldsNothingIsStuckTooButNeitherVictimNorPartOfTheRing) {
  const Stage stage = Stage().pool().holds(anna).holds(bert).waits(anna).waits(bert).waits(cleo);
  const auto verdict = find_deadlock(stage);
  EXPECT_THAT(stuck(stage), ElementsAre(anna, bert, cleo));
  EXPECT_EQ(verdict->victim, WaitId(2));
  EXPECT_THAT(numbers(verdict->waits), ElementsAre(1, 2));
}

TEST(Deadlock, AUnitWithAThreadThatRunsIsNotBlocked) {
  const Stage stage = Stage().pool().holds(anna).waits(anna).threads(anna, 2);
  EXPECT_EQ(find_deadlock(stage), std::nullopt);
  // The same unit, its second thread in the queue as well.
  EXPECT_THAT(victims(Stage().pool().holds(anna).waits(anna).waits(anna).threads(anna, 2)), ElementsAre(2));
}

TEST(Deadlock, AnyThreadOfAUnitThatMayGoOnIsEnough) {
  const Stage both = Stage().pool().holds(anna).waits(anna).pool(1).waits(anna).threads(anna, 2);
  EXPECT_EQ(find_deadlock(both), std::nullopt);
}

TEST(Deadlock, AUnitWaitsForALockOfItsOwnOtherLeaseWhileItsOtherThreadWaitsForASlot) {
  const Stage stage = Stage().pool().holds(anna, 1).runs(anna, 2).waits(anna).lock(2, 1).threads(anna, 2);
  const auto verdict = find_deadlock(stage);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->victim, WaitId(1));
  EXPECT_THAT(numbers(verdict->leases), ElementsAre(1, 2));
  EXPECT_THAT(verdict->locks, ElementsAre(LockEdge{0, 2, 1}));
}

TEST(Deadlock, AUnitThatOnlyWaitsForItsOwnLockHasNoWaitToFailButWhoIsNestedBehindItHas) {
  EXPECT_EQ(find_deadlock(Stage().pool().holds(anna, 1).runs(anna, 2).lock(2, 1)), std::nullopt);
  const Stage behind =
      Stage().pool().holds(anna, 1).runs(anna, 2).waits(bert).waits(cleo).lock(2, 1).pool().holds(bert);
  const auto verdict = find_deadlock(behind);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->victim, WaitId(1));
  // The proof needs anna; cleo waits as well, but bert does not wait for her.
  EXPECT_THAT(numbers(verdict->leases), ElementsAre(1, 2, 3));
  EXPECT_THAT(numbers(verdict->waits), ElementsAre(1));
  EXPECT_THAT(victims(behind), ElementsAre(1));
}

TEST(Deadlock, ARingOfLocksAloneIsTheDatabasesOwn) {
  // anna and bert wait for each other's rows; cleo holds another connection and waits for one of theirs.
  Stage stage = Stage().pool().runs(anna, 1).runs(bert, 2).waits(cleo).lock(1, 2).lock(2, 1).pool().holds(cleo);
  EXPECT_EQ(find_deadlock(stage), std::nullopt);
  EXPECT_THAT(stuck(stage), IsEmpty());
  // So is a session that seems to wait for itself.
  EXPECT_EQ(find_deadlock(Stage().pool().runs(anna, 1).waits(bert).lock(1, 1).pool().holds(bert)), std::nullopt);
}

TEST(Deadlock, OnceTheDatabaseHasBrokenItsRingTheRestIsOurs) {
  // As above, but bert's statement was failed, and he now waits for a connection with his locks still held.
  const Stage stage = Stage().pool().runs(anna, 1).holds(bert, 2).waits(cleo).waits(bert).lock(1, 2).pool().holds(cleo);
  EXPECT_THAT(victims(stage), ElementsAre(2));
}

TEST(Deadlock, OneNumberOnTwoServersIsTwoSessions) {
  // bert waits for session 1 of his server; anna, who waits for his slot, is session 1 of another, or of the same.
  EXPECT_EQ(find_deadlock(Stage().pool().holds(anna, 1).on_server(7).pool().runs(bert, 2).waits(anna).lock(2, 1)),
            std::nullopt);
  EXPECT_THAT(victims(Stage().pool().holds(anna, 1).pool().runs(bert, 2).waits(anna).lock(2, 1)), ElementsAre(1));
}

TEST(Deadlock, UnknownAndDoublyClaimedBackendsAreNobodys) {
  EXPECT_EQ(find_deadlock(Stage().pool().holds(anna, 0).runs(bert, 2).waits(anna).lock(2, 0)), std::nullopt);
  EXPECT_EQ(
      find_deadlock(Stage().pool().holds(anna, 1).runs(bert, 2).holds(cleo, 1).waits(anna).waits(cleo).lock(2, 1)),
      std::nullopt);
}

TEST(Deadlock, WhoWaitsBehindARingIsNotFailedForIt) {
  // cleo is the youngest, nested, and her failure would let dora go on; but the ring of anna and bert would stay.
  const Stage stage =
      Stage().pool().holds(anna).holds(bert).waits(anna).waits(bert).waits(cleo).pool().holds(cleo).waits(dora);
  const auto verdict = find_deadlock(stage);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->victim, WaitId(2));
  EXPECT_THAT(numbers(verdict->waits), ElementsAre(1, 2));
  EXPECT_THAT(numbers(verdict->leases), ElementsAre(1, 2));
  EXPECT_THAT(victims(stage), ElementsAre(2));
}

TEST(Deadlock, WhereOneFailureIsNotEnoughTheYoungestGoesFirst) {
  // bert waits for rows of both anna and dora, who wait for his slot.
  const Stage stage =
      Stage().pool().runs(bert, 2).waits(anna).waits(dora).pool().holds(anna, 1).holds(dora, 3).lock(2, 1).lock(2, 3);
  EXPECT_EQ(find_deadlock(stage)->locks.size(), 2);
  EXPECT_THAT(victims(stage), ElementsAre(2, 1));
}

TEST(Deadlock, TheYoungestIsSparedWhereItsFailureHelpsNobody) {
  // As before, but a second thread of bert's wants anna's slot: her failure is enough, and dora's, the youngest, is
  // not.
  const auto scene = [] {
    Stage stage = Stage().pool().holds(anna, 1).waits(bert).pool().runs(bert, 2).waits(anna).waits(dora);
    return stage.lock(2, 1).lock(2, 3).threads(bert, 2).pool().holds(dora, 3);
  };
  EXPECT_THAT(numbers(find_deadlock(scene())->waits), ElementsAre(1, 2, 3));
  EXPECT_THAT(victims(scene()), ElementsAre(2));
  // Nor does it count that dora would free a second thread of her own.
  EXPECT_THAT(victims(scene().runs(dora, 4).lock(4, 3).threads(dora, 2)), ElementsAre(2));
}

TEST(Deadlock, TwoRingsAreTwoVerdictsTheYoungerFirst) {
  const Stage stage =
      Stage().pool().holds(anna).holds(bert).waits(anna).waits(bert).pool().holds(cleo).holds(dora).waits(cleo).waits(
          dora);
  const auto verdict = find_deadlock(stage);
  EXPECT_THAT(numbers(verdict->waits), ElementsAre(3, 4));
  EXPECT_THAT(numbers(verdict->leases), ElementsAre(3, 4));
  EXPECT_THAT(victims(stage), ElementsAre(4, 2));
}

TEST(Deadlock, WhatIsHeldElsewhereMeanwhileIsTold) {
  const Stage stage = Stage().pool().holds(anna).waits(anna).pool(3).holds(anna).holds(bert);
  EXPECT_THAT(numbers(find_deadlock(stage)->leases), ElementsAre(1, 2));
}

TEST(Deadlock, APoolWithoutSlotsAndLeasesWaitsForSomethingElse) {
  EXPECT_EQ(find_deadlock(Stage().pool().waits(anna).pool().holds(anna)), std::nullopt);
}

TEST(Deadlock, AUnitThatHasEndedIsALeakNotADeadlock) {
  EXPECT_EQ(find_deadlock(Stage().pool().holds(anna).threads(anna, 0).waits(bert).pool().holds(bert)), std::nullopt);
}

TEST(Deadlock, AUnitListedTwiceHasTheMostThreadsSaid) {
  for (const bool more_first : {true, false}) {
    Stage stage = Stage().pool().holds(anna).waits(anna);
    stage.threads(anna, more_first ? 2 : 1).threads(anna, more_first ? 1 : 2);
    EXPECT_EQ(find_deadlock(stage), std::nullopt);
  }
}

}  // namespace
}  // namespace lockkeeper::client
