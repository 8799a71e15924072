// What goes into a history, and what comes out of it.
#include <gmock/gmock.h>

#include "store/history_contract.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_P(HistoryContract, AnEmptyOneAnswersNothing) {
  const auto window = read_all();
  EXPECT_THAT(window.periods, IsEmpty());
  EXPECT_THAT(window.findings, IsEmpty());
  EXPECT_THAT(window.actions, IsEmpty());
  EXPECT_THAT(window.transactions, IsEmpty());
  EXPECT_FALSE(window.oldest || window.newest);
  EXPECT_FALSE(window.periods_left_out || window.findings_left_out || window.actions_left_out ||
               window.transactions_left_out);
  EXPECT_THAT(*history_->shapes("main", soon()), IsEmpty());
}

TEST_P(HistoryContract, SamplesComeBack) {
  append({.samples = {sample_at(1, 10), sample_at(2.5, 20)}});
  const auto window = read_all();
  ASSERT_THAT(window.periods, SizeIs(2));
  EXPECT_EQ(window.periods[0].at, at_second(1));
  EXPECT_EQ(window.periods[1].at, at_second(2)) << "a period begins at a multiple of the step";
  EXPECT_EQ(window.periods[1].server, "main");
  EXPECT_EQ(window.periods[1].samples, 1);
  EXPECT_THAT(window.periods[1].mean, ElementsAre(20, 10, 1, 2, 3, 4, 5, 97));
  EXPECT_THAT(window.periods[1].maximum, ElementsAre(20, 10, 1, 2, 3, 4, 5, 97));
  EXPECT_EQ(window.oldest, at_second(1));
  EXPECT_EQ(window.newest, at_second(2.5));
}

TEST_P(HistoryContract, AFindingComesBack) {
  auto finding = finding_seen(1, 2);
  finding.title = std::string("odd: '\"\\\n\xc3\xa4\xff") + '\0' + "end";
  finding.severity = model::Severity::critical;
  finding.confidence = model::Confidence::likely;
  append({.findings = {finding}});
  const auto window = read_all();
  ASSERT_THAT(window.findings, SizeIs(1));
  const auto& back = window.findings[0];
  EXPECT_EQ(back.server, "main");
  EXPECT_EQ(back.id, finding.id);
  EXPECT_EQ(back.rule, finding.rule);
  EXPECT_EQ(back.severity, finding.severity);
  EXPECT_EQ(back.confidence, finding.confidence);
  EXPECT_EQ(back.title, finding.title);
  EXPECT_EQ(back.count, 1);
  EXPECT_EQ(back.first_seen, at_second(1));
  EXPECT_EQ(back.last_seen, at_second(2));
  EXPECT_FALSE(back.ended_at);
  EXPECT_EQ(back.json, finding.json);
}

TEST_P(HistoryContract, AnActionComesBack) {
  append({.actions = {action_at(3)}});
  const auto window = read_all();
  ASSERT_THAT(window.actions, SizeIs(1));
  const auto wanted = action_at(3);
  const auto& back = window.actions[0];
  EXPECT_EQ(back.at, wanted.at);
  EXPECT_EQ(back.server, wanted.server);
  EXPECT_EQ(back.actor, wanted.actor);
  EXPECT_EQ(back.action, wanted.action);
  EXPECT_EQ(back.finding, wanted.finding);
  EXPECT_EQ(back.session, wanted.session);
  EXPECT_EQ(back.outcome, wanted.outcome);
  EXPECT_EQ(back.reason, wanted.reason);
  EXPECT_EQ(back.json, wanted.json);
}

TEST_P(HistoryContract, ATransactionComesBack) {
  append({.transactions = {transaction_between(1, 2.000001)}});
  const auto window = read_all();
  ASSERT_THAT(window.transactions, SizeIs(1));
  const auto wanted = transaction_between(1, 2.000001);
  const auto& back = window.transactions[0];
  EXPECT_EQ(back.server, wanted.server);
  EXPECT_EQ(back.ended_at, wanted.ended_at);
  EXPECT_EQ(back.started_at, wanted.started_at);
  EXPECT_EQ(back.application, wanted.application);
  EXPECT_EQ(back.user, wanted.user);
  EXPECT_EQ(back.database, wanted.database);
  EXPECT_EQ(back.end, wanted.end);
  EXPECT_EQ(back.why_kept, wanted.why_kept);
  EXPECT_EQ(back.statements, wanted.statements);
  EXPECT_EQ(back.busy, wanted.busy);
  EXPECT_EQ(back.idle, wanted.idle);
  EXPECT_EQ(back.rows_written, wanted.rows_written);
  EXPECT_EQ(back.json, wanted.json);
}

