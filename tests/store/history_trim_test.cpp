// What a history folds and forgets.
#include <gmock/gmock.h>

#include "store/history_contract.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HistoryTrim : public HistoryContract {
 protected:
  [[nodiscard]] std::int64_t size() { return *history_->size_bytes(soon()); }

  // So many seconds of samples, and a kept transaction a second with that much to tell.
  void live(int from, int until, std::size_t bytes) {
    model::HistoryBatch batch;
    for (int second = from; second < until; ++second) {
      batch.samples.push_back(sample_at(second, second % 50));
      batch.transactions.push_back(transaction_between(second - 1, second));
      batch.transactions.back().json = std::string(bytes, 'x');
    }
    append(batch);
  }
};

TEST_P(HistoryTrim, SecondsBecomeMinutes) {
  model::HistoryBatch batch;
  for (int second = 0; second < 180; ++second) batch.samples.push_back(sample_at(second, second));
  append(batch);
  const auto trimmed = trim(at_second(3600 + 150));
  EXPECT_EQ(trimmed.folded, 120) << "whole minutes that are older than an hour";
  const auto window = read_all();
  EXPECT_EQ(window.step, 1min) << "never shorter than what is kept";
  ASSERT_THAT(window.periods, SizeIs(3));
  EXPECT_EQ(window.periods[1].at, at_second(60));
  EXPECT_EQ(window.periods[1].samples, 60);
  EXPECT_DOUBLE_EQ(window.periods[1].mean[0], 89.5);
  EXPECT_EQ(window.periods[1].maximum[0], 119);
  EXPECT_DOUBLE_EQ(window.periods[1].mean[7], 97);
  EXPECT_DOUBLE_EQ(window.periods[2].mean[0], 149.5);
  EXPECT_EQ(window.oldest, at_second(0));
  EXPECT_EQ(window.newest, at_second(179));
  EXPECT_EQ(read({.from = at_second(120), .to = at_second(180), .step = 1s}).step, 1s);
}

TEST_P(HistoryTrim, ASampleThatComesLateIsFoldedToo) {
  append({.samples = {sample_at(0, 10), sample_at(1, 20)}});
  trim(at_second(2 * 3600));
  append({.samples = {sample_at(2, 60)}});
  EXPECT_EQ(trim(at_second(2 * 3600)).folded, 1);
  const auto window = read_all();
  ASSERT_THAT(window.periods, SizeIs(1));
  EXPECT_EQ(window.periods[0].samples, 3);
  EXPECT_DOUBLE_EQ(window.periods[0].mean[0], 30);
  EXPECT_EQ(window.periods[0].maximum[0], 60);
}

TEST_P(HistoryTrim, ServersAreFoldedApart) {
  append({.samples = {sample_at(0, 10), sample_at(0, 50, "replica"), sample_at(1, 30)}});
  trim(at_second(2 * 3600));
  const auto window = read_all();
  ASSERT_THAT(window.periods, SizeIs(2));
  EXPECT_DOUBLE_EQ(window.periods[0].mean[0], 20);
  EXPECT_DOUBLE_EQ(window.periods[1].mean[0], 50);
}

TEST_P(HistoryTrim, WhatIsTooOldIsForgotten) {
  auto ended = finding_seen(0, 5, "ended");
  ended.ended_at = at_second(6);
  append({.samples = {sample_at(0, 10), sample_at(7200, 10)},
          .findings = {ended, finding_seen(0, 7200, "lasting")},
          .actions = {action_at(0), action_at(7200)},
          .shapes = {shape_of("old", "", 0), shape_of("new", "", 7200)},
          .transactions = {transaction_between(0, 1), transaction_between(0, 7200)}});
  trim(at_second(7201), {.seconds_for = 30min, .age = 1h});
  const auto window = read_all();
  EXPECT_THAT(window.periods, SizeIs(1));
  ASSERT_THAT(window.findings, SizeIs(1));
  EXPECT_EQ(window.findings[0].id.value(), "lasting");
  EXPECT_THAT(window.actions, SizeIs(1));
  EXPECT_THAT(window.transactions, SizeIs(1));
  ASSERT_THAT(*history_->shapes("main", soon()), SizeIs(1));
  EXPECT_EQ(history_->shapes("main", soon())->at(0).key, "new");
}

TEST_P(HistoryTrim, AClockThatJumpsAheadEmptiesNothing) {
  const double far = 100.0 * 86'400;
  append({.samples = {sample_at(0, 1)}, .actions = {action_at(0)}});
  trim(at_second(far));
  EXPECT_THAT(read_all().actions, SizeIs(1));
  append({.samples = {sample_at(far, 1)}});
  trim(at_second(far));
  EXPECT_THAT(read_all().actions, IsEmpty()) << "it was no jump: that time has come";
}

TEST_P(HistoryTrim, OfTooManyShapesTheOldestGo) {
  append({.shapes = {shape_of("a", "", 3), shape_of("b", "", 1), shape_of("c", "", 2), shape_of("d", "", 4)}});
  trim(at_second(10), {.shapes = 2});
  const auto shapes = history_->shapes("main", soon());
  ASSERT_THAT(*shapes, SizeIs(2));
  EXPECT_EQ((*shapes)[0].key, "a");
  EXPECT_EQ((*shapes)[1].key, "d");
}

TEST_P(HistoryTrim, SizeStaysBounded) {
  constexpr std::int64_t bound = 1'000'000;
  std::int64_t largest = 0;
  for (int minute = 0; minute < 20; ++minute) {
    live(minute * 60, minute * 60 + 60, 4'000);
    trim(at_second(minute * 60 + 60), {.bytes = bound});
    largest = std::max(largest, size());
  }
  EXPECT_LE(largest, bound + bound / 5);
  const auto window = read_all();
  EXPECT_EQ(window.newest, at_second(20 * 60 - 1)) << "the newest stay";
  ASSERT_FALSE(window.transactions.empty());
  EXPECT_EQ(window.transactions.back().ended_at, at_second(20 * 60 - 1));
  EXPECT_GT(window.transactions.size(), 100U) << "and there are as many as there is room for";
  EXPECT_GT(window.oldest, at_second(0));
}

TEST_P(HistoryTrim, RoomIsGivenBack) {
  live(0, 300, 4'000);
  const auto before = size();
  const auto trimmed = trim(at_second(300), {.bytes = before / 4});
  EXPECT_GT(trimmed.deleted, 0);
  EXPECT_LE(trimmed.bytes, before / 4);
  EXPECT_EQ(trimmed.bytes, size());
}

TEST_P(HistoryTrim, ABoundThatNothingFitsInLeavesAnEmptyOne) {
  live(0, 60, 100);
  trim(at_second(60), {.bytes = 1});
  EXPECT_THAT(read_all().transactions, IsEmpty());
  live(60, 61, 100);
  EXPECT_THAT(read_all().transactions, SizeIs(1));
}

TEST_P(HistoryTrim, TwiceChangesNothing) {
  live(0, 60, 100);
  trim(at_second(7200));
  const auto again = trim(at_second(7200));
  EXPECT_EQ(again.folded, 0);
  EXPECT_EQ(again.deleted, 0);
}

INSTANTIATE_TEST_SUITE_P(Stores, HistoryTrim, ::testing::ValuesIn(store_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
