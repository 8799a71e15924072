// work-in-transaction, stuck-loop, unfinished-cursor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/recordings.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Action;
using model::Severity;
using model::TransactionEnd;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view page = "SELECT id FROM follower WHERE seen > $1 ORDER BY id LIMIT 50";

TEST(WorkInTransaction, CompletedOnesOfOneShapeAreOneFinding) {
  const auto finding = only(remote_calls(), work_in_transaction);
  EXPECT_EQ(finding.title,
            "4 transactions of application \"checkout\" (user alice, database shop) spent 100 % of their 16 s in all "
            "outside the database");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(finding.count, 4);
  EXPECT_THAT(finding.subjects, IsEmpty());
  EXPECT_THAT(finding.remedies, IsEmpty()) << "they are over";
  EXPECT_EQ(evidence<std::int64_t>(finding, "transactions_seen"), 5);
  EXPECT_EQ(evidence<std::int64_t>(finding, "open_now"), 0);
  EXPECT_NEAR(evidence<double>(finding, "share_outside"), 0.997, 0.001);
  EXPECT_EQ(evidence<double>(finding, "share_limit"), 0.8);
  EXPECT_EQ(evidence<model::Duration>(finding, "longest_gap"), 3990ms);
  EXPECT_EQ(evidence<std::string>(finding, "longest_gap_after"), "SELECT * FROM carts WHERE id = ? FOR UPDATE");
  EXPECT_EQ(evidence<std::string>(finding, "longest_gap_before"), "UPDATE orders SET paid = ?");
  EXPECT_THAT(finding.evidence.statements, SizeIs(3));
}

TEST(WorkInTransaction, OneThatIsOpenNowIsEnoughAndMayBeEnded) {
  const auto finding = only(stuck_post(), work_in_transaction);
  EXPECT_EQ(finding.count, 1);
  EXPECT_THAT(subject_pids(finding), ElementsAre(4711));
  EXPECT_EQ(finding.severity, Severity::critical) << "somebody waits for its locks";
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate, Action::close_client));
}

TEST(WorkInTransaction, LostFactsMakeItALowerBound) {
  const auto whole = only(remote_calls(), work_in_transaction);
  const auto finding = only(remote_calls().lost(12), work_in_transaction);
  EXPECT_THAT(finding.title, StartsWith("at least 4 transactions"));
  EXPECT_EQ(evidence<std::int64_t>(finding, "facts_lost"), 12);
  EXPECT_THAT(finding.explanation, HasSubstr("lower bound"));
  EXPECT_EQ(finding.id, whole.id);
}

TEST(WorkInTransaction, LookAlikesStaySilent) {
  Recorded scene;
  // One silence that nothing has ended: forgotten, perhaps, but not at work.
  scene.add(recorded(1).began(10min).ran("SELECT 1", 10min).holds(1));
  // At work in the database.
  scene.add(recorded(2).began(60s).ran("SELECT 1", 59s, {.took = 50s}).ran("SELECT 2", 8s, {.took = 8s}).holds(2));
  // A statement that runs now: the time until it began is short.
  scene.add(recorded(3).began(60s).active("SELECT pg_sleep(60)", 59990ms).holds(3));
  // One stop in a debugger; left by its client, whose last silence no statement ended.
  auto once = recorded(4);
  once.began(60s).ran("SELECT 1", 59s);
  scene.ends(once, TransactionEnd::committed, 10s);
  for (std::uint64_t id = 5; id < 9; ++id) {
    auto left = recorded(id).named("left");
    left.began(60s).ran("SELECT 1", 59990ms);
    scene.ends(left, TransactionEnd::abandoned, 1s);
  }
  EXPECT_THAT(scene.judge(work_in_transaction), IsEmpty());
  EXPECT_THAT(Scene().judge(work_in_transaction), IsEmpty());
}

