// What is folded, and what is let go, while it waits to be written.
#include <gmock/gmock.h>

#include "store/history_contract.hpp"
#include "store/pending_history.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::SizeIs;

constexpr std::size_t plenty = std::size_t{1} << 20U;

TEST(PendingHistory, GivesWhatItGotInOrder) {
  store::PendingHistory pending(plenty);
  EXPECT_TRUE(pending.empty());
  pending.add({.samples = {sample_at(1, 1)}, .actions = {action_at(1)}});
  pending.add({.samples = {sample_at(2, 2)}, .transactions = {transaction_between(1, 2)}});
  EXPECT_EQ(pending.rows(), 4U);
  const auto batch = pending.take();
  ASSERT_THAT(batch.samples, SizeIs(2));
  EXPECT_EQ(batch.samples[1].clients, 2);
  EXPECT_THAT(batch.actions, SizeIs(1));
  EXPECT_THAT(batch.transactions, SizeIs(1));
  EXPECT_TRUE(pending.empty());
  EXPECT_EQ(pending.bytes(), 0U);
}

TEST(PendingHistory, NewsOfAnEpisodeAndOfAShapeAreFolded) {
  store::PendingHistory pending(plenty);
  auto touched = finding_seen(1, 9);
  touched.json = "";
  pending.add({.findings = {finding_seen(1, 2), touched}, .shapes = {shape_of("a", "1", 1), shape_of("a", "2", 2)}});
  pending.add({.findings = {finding_seen(20, 21)}});
  const auto batch = pending.take();
  ASSERT_THAT(batch.findings, SizeIs(2)) << "two episodes, the older one first";
  EXPECT_EQ(batch.findings[0].last_seen, at_second(9));
  EXPECT_EQ(batch.findings[0].json, R"({"id": "x"})");
  EXPECT_EQ(batch.findings[1].first_seen, at_second(20));
  ASSERT_THAT(batch.shapes, SizeIs(1));
  EXPECT_EQ(batch.shapes[0].state, "2");
}

TEST(PendingHistory, WhatComesBackIsOlder) {
  store::PendingHistory pending(plenty);
  pending.add({.samples = {sample_at(1, 1)}, .findings = {finding_seen(1, 1)}, .shapes = {shape_of("a", "1", 1)}});
  auto batch = pending.take();
  pending.add({.samples = {sample_at(2, 2)}, .findings = {finding_seen(1, 5)}, .shapes = {shape_of("a", "2", 2)}});
  pending.put_back(std::move(batch));
  batch = pending.take();
  ASSERT_THAT(batch.samples, SizeIs(2));
  EXPECT_EQ(batch.samples[0].clients, 1);
  ASSERT_THAT(batch.findings, SizeIs(1));
  EXPECT_EQ(batch.findings[0].last_seen, at_second(5));
  EXPECT_EQ(batch.shapes.at(0).state, "2");
}

TEST(PendingHistory, MayBeTakenInParts) {
  store::PendingHistory pending(plenty);
  pending.add({.samples = {sample_at(1, 1), sample_at(2, 2)}, .findings = {finding_seen(1, 2)}});
  auto part = pending.take(2);
  EXPECT_THAT(part.findings, SizeIs(1));
  ASSERT_THAT(part.samples, SizeIs(1));
  EXPECT_EQ(part.samples[0].clients, 1);
  EXPECT_EQ(pending.rows(), 1U);
  EXPECT_GT(pending.bytes(), 0U);
  pending.put_back(std::move(part));
  EXPECT_EQ(pending.rows(), 3U);
  part = pending.take();
  EXPECT_EQ(part.samples.at(0).clients, 1);
  EXPECT_EQ(pending.bytes(), 0U);
}

TEST(PendingHistory, IsBoundedAndLetsTheOldestGo) {
  store::PendingHistory pending(10'000);
  for (int second = 0; second < 1'000; ++second) pending.add({.samples = {sample_at(second, second)}});
  EXPECT_LE(pending.bytes(), 10'000U);
  EXPECT_GT(pending.rows(), 20U);
  EXPECT_EQ(pending.dropped().samples, 1'000 - pending.rows());
  EXPECT_EQ(pending.take().samples.back().clients, 999);
}

TEST(PendingHistory, SamplesGoFirstAndActionsLast) {
  store::PendingHistory pending(5'000);
  auto large = transaction_between(1, 2);
  large.json = std::string(1'800, 'x');
  pending.add({.samples = {sample_at(1, 1), sample_at(2, 1)}, .actions = {action_at(1)}, .transactions = {large}});
  pending.add({.findings = {finding_seen(1, 2)}, .shapes = {shape_of("a", std::string(500, 'x'), 1)}});
  EXPECT_EQ(pending.dropped().all(), 0U);
  pending.add({.transactions = {large}});
  EXPECT_EQ(pending.dropped().samples, 2U);
  EXPECT_EQ(pending.dropped().transactions, 1U);
  EXPECT_EQ(pending.dropped().all(), 3U);
  auto huge = action_at(3);
  huge.json = std::string(5'000, 'x');
  pending.add({.actions = {huge}});
  EXPECT_TRUE(pending.empty()) << "what does not fit at all takes nothing";
  EXPECT_EQ(pending.bytes(), 0U);
  EXPECT_EQ(pending.dropped().actions, 2U);
  EXPECT_EQ(pending.dropped().all(), 8U);
}

}  // namespace
}  // namespace lockkeeper::testing
