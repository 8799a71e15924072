// What a relay decides, without threads, clocks and databases.
#include "client/outbox_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "client/outbox_values.hpp"

namespace lockkeeper::client {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint32_t no_jitter = 0;
constexpr std::uint32_t most_jitter = 1023;

OutboxCandidate fresh(std::int64_t id, std::string key = "") { return {.id = id, .key = std::move(key)}; }
OutboxCandidate claimed_before(std::int64_t id, unsigned attempts) {
  return {.id = id, .key = "", .attempts = attempts, .was_claimed = true};
}

std::vector<std::int64_t> ids(const std::vector<OutboxCandidate>& candidates) {
  std::vector<std::int64_t> all;
  for (const OutboxCandidate& each : candidates) all.push_back(each.id);
  return all;
}

TEST(OutboxBackoff, DoublesUpToTheLongestPause) {
  std::vector<milliseconds> pauses;
  for (unsigned attempt = 1; attempt <= 6; ++attempt) pauses.push_back(pause_after(attempt, 100ms, 1'000ms, no_jitter));
  EXPECT_THAT(pauses, ElementsAre(100ms, 200ms, 400ms, 800ms, 1'000ms, 1'000ms));
}

TEST(OutboxBackoff, IsShorterByUpToHalfAtRandom) {
  EXPECT_GT(pause_after(1, 1'000ms, 10'000ms, most_jitter), 499ms);
  EXPECT_LT(pause_after(1, 1'000ms, 10'000ms, most_jitter), 510ms);
  EXPECT_LT(pause_after(1, 1'000ms, 10'000ms, 512), 760ms);
}

RC_GTEST_PROP(OutboxBackoff, StaysBetweenHalfAndWhole, ()) {
  const auto first = milliseconds(*rc::gen::inRange(1, 100'000));
  const auto longest = first + milliseconds(*rc::gen::inRange(0, 31'000'000));
  const auto attempt = *rc::gen::inRange(1U, 2'000'000'000U);
  const milliseconds whole = pause_after(attempt, first, longest, no_jitter);
  const milliseconds pause = pause_after(attempt, first, longest, *rc::gen::arbitrary<std::uint32_t>());
  RC_ASSERT(whole <= longest);
  RC_ASSERT(whole >= std::min(first, longest));
  RC_ASSERT(pause <= whole);
  RC_ASSERT(pause * 2 >= whole - 1ms);
  RC_ASSERT(pause >= 1ms);
}

TEST(OutboxNextStep, FollowsTheDeliverer) {
  EXPECT_EQ(next_step(Delivery::delivered, 20, 20), NextStep::deliver_no_more);
  EXPECT_EQ(next_step(Delivery::retry_later, 1, 20), NextStep::retry);
  EXPECT_EQ(next_step(Delivery::retry_later, 19, 20), NextStep::retry);
  EXPECT_EQ(next_step(Delivery::retry_later, 20, 20), NextStep::bury);
  EXPECT_EQ(next_step(Delivery::retry_later, 21, 20), NextStep::bury) << "the limit was lowered";
  EXPECT_EQ(next_step(Delivery::give_up, 1, 20), NextStep::bury);
}

TEST(OutboxPlan, ClaimsWhatIsFresh) {
  const std::vector<OutboxCandidate> found{fresh(1), fresh(2), fresh(3)};
  const ClaimPlan plan = plan_claim(found, 20);
  EXPECT_THAT(ids(plan.claim), ElementsAre(1, 2, 3));
  EXPECT_FALSE(plan.bury);
  EXPECT_THAT(plan_claim({}, 20).claim, IsEmpty());
}

TEST(OutboxPlan, TakesWhatMayHaveCrashedARelayByItself) {
  const std::vector<OutboxCandidate> first{claimed_before(1, 1), fresh(2)};
  EXPECT_THAT(ids(plan_claim(first, 20).claim), ElementsAre(1));
  const std::vector<OutboxCandidate> later{fresh(1), claimed_before(2, 1), fresh(3)};
  EXPECT_THAT(ids(plan_claim(later, 20).claim), ElementsAre(1)) << "its turn is next";
}

TEST(OutboxPlan, BuriesWhatNeverTellsItsEnd) {
  const std::vector<OutboxCandidate> found{claimed_before(1, 20), fresh(2)};
  const ClaimPlan plan = plan_claim(found, 20);
  ASSERT_TRUE(plan.bury);
  EXPECT_EQ(plan.bury->id, 1);
  EXPECT_THAT(plan.claim, IsEmpty());
}

TEST(OutboxOrder, LeavesOutWhatStandsBehindAMissedMessage) {
  const std::vector<OutboxCandidate> planned{fresh(1, "a"), fresh(2, "b"), fresh(3, "a"),
                                             fresh(4),      fresh(5),      fresh(6, "b")};
  const std::vector<std::int64_t> all{1, 2, 3, 4, 5, 6};
  EXPECT_THAT(keep_order(planned, all), ElementsAre(1, 2, 3, 4, 5, 6));
  const std::vector<std::int64_t> without_first{2, 3, 4, 5, 6};
  EXPECT_THAT(keep_order(planned, without_first), ElementsAre(2, 4, 5, 6));
  const std::vector<std::int64_t> without_keyless{1, 2, 3, 5, 6};
  EXPECT_THAT(keep_order(planned, without_keyless), ElementsAre(1, 2, 3, 5, 6)) << "no key, no order";
}

// Whatever is missed, what is kept of a key is what was planned of it up to the first that was missed.
RC_GTEST_PROP(OutboxOrder, KeepsABeginningOfEveryKey, ()) {
  const auto keys = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4));
  const auto taken = *rc::gen::container<std::vector<int>>(keys.size(), rc::gen::inRange(0, 2));
  std::vector<OutboxCandidate> planned;
  std::vector<std::int64_t> locked;
  std::map<int, bool> missed;
  std::vector<std::int64_t> expected;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    planned.push_back(fresh(id, keys[i] == 0 ? "" : std::to_string(keys[i])));
    if (taken[i] == 1) locked.push_back(id);
    if (taken[i] == 0 && keys[i] != 0) missed[keys[i]] = true;
    if (taken[i] == 1 && !missed[keys[i]]) expected.push_back(id);
  }
  RC_ASSERT(keep_order(planned, locked) == expected);
}

TEST(OutboxTime, BeginsNoDeliveryThatTheClaimWouldNotOutlast) {
  OutboxRelaySettings settings;
  settings.delivery_timeout = 2s;
  settings.database_timeout = 1s;
  const RelayClock::time_point now{};
  EXPECT_TRUE(has_time(settings, now + 3s, now));
  EXPECT_FALSE(has_time(settings, now + 3s - 1ms, now));
}

class OutboxPace : public ::testing::Test {
 protected:
  RelayClock::time_point now_{};
  RelayPace pace_{1'000ms, now_};
};

TEST_F(OutboxPace, LooksAtOnceAtFirstAndWhileItFinds) {
  EXPECT_EQ(pace_.next_look(), now_);
  pace_.found(now_ + 5ms);
  EXPECT_EQ(pace_.next_look(), now_ + 5ms);
}

TEST_F(OutboxPace, PollsWhenThereIsNothing) {
  pace_.found_nothing(now_, no_jitter);
  EXPECT_EQ(pace_.next_look(), now_ + 1'000ms);
  pace_.found_nothing(now_, most_jitter);
  EXPECT_LT(pace_.next_look(), now_ + 905ms);
  EXPECT_GT(pace_.next_look(), now_ + 895ms);
}

TEST_F(OutboxPace, LooksWhenItsOwnRetryIsDue) {
  pace_.due_at(now_ + 700ms);
  pace_.due_at(now_ + 300ms);
  pace_.due_at(now_ + 500ms);
  pace_.found_nothing(now_, no_jitter);
  EXPECT_EQ(pace_.next_look(), now_ + 300ms);
  pace_.found_nothing(now_ + 300ms, no_jitter);
  EXPECT_EQ(pace_.next_look(), now_ + 1'300ms) << "that retry has had its look";
}

TEST_F(OutboxPace, AsksLessAndLessOftenWhileItFails) {
  pace_.failed(now_, no_jitter);
  EXPECT_EQ(pace_.next_look(), now_ + 100ms);
  pace_.failed(now_, no_jitter);
  EXPECT_EQ(pace_.next_look(), now_ + 200ms);
  for (int i = 0; i < 50; ++i) pace_.failed(now_, no_jitter);
  EXPECT_EQ(pace_.next_look(), now_ + 5'000ms);
  pace_.found_nothing(now_, no_jitter);
  pace_.failed(now_, no_jitter);
  EXPECT_EQ(pace_.next_look(), now_ + 100ms) << "it has worked meanwhile";
}

TEST_F(OutboxPace, GivesWayToWhoeverHasTheMessages) {
  pace_.missed(now_, no_jitter);
  EXPECT_EQ(pace_.next_look(), now_ + 4ms);
  for (int i = 0; i < 50; ++i) pace_.missed(now_, no_jitter);
  EXPECT_EQ(pace_.next_look(), now_ + 1'000ms) << "never more rarely than it polls";
}

TEST_F(OutboxPace, LooksAtOnceWhenItIsRung) {
  pace_.found_nothing(now_, no_jitter);
  pace_.rung(now_ + 10ms);
  EXPECT_EQ(pace_.next_look(), now_ + 10ms);
}

TEST(OutboxValues, MakesUniqueVersionFourKeys) {
  std::set<std::string> keys;
  for (int i = 0; i < 1'000; ++i) {
    const std::string key = new_uuid();
    EXPECT_EQ(key.size(), 36U);
    EXPECT_EQ(key[14], '4');
    EXPECT_THAT(std::string("89ab"), ::testing::HasSubstr(key.substr(19, 1)));
    keys.insert(key);
  }
  EXPECT_EQ(keys.size(), 1'000U);
}

TEST(OutboxValues, ErrorsFitEveryDatabase) {
  EXPECT_EQ(error_text(std::string("a\0b", 3)), "a b");
  EXPECT_EQ(error_text("bad \xff byte"), "bad \xef\xbf\xbd byte");
  const std::string long_text = error_text(std::string(990, 'x') + std::string(100, '\xff'));
  EXPECT_LE(long_text.size(), 1'000U);
  EXPECT_EQ((long_text.size() - 990) % 3, 0U) << "no character is cut in two";
}

TEST(OutboxValues, DurationsStayWithinWhatDatabasesAdd) {
  EXPECT_EQ(to_microseconds(1'500ms), 1'500'000);
  EXPECT_EQ(to_microseconds(-1ms), 0);
  EXPECT_EQ(to_microseconds(milliseconds::max()), 36'500LL * 86'400 * 1'000'000);
}

TEST(OutboxSettings, NamesEverythingThatIsWrong) {
  const auto complaint = [](const OutboxRelaySettings& settings) -> std::string {
    try {
      check(settings);
      return "";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::configuration);
      return failure.what();
    }
  };
  EXPECT_EQ(complaint({}), "");
  const std::string several = complaint({.threads = 0, .batch = 1'001, .poll_interval = 0ms, .attempts = 0});
  for (const char* name : {"threads", "batch", "poll_interval", "attempts"}) {
    EXPECT_THAT(several, ::testing::HasSubstr(name));
  }
  EXPECT_THAT(complaint({.claim_time = 39'999ms}), ::testing::HasSubstr("40000 ms"));
  EXPECT_EQ(complaint({.claim_time = 40'000ms}), "");
  EXPECT_THAT(complaint({.first_pause = 2'000ms, .longest_pause = 1'000ms}), ::testing::HasSubstr("shorter"));
}

}  // namespace
}  // namespace lockkeeper::client