TEST(StuckLoop, IncidentTwosPageIsReadAgainAndAgain) {
  const auto finding = only(stuck_post(), stuck_loop);
  EXPECT_EQ(finding.severity, Severity::critical);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(finding.title,
            "a transaction of application \"post-publisher\" (user alice, database shop) ran one statement with the "
            "same parameters 300 times in 9 min 58 s");
  EXPECT_EQ(evidence<std::string>(finding, "statement"), "SELECT id FROM follower WHERE seen > ? ORDER BY id LIMIT ?");
  EXPECT_EQ(evidence<std::int64_t>(finding, "runs"), 300);
  EXPECT_FALSE(evidence<bool>(finding, "runs_are_lower_bound"));
  EXPECT_EQ(evidence<std::int64_t>(finding, "loop_rows"), 300 * 50);
  EXPECT_EQ(evidence<std::int64_t>(finding, "rows_written"), 1 + 300 * 5);
  EXPECT_THAT(subject_pids(finding), ElementsAre(4711));
  EXPECT_THAT(finding.explanation, HasSubstr("each round returned rows"));
  EXPECT_THAT(finding.likely_mistake, HasSubstr("pages"));
  ASSERT_THAT(actions(finding), ElementsAre(Action::terminate, Action::close_client));
  EXPECT_EQ(finding.remedies.front().predicted, "1 connection freed; what it wrote is rolled back");
}

Recorded loop(std::int64_t runs, const std::function<std::optional<std::uint64_t>(std::int64_t)>& parameters,
              std::string_view text = page) {
  Recorded scene;
  auto program = recorded(1);
  program.began(100s);
  for (std::int64_t run = 0; run < runs; ++run)
    program.ran(text, 99s - run * 1s, {.rows = 50, .parameters = parameters(run)});
  return scene.add(program.holds(1));
}

std::optional<std::uint64_t> same(std::int64_t) { return 7; }

// Badges and pushes one by one, 41 statements a round: three rounds fill what a record keeps.
TEST(StuckLoop, ALongRoundHidesNothing) {
  Recorded scene;
  auto publisher = recorded(1);
  publisher.began(100s);
  for (std::int64_t round = 0; round < 75; ++round) {
    publisher.ran(page, 99s - round * 1s, {.rows = 20, .parameters = 7});
    for (std::int64_t row = 0; row < 20; ++row) {
      const auto follower = static_cast<std::uint64_t>(round * 20 + row);
      publisher.ran("SELECT badge FROM channel WHERE id = $1", 99s - round * 1s, {.parameters = follower});
      publisher.ran("UPDATE channel SET unread = unread + 1 WHERE id = $1", 99s - round * 1s, {.parameters = follower});
    }
  }
  const auto finding = only(scene.add(publisher.holds(1)), stuck_loop);
  EXPECT_EQ(evidence<std::string>(finding, "statement"), "SELECT id FROM follower WHERE seen > ? ORDER BY id LIMIT ?");
  EXPECT_EQ(evidence<std::int64_t>(finding, "runs"), 75);
  EXPECT_FALSE(evidence<bool>(finding, "runs_are_lower_bound"));
}

TEST(StuckLoop, RunsInARowAreCountedExactly) {
  const auto finding = only(loop(30, same), stuck_loop);
  EXPECT_EQ(evidence<std::int64_t>(finding, "runs"), 30);
  EXPECT_FALSE(evidence<bool>(finding, "runs_are_lower_bound"));
  EXPECT_EQ(evidence<model::Duration>(finding, "loop_span"), 29s);
  EXPECT_EQ(finding.severity, Severity::warning);
}

TEST(StuckLoop, PollingForWhatDoesNotComeIsOneToo) {
  Recorded scene;
  auto program = recorded(1);
  program.began(100s);
  for (std::int64_t run = 0; run < 90; ++run)
    program.ran("SELECT 1 FROM jobs WHERE done AND id = $1", 99s - run * 1s, {.rows = 0, .parameters = 7});
  scene.add(program.holds(1));
  EXPECT_THAT(only(scene, stuck_loop).likely_mistake, HasSubstr("polls"));
}

TEST(StuckLoop, OneThatHadToBeEndedIsTold) {
  Recorded scene;
  const auto looped = loop(30, same);
  auto over = recorded(1);
  over.began(100s);
  for (std::int64_t run = 0; run < 30; ++run) over.ran(page, 99s - run * 1s, {.rows = 50, .parameters = 7});
  scene.ends(over, TransactionEnd::terminated, 60s);
  const auto finding = only(scene.lost(3), stuck_loop);
  EXPECT_EQ(finding.id, only(looped, stuck_loop).id);
  EXPECT_EQ(evidence<std::int64_t>(finding, "open_now"), 0);
  EXPECT_THAT(finding.remedies, IsEmpty());
  EXPECT_THAT(finding.explanation, HasSubstr("lower bound"));
  Recorded committed;
  committed.ends(over, TransactionEnd::committed, 60s);
  EXPECT_THAT(committed.judge(stuck_loop), IsEmpty()) << "it got out by itself";
}

