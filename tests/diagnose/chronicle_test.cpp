#include "diagnose/chronicle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/views.hpp"

namespace lockkeeper::diagnose {
namespace {

using namespace std::chrono_literals;
using test::client;
using test::look_time;
using test::recorded;
using test::Recorded;
using test::Scene;
using test::view_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const ChronicleWords words{[](const model::Finding& finding) { return "finding " + finding.id.value(); },
                           [](const model::TransactionOver& over) { return std::string(to_string(over.end)); }};

Scene leaks(int count) {
  Scene scene;
  for (int pid = 1; pid <= count; ++pid) scene.add(client(pid).idle_in_transaction(30s).ran("SELECT 1"));
  return scene;
}

std::shared_ptr<View> at(std::shared_ptr<View> view, model::Duration later) {
  view->published_at = look_time() + later;
  return view;
}

TEST(Chronicle, TellsAnEpisodeFromItsBeginningToItsEnd) {
  Chronicle chronicle("main", words);
  const auto first = chronicle.next(*view_of(leaks(1)));
  ASSERT_THAT(first.samples, SizeIs(1));
  ASSERT_THAT(first.findings, SizeIs(1));
  EXPECT_EQ(first.findings[0].json, "finding " + first.findings[0].id.value());
  EXPECT_EQ(first.findings[0].first_seen, look_time());
  EXPECT_FALSE(first.findings[0].ended_at);

  const auto same = chronicle.next(*at(view_of(leaks(1)), 1s));
  ASSERT_THAT(same.findings, SizeIs(1));
  EXPECT_EQ(same.findings[0].json, "") << "as before";
  EXPECT_EQ(same.findings[0].first_seen, look_time());
  EXPECT_EQ(same.findings[0].last_seen, look_time() + 1s);

  const auto grown = chronicle.next(*at(view_of(leaks(2)), 2s));
  EXPECT_EQ(grown.findings.at(0).count, 2);
  EXPECT_NE(grown.findings.at(0).json, "");

  const auto over = chronicle.next(*at(view_of(leaks(0)), 3s));
  ASSERT_THAT(over.findings, SizeIs(1));
  EXPECT_EQ(over.findings[0].ended_at, look_time() + 3s);
  EXPECT_EQ(over.findings[0].last_seen, look_time() + 2s);
  EXPECT_THAT(chronicle.next(*at(view_of(leaks(0)), 4s)).findings, IsEmpty());

  const auto again = chronicle.next(*at(view_of(leaks(1)), 5s));
  EXPECT_EQ(again.findings.at(0).first_seen, look_time() + 5s) << "another episode";
}

model::KeptBecause reason_for(const test::ClientDraft& draft, model::TransactionEnd end) {
  Chronicle chronicle("main", words);
  Recorded scene;
  scene.ends(recorded(9).began(1s).ran("SELECT 1", 1s), model::TransactionEnd::committed, 1s);  // The one sampled.
  scene.ends(draft, end, 0s);
  const auto batch = chronicle.next(*view_of(scene));
  EXPECT_THAT(batch.transactions, SizeIs(2));
  for (const auto& row : batch.transactions) {
    if (row.why_kept != model::KeptBecause::sampled) return row.why_kept;
  }
  return model::KeptBecause::sampled;
}

TEST(Chronicle, KeepsTransactionsThatWereNotAsTheyShouldBe) {
  const auto quick = [] { return recorded(1).began(1s).ran("SELECT 1", 1s); };
  EXPECT_EQ(reason_for(quick(), model::TransactionEnd::terminated), model::KeptBecause::killed);
  EXPECT_EQ(reason_for(quick(), model::TransactionEnd::unknown), model::KeptBecause::failed);
  EXPECT_EQ(reason_for(quick(), model::TransactionEnd::abandoned), model::KeptBecause::failed);
  EXPECT_EQ(
      reason_for(recorded(1).began(1s).ran("SELECT 1", 1s, {.error = "42601"}), model::TransactionEnd::rolled_back),
      model::KeptBecause::failed);
  EXPECT_EQ(reason_for(recorded(1).began(20s).ran("SELECT 1", 20s), model::TransactionEnd::committed),
            model::KeptBecause::slow);
}

TEST(Chronicle, KeepsWhatWasCalledLeakedWhenItIsOverAfterAll) {
  Chronicle chronicle("main", words);
  auto view = view_of(leaks(0));
  model::Finding leaked;
  leaked.rule = model::RuleId("leaked-transaction");
  leaked.remedies.push_back({.action = model::Action::close_client, .statement = "", .predicted = "", .clients = {7}});
  view->diagnosis.findings = {leaked};
  static_cast<void>(chronicle.next(*view));
  Recorded scene;
  scene.ends(recorded(9).began(1s).ran("SELECT 1", 1s), model::TransactionEnd::committed, 1s);  // The one sampled.
  scene.ends(recorded(7).began(1s).ran("SELECT 1", 1s), model::TransactionEnd::committed, 0s);
  const auto batch = chronicle.next(*view_of(scene));
  ASSERT_THAT(batch.transactions, SizeIs(2));
  EXPECT_EQ(batch.transactions[1].why_kept, model::KeptBecause::leaked);
}

TEST(Chronicle, OfHealthyOnesItKeepsOneInAThousandAndEachOnlyOnce) {
  Chronicle chronicle("main", words);
  Recorded scene;
  for (std::uint64_t id = 1; id <= 2'500; ++id)
    scene.ends(recorded(id).began(1s).ran("SELECT 1", 1s), model::TransactionEnd::committed, 0s);
  std::uint64_t number = 0;
  for (model::Fact& fact : scene.recording->facts) fact.number = ++number;
  const auto batch = chronicle.next(*view_of(scene));
  ASSERT_THAT(batch.transactions, SizeIs(3));
  EXPECT_EQ(batch.transactions[0].json, "committed");
  EXPECT_EQ(batch.transactions[0].application, "shop");
  EXPECT_EQ(batch.transactions[0].statements, 2) << "BEGIN is one";
  EXPECT_THAT(chronicle.next(*view_of(scene)).transactions, IsEmpty()) << "the recorder tells them again";
}

TEST(Chronicle, AFloodOfBadOnesIsBounded) {
  Chronicle chronicle("main", words);
  Recorded scene;
  for (std::uint64_t id = 1; id <= 300; ++id)
    scene.ends(recorded(id).began(20s).ran("SELECT 1", 20s),
               id == 299 ? model::TransactionEnd::terminated : model::TransactionEnd::committed, 0s);
  const auto batch = chronicle.next(*view_of(scene));
  ASSERT_THAT(batch.transactions, SizeIs(Chronicle::most_transactions));
  EXPECT_EQ(batch.transactions[0].why_kept, model::KeptBecause::killed) << "what ended badly goes first";
}

model::GapShapeState shape(std::string application, std::int64_t completed) {
  model::GapShapeState state;
  state.key.application = std::move(application);
  state.baseline.completed = completed;
  return state;
}

TEST(Chronicle, WhatWasLearntIsToldWhenItHasChangedAlone) {
  Chronicle chronicle("main", words);
  const auto first = chronicle.learnt({shape("shop", 1), shape("billing", 1)}, look_time());
  ASSERT_THAT(first.shapes, SizeIs(2));
  EXPECT_EQ(first.shapes[0].server, "main");
  EXPECT_EQ(first.shapes[0].updated_at, look_time());
  EXPECT_NE(first.shapes[0].key, first.shapes[1].key);
  const auto later = chronicle.learnt({shape("shop", 2), shape("billing", 1)}, look_time() + 60s);
  ASSERT_THAT(later.shapes, SizeIs(1));
  EXPECT_EQ(later.shapes[0].key, first.shapes[0].key);
}

TEST(Chronicle, TheNextRunGoesOnWithWhatTheHistoryHas) {
  const auto kept = Chronicle("main", words).learnt({shape("shop", 7)}, look_time()).shapes;
  Chronicle next("main", words);
  auto shapes = kept;
  shapes.push_back({"main", "of a newer version", "no state of ours", look_time()});
  const auto states = next.restore(std::move(shapes));
  EXPECT_THAT(states, ElementsAre(shape("shop", 7)));
  EXPECT_THAT(next.learnt(states, look_time()).shapes, IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::diagnose