TEST_P(HistoryContract, AShapeTakesThePlaceOfTheOneBefore) {
  append({.shapes = {shape_of("b", "1", 1), shape_of("a", "1", 1), shape_of("a", "other", 1, "replica")}});
  append({.shapes = {shape_of("a", "2", 5)}});
  const auto shapes = history_->shapes("main", soon());
  ASSERT_TRUE(shapes) << shapes.error().message;
  ASSERT_THAT(*shapes, SizeIs(2));
  EXPECT_EQ((*shapes)[0].key, "a");
  EXPECT_EQ((*shapes)[0].state, "2");
  EXPECT_EQ((*shapes)[0].updated_at, at_second(5));
  EXPECT_EQ((*shapes)[1].state, "1");
  EXPECT_EQ((*history_->shapes("replica", soon())).at(0).state, "other");
}

TEST_P(HistoryContract, ASampleTakesThePlaceOfTheOneOfTheSameTime) {
  append({.samples = {sample_at(1, 10)}});
  append({.samples = {sample_at(1, 12), sample_at(1, 7, "replica")}});
  const auto window = read_all();
  ASSERT_THAT(window.periods, SizeIs(2));
  EXPECT_EQ(window.periods[0].maximum[0], 12);
  EXPECT_EQ(window.periods[1].maximum[0], 7);
}

TEST_P(HistoryContract, AWindowHoldsWhatTouchesIt) {
  auto ended = finding_seen(0, 8, "ended");
  ended.ended_at = at_second(10);
  append({.samples = {sample_at(9, 1), sample_at(10, 2), sample_at(19, 3), sample_at(20, 4)},
          .findings = {ended, finding_seen(0, 9, "before"), finding_seen(0, 30, "through"), finding_seen(19, 40, "in"),
                       finding_seen(20, 40, "after")},
          .actions = {action_at(9.999999), action_at(10), action_at(19), action_at(20)},
          .transactions = {transaction_between(1, 9), transaction_between(1, 10), transaction_between(15, 25),
                           transaction_between(20, 25)}});
  const auto window = read({.from = at_second(10), .to = at_second(20), .step = 1s});
  ASSERT_THAT(window.periods, SizeIs(2));
  EXPECT_EQ(window.periods[0].at, at_second(10));
  EXPECT_EQ(window.periods[1].at, at_second(19));
  ASSERT_THAT(window.findings, SizeIs(3));
  EXPECT_EQ(window.findings[0].id.value(), "ended");
  EXPECT_EQ(window.findings[1].id.value(), "through");
  EXPECT_EQ(window.findings[2].id.value(), "in");
  ASSERT_THAT(window.actions, SizeIs(2));
  EXPECT_EQ(window.actions[0].at, at_second(10));
  ASSERT_THAT(window.transactions, SizeIs(2));
  EXPECT_EQ(window.transactions[0].ended_at, at_second(10));
  EXPECT_EQ(window.transactions[1].ended_at, at_second(25));
  EXPECT_EQ(window.oldest, at_second(9)) << "of all that there is, not of the window";
}

TEST_P(HistoryContract, OneServerOrAll) {
  auto other = finding_seen(1, 2);
  other.server = "replica";
  append({.samples = {sample_at(1, 1), sample_at(1, 2, "replica"), sample_at(2, 3, "replica")},
          .findings = {finding_seen(1, 2), other},
          .actions = {action_at(1), action_at(1, "replica")},
          .transactions = {transaction_between(1, 2), transaction_between(1, 2, "replica")}});
  auto query = everything();
  query.server = "replica";
  const auto window = read(query);
  EXPECT_THAT(window.periods, SizeIs(2));
  ASSERT_THAT(window.findings, SizeIs(1));
  EXPECT_EQ(window.findings[0].server, "replica");
  EXPECT_THAT(window.actions, SizeIs(1));
  EXPECT_THAT(window.transactions, SizeIs(1));
  query.server = "nobody";
  EXPECT_THAT(read(query).periods, IsEmpty());
  const auto all = read_all();
  ASSERT_THAT(all.periods, SizeIs(3));
  EXPECT_EQ(all.periods[0].server, "main");
  EXPECT_EQ(all.periods[2].server, "replica");
  EXPECT_THAT(all.findings, SizeIs(2));
}