TEST(StuckLoop, LookAlikesStaySilent) {
  const auto advancing = [](std::int64_t run) { return std::optional(static_cast<std::uint64_t>(run)); };
  EXPECT_THAT(loop(90, advancing).judge(stuck_loop), IsEmpty()) << "the cursor moves";
  const auto unknown = [](std::int64_t) { return std::optional<std::uint64_t>(); };
  EXPECT_THAT(loop(90, unknown).judge(stuck_loop), IsEmpty()) << "nothing is known of the parameters";
  EXPECT_THAT(loop(19, same).judge(stuck_loop), IsEmpty()) << "few";
  EXPECT_THAT(loop(90, same, "UPDATE counter SET n = n + 1 WHERE id = $1").judge(stuck_loop), IsEmpty())
      << "each run of a write does something";
  Recorded quick;
  auto lookup = recorded(1);
  lookup.began(9s);
  for (std::int64_t run = 0; run < 50; ++run) lookup.ran(page, 8s - run * 10ms, {.parameters = 7});
  EXPECT_THAT(quick.add(lookup.holds(1)).judge(stuck_loop), IsEmpty()) << "wasteful, and over in half a second";
  Recorded left;
  auto moved_on = recorded(1);
  moved_on.began(100s);
  for (std::int64_t run = 0; run < 30; ++run) moved_on.ran(page, 99s - run * 1s, {.parameters = 7});
  for (std::int64_t run = 0; run < 20; ++run) moved_on.ran("INSERT INTO t" + std::to_string(run) + " VALUES (1)", 20s);
  EXPECT_THAT(left.add(moved_on.holds(1)).judge(stuck_loop), IsEmpty()) << "it has left the loop";
  EXPECT_THAT(Scene().judge(stuck_loop), IsEmpty());
}

TEST(UnfinishedCursor, AHalfReadResultKeepsItsTransaction) {
  const auto finding = only(half_read(), unfinished_cursor);
  EXPECT_EQ(
      finding.title,
      "1 client of application \"refund\" (user alice, database shop) has left a result half read for 1 min 28 s");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(evidence<std::string>(finding, "statement"), "SELECT * FROM refunds");
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "portals"), ElementsAre("C_1"));
  EXPECT_EQ(evidence<model::Duration>(finding, "opened"), 89s);
  EXPECT_EQ(evidence<std::int64_t>(finding, "rows_fetched"), 100);
  EXPECT_EQ(evidence<std::int64_t>(finding, "horizon_age"), 5000);
  EXPECT_THAT(subject_pids(finding), ElementsAre(31));
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate, Action::close_client));
  EXPECT_EQ(finding.remedies.front().predicted, "1 connection freed; nothing was written, so nothing is lost");
}

TEST(UnfinishedCursor, WithHoldOutlivesItsTransactionAndPinsTheConnection) {
  Recorded scene;
  scene.add(recorded(1).idle(60s).pinned("cursor WITH HOLD").portal("c", "SELECT 1", 61s, 10).holds(1));
  const auto finding = only(scene, unfinished_cursor);
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "pins"), ElementsAre("cursor WITH HOLD"));
  EXPECT_THAT(finding.explanation, HasSubstr("the server connection stays with this client"));
}

TEST(UnfinishedCursor, LookAlikesStaySilent) {
  Recorded scene;
  auto fetching = recorded(1);  // an export that fetches on
  fetching.began(10min).ran("SELECT * FROM a", 10min).portal("c", "SELECT * FROM a", 10min, 100'000);
  scene.add(fetching.active("SELECT * FROM a", 12s).holds(1));
  auto between = recorded(2);  // works on its rows for a moment
  between.began(60s).ran("SELECT * FROM a", 59s).ran("FETCH 100 FROM c", 2s).portal("c", "SELECT * FROM a", 59s, 100);
  scene.add(between.holds(2));
  scene.add(recorded(3).began(60s).ran("SELECT * FROM a", 59s).holds(3));  // read to its end
  EXPECT_THAT(scene.judge(unfinished_cursor), IsEmpty());
  EXPECT_THAT(Scene().judge(unfinished_cursor), IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::rules
