// The wait tree's shape and the questions about who waits behind whom.
#include "rules/blocking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/snapshots.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

// "depth who, waits_for" a line; a line that stands for many is "depth +n".
std::vector<std::string> drawn(const Scene& scene, const model::Holder& root, std::size_t most = 10) {
  std::vector<std::string> lines;
  for (const auto& line : Blocking(scene.snapshot).tree(root, most)) {
    std::string text = std::to_string(line.depth) + " ";
    text += line.more > 0 ? "+" + std::to_string(line.more) : line.who;
    if (!line.waits_for.empty()) text += ", " + line.waits_for;
    lines.push_back(text);
  }
  return lines;
}

TEST(WaitTree, AChainGoesDownAndAQueueStaysBesideItsHead) {
  Scene scene;
  scene.add(client(1).named("publisher").idle_in_transaction(30s));
  for (const std::int64_t pid : {2, 3, 4, 5}) scene.add(client(pid).active(5s));
  scene.wait(2, 1, 5s).queue(3, 2, 4s).queue(4, 3, 3s).wait(5, 3, 2s);
  EXPECT_THAT(drawn(scene, id_of(1)),
              ElementsAre("0 1 publisher (idle in transaction)", "1 2 shop (active), ShareLock on transaction 771",
                          "1 3 shop (active), ExclusiveLock on row (0,1) of public.posts",
                          "2 5 shop (active), ShareLock on transaction 771",
                          "1 4 shop (active), ExclusiveLock on row (0,1) of public.posts"));
  EXPECT_EQ(Blocking(scene.snapshot).tree(id_of(1))[1].waiting, 5s);
}

TEST(WaitTree, TheCapCountsTheRestAndNeverHidesWhoLeadsOn) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s));
  for (std::int64_t pid = 2; pid <= 8; ++pid) scene.add(client(pid).active(5s)).wait(pid, 1, 5s);
  scene.add(client(9).active(5s)).wait(9, 8, 2s);
  EXPECT_THAT(
      drawn(scene, id_of(1), 2),
      ElementsAre("0 1 shop (idle in transaction)", "1 2 shop (active), ShareLock on transaction 771",
                  "1 3 shop (active), ShareLock on transaction 771", "1 8 shop (active), ShareLock on transaction 771",
                  "2 9 shop (active), ShareLock on transaction 771", "1 +4"));
}

TEST(WaitTree, WhoWaitsForTwoIsDrawnOnceInEachRootsTree) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s)).add(client(2).idle_in_transaction(30s)).add(client(3).active(5s));
  scene.wait(3, {id_of(1), id_of(2)}, 5s);
  EXPECT_EQ(drawn(scene, id_of(1)).size(), 2U);
  EXPECT_EQ(drawn(scene, id_of(2)).size(), 2U);
}

TEST(WaitTree, ARingEndsWhereItBegan) {
  Scene scene;
  scene.add(client(1).active(5s)).add(client(2).active(5s)).wait(1, 2, 3s).wait(2, 1, 3s);
  EXPECT_THAT(drawn(scene, id_of(1)), ElementsAre("0 1 shop (active), ShareLock on transaction 771",
                                                  "1 2 shop (active), ShareLock on transaction 771"));
}

TEST(WaitTree, NamesWhoeverItIs) {
  Scene scene;
  scene.add(client(2).named("").active(5s)).wait(2, {std::string("tx-9")}, 5s).wait(3, 2, 5s);
  EXPECT_THAT(drawn(scene, std::string("tx-9")),
              ElementsAre("0 prepared transaction 'tx-9'", "1 2 alice (active), ShareLock on transaction 771",
                          "2 3, ShareLock on transaction 771"));
}

TEST(Blocking, WhoeverQueuesBehindAWaiterAlsoWaitsForWhatThatOneWaitsFor) {
  Scene scene;
  scene.wait(2, 1, 5s).queue(3, 2, 5s);
  const Blocking blocking(scene.snapshot);
  // Were 2 to give up, 3 would still wait for 1.
  EXPECT_THAT(blocking.freed_by(std::vector<model::Holder>{id_of(2)}), IsEmpty());
  EXPECT_THAT(blocking.freed_by(std::vector<model::Holder>{id_of(1)}), ElementsAre(id_of(2), id_of(3)));
}

TEST(Blocking, AWaitOfAnUnknownAgeCountsAsNone) {
  Scene scene;
  scene.wait(2, 1, 5s).wait(3, 1, 9s);
  scene.snapshot.waits[1].since.reset();
  EXPECT_EQ(Blocking(scene.snapshot).longest_wait(id_of(1)), 5s);
  scene.snapshot.waits[0].since = look_time() + 1s;  // the two views were read a moment apart
  EXPECT_EQ(Blocking(scene.snapshot).longest_wait(id_of(1)), 0s);
}

TEST(Blocking, NobodyWaitsForAStranger) {
  const Scene scene;
  const Blocking blocking(scene.snapshot);
  EXPECT_THAT(blocking.roots(), IsEmpty());
  EXPECT_THAT(blocking.stuck(), IsEmpty());
  EXPECT_THAT(blocking.rings(), IsEmpty());
  EXPECT_THAT(blocking.behind(id_of(1)), IsEmpty());
  EXPECT_THAT(blocking.freed_by(std::vector<model::Holder>{id_of(1), std::string("gid")}), IsEmpty());
}

TEST(Blocking, ALeaderWaitsForAllThatItsWorkersWaitFor) {
  Scene scene;
  scene.wait(3, 1, 5s).wait(3, 2, 4s);  // two workers, folded into their leader
  const Blocking blocking(scene.snapshot);
  EXPECT_EQ(blocking.waits_of(id_of(3)).size(), 2U);
  EXPECT_THAT(blocking.freed_by(std::vector<model::Holder>{id_of(1)}), IsEmpty());
  EXPECT_THAT(blocking.freed_by(std::vector<model::Holder>{id_of(1), id_of(2)}), ElementsAre(id_of(3)));
}

}  // namespace
}  // namespace lockkeeper::rules