TEST_P(HistoryContract, WhatIsTooMuchLeavesOutTheOldest) {
  model::HistoryBatch batch;
  for (int second = 0; second < 5; ++second) {
    batch.samples.push_back(sample_at(second, second));
    batch.findings.push_back(finding_seen(second, second, "id-" + std::to_string(second)));
    batch.actions.push_back(action_at(second));
    batch.transactions.push_back(transaction_between(second, second + 1));
  }
  append(batch);
  auto query = everything();
  query.most_periods = query.most_findings = query.most_actions = query.most_transactions = 2;
  auto window = read(query);
  ASSERT_THAT(window.periods, SizeIs(2));
  EXPECT_EQ(window.periods[0].at, at_second(3));
  EXPECT_EQ(window.periods[1].at, at_second(4));
  ASSERT_THAT(window.findings, SizeIs(2));
  EXPECT_EQ(window.findings[0].first_seen, at_second(3));
  ASSERT_THAT(window.actions, SizeIs(2));
  EXPECT_EQ(window.actions[1].at, at_second(4));
  ASSERT_THAT(window.transactions, SizeIs(2));
  EXPECT_EQ(window.transactions[0].ended_at, at_second(4));
  EXPECT_TRUE(window.periods_left_out && window.findings_left_out && window.actions_left_out &&
              window.transactions_left_out);
  query.most_periods = query.most_findings = query.most_actions = query.most_transactions = 5;
  window = read(query);
  EXPECT_THAT(window.periods, SizeIs(5));
  EXPECT_FALSE(window.periods_left_out || window.findings_left_out || window.actions_left_out ||
               window.transactions_left_out);
}

TEST_P(HistoryContract, PeriodsHaveMeanAndMaximum) {
  append({.samples = {sample_at(0, 10), sample_at(1, 20), sample_at(9, 60), sample_at(10, 7)}});
  const auto window = read({.from = at_second(0), .to = at_second(60), .step = 10s});
  EXPECT_EQ(window.step, 10s);
  ASSERT_THAT(window.periods, SizeIs(2));
  EXPECT_EQ(window.periods[0].samples, 3);
  EXPECT_DOUBLE_EQ(window.periods[0].mean[0], 30);
  EXPECT_EQ(window.periods[0].maximum[0], 60);
  EXPECT_EQ(window.periods[1].samples, 1);
}

TEST_P(HistoryContract, AStepThatFitsIsChosen) {
  append({.samples = {sample_at(0, 10)}});
  EXPECT_EQ(read({.from = at_second(0), .to = at_second(60), .most_periods = 100}).step, 1s);
  EXPECT_EQ(read({.from = at_second(0), .to = at_second(3600), .most_periods = 100}).step, 1min);
}

TEST_P(HistoryContract, WhatOneWritesAnotherReads) {
  if (!GetParam().is_shared) GTEST_SKIP() << "it belongs to its object alone";
  const auto reader = tested_->open();
  append({.samples = {sample_at(1, 10)}});
  EXPECT_THAT(reader->read(everything(), soon())->periods, SizeIs(1));
  append({.samples = {sample_at(2, 10)}});
  EXPECT_THAT(reader->read(everything(), soon())->periods, SizeIs(2));
}

TEST_P(HistoryContract, ADeadlineThatHasPassedKeepsNothing) {
  const auto result = history_->append({.samples = {sample_at(1, 10)}}, std::chrono::steady_clock::now() - 1s);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::deadline) << result.error().message;
  history_ = GetParam().is_shared ? tested_->open() : std::move(history_);
  EXPECT_THAT(read_all().periods, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Stores, HistoryContract, ::testing::ValuesIn(store_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
