#include "cli/top/state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/top/lists.hpp"
#include "cli/top/scenes.hpp"

namespace lockkeeper::cli::top {
namespace {

using namespace std::chrono_literals;
using test::client;
using test::id_of;
using test::Scene;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::int64_t> pids(const Picture& picture, const State& state = {}) {
  std::vector<std::int64_t> result;
  for (const Row* row : sessions(picture, state).rows)
    result.push_back(row->session == nullptr ? 0 : row->session->id.pid);
  return result;
}

std::int64_t chosen(const Picture& picture, const State& state) {
  const Row* row = chosen_row(picture, state);
  return row == nullptr || row->session == nullptr ? 0 : row->session->id.pid;
}

TEST(TopRows, RootsThenSleepersThenWaitersThenWorkers) {
  const Picture picture = picture_of(busy_shop());
  EXPECT_THAT(pids(picture), ElementsAre(101, 201, 102, 103, 104, 301));
  EXPECT_EQ(picture.rows[0].matter, Matter::root);
  EXPECT_EQ(picture.rows[0].blocks, 3);
  EXPECT_EQ(picture.rows[2].waits_for, "101");
  EXPECT_EQ(sessions(picture, {}).idle_left_out, 5U);
}

TEST(TopRows, OfTwoRootsTheOneWithMoreBehindItComesFirst) {
  Scene scene;
  for (const std::int64_t pid : {1, 2}) scene.add(client(pid).idle_in_transaction(60s));
  for (const std::int64_t pid : {3, 4, 5}) scene.add(client(pid).active(2s));
  scene.wait(3, 1, 2s).wait(4, 2, 1s).wait(5, 2, 1s);
  EXPECT_THAT(pids(picture_of(scene)), ElementsAre(2, 1, 3, 4, 5));
}

TEST(TopRows, APreparedTransactionThatBlocksIsARow) {
  Scene scene;
  scene.add(client(3).active(2s)).prepare("order 7", 1h).wait(3, {std::string("order 7")}, 2s);
  const Picture picture = picture_of(scene);
  EXPECT_THAT(pids(picture), ElementsAre(0, 3));
  EXPECT_EQ(state_word(picture.rows[0]), "prepared");
  EXPECT_THAT(press_all({}, picture, {"k"}).state.note, HasSubstr("ROLLBACK PREPARED"));
}

TEST(TopRows, TheServersOwnProcessesOnlyWhereTheyAreInTheWay) {
  Scene scene;
  scene.add(client(1).kind(model::SessionKind::autovacuum).active(1min));
  scene.add(client(2).kind(model::SessionKind::background).active(1min)).add(client(3).active(2s)).wait(3, 1, 2s);
  EXPECT_THAT(pids(picture_of(scene)), ElementsAre(1, 3));
}

TEST(TopRows, ShortAges) {
  EXPECT_EQ(short_age(0s), "0");
  EXPECT_EQ(short_age(3ms), "3ms");
  EXPECT_EQ(short_age(347ms), "340ms");
  EXPECT_EQ(short_age(59'999ms), "59s");
  EXPECT_EQ(short_age(252s), "4m12s");
  EXPECT_EQ(short_age(23h + 59min + 59s), "23h59m");
  EXPECT_EQ(short_age(76h), "3d4h");
  EXPECT_LE(short_age(99 * 24h + 23h).size(), 6U);
}

TEST(TopKeys, TheCursorFollowsItsSessionAndStaysWhereItWas) {
  Scene scene;
  for (std::int64_t pid = 1; pid <= 5; ++pid) scene.add(client(pid).active(pid * 10s));
  Picture picture = picture_of(scene);
  ASSERT_THAT(pids(picture), ElementsAre(5, 4, 3, 2, 1));
  State state = press_all({}, picture, {"<down>", "<down>"}).state;
  EXPECT_EQ(chosen(picture, state), 3);
  scene.snapshot.sessions.erase(scene.snapshot.sessions.begin() + 4);  // 5
  picture = picture_of(scene);
  state = looked(state, picture);
  EXPECT_EQ(chosen(picture, state), 3);
  scene.snapshot.sessions.erase(scene.snapshot.sessions.begin() + 2);  // 3 itself
  picture = picture_of(scene);
  state = looked(state, picture);
  EXPECT_EQ(chosen(picture, state), 2);
}

TEST(TopKeys, HomeIsWhateverMattersMost) {
  const Picture picture = picture_of(busy_shop());
  State state = press_all({}, picture, {"<end>"}).state;
  EXPECT_EQ(chosen(picture, state), 301);
  state = press_all(state, picture, {"<home>"}).state;
  EXPECT_FALSE(state.session.chosen);
  EXPECT_EQ(chosen(picture, state), 101);
  EXPECT_EQ(chosen(picture, press_all(state, picture, {"<pgdn>"}).state), 301);
}

TEST(TopKeys, FilterFindsInAllThatIsShown) {
  const Picture picture = picture_of(busy_shop());
  for (const auto& [typed, found] : std::vector<std::pair<std::vector<std::string>, std::vector<std::int64_t>>>{
           {{"/", "W", "E", "B"}, {201}},
           {{"/", "b", "o", "b"}, {301}},
           {{"/", "1", "0", "3"}, {103}},
           {{"/", "d", "e", "l", "e", "t", "e"}, {104}}})
    EXPECT_EQ(pids(picture, press_all({}, picture, typed).state), found);
  State state = press_all({}, picture, {"/", "q", "<enter>"}).state;
  EXPECT_EQ(state.filter, "q");
  EXPECT_THAT(screen(state, picture), HasSubstr("none has \"q\" in it"));
  EXPECT_EQ(press_all(state, picture, {"<esc>"}).state.filter, "");
  EXPECT_EQ(press_all(state, picture, {"q"}).effect.kind, Effect::Kind::quit);
  state = press_all({}, picture, {"/", "é", "x", "<backspace>", "<backspace>"}).state;
  EXPECT_EQ(state.filter, "");
}

TEST(TopKeys, EveryOrderIsOneKeyAway) {
  const Picture picture = picture_of(busy_shop());
  State state = press_all({}, picture, {"s"}).state;
  EXPECT_EQ(state.order, Order::transaction_age);
  EXPECT_THAT(pids(picture, state), ElementsAre(101, 201, 102, 103, 104, 301));
  state = press_all(state, picture, {"s", "s", "s"}).state;
  EXPECT_EQ(state.order, Order::application);
  EXPECT_THAT(pids(picture, state), ElementsAre(102, 103, 104, 101, 201, 301));
  state = press_all(state, picture, {"s"}).state;
  EXPECT_THAT(pids(picture, state), ElementsAre(101, 102, 103, 104, 201, 301));
  EXPECT_EQ(press_all(state, picture, {"s"}).state.order, Order::what_matters);
}

TEST(TopKeys, EnterGoesInAndEscapeComesOut) {
  const Picture picture = picture_of(busy_shop());
  State state = press_all({}, picture, {"2", "<enter>"}).state;
  EXPECT_TRUE(state.finding_is_open);
  state = press_all(state, picture, {"<enter>"}).state;
  EXPECT_EQ(state.tab, Tab::transaction);
  ASSERT_TRUE(state.transaction);
  EXPECT_EQ(state.transaction->pid, 101);
  state = press_all(state, picture, {"<esc>"}).state;
  EXPECT_EQ(state.tab, Tab::findings);
  EXPECT_TRUE(state.finding_is_open);
  EXPECT_FALSE(press_all(state, picture, {"<esc>"}).state.finding_is_open);
  state = press_all({}, picture, {"3", "<down>", "<enter>", "<esc>"}).state;
  EXPECT_EQ(state.tab, Tab::waits);
  EXPECT_EQ(press_all({}, picture, {"<btab>"}).state.tab, Tab::shapes);
}

TEST(TopKeys, AFindingThatHasGoneDoesNotTurnIntoAnother) {
  const State state = press_all({}, picture_of(busy_shop()), {"2", "<enter>"}).state;
  Scene other;
  other.add(client(9).idle_in_transaction(1h));
  EXPECT_THAT(screen(state, picture_of(other)), HasSubstr("It is not found any more"));
}

TEST(TopDeed, NothingIsDoneWithoutADryRunAndAYes) {
  const Picture picture = picture_of(busy_shop());
  Turn turn = press_all({}, picture, {"k"});
  EXPECT_EQ(turn.effect.kind, Effect::Kind::plan);
  ASSERT_TRUE(turn.state.deed);
  EXPECT_EQ(turn.state.deed->session, id_of(101));
  turn = press_all(turn.state, picture, {"y"});
  EXPECT_EQ(turn.effect.kind, Effect::Kind::none) << "there is no dry run yet";
  model::ActionReport report;
  report.targets = {{*picture.rows.front().session, {model::ActionOutcome::would_act, ""}}};
  State asked = answered(turn.state, report);
  EXPECT_EQ(press_all(asked, picture, {"Y"}).effect.kind, Effect::Kind::none);
  EXPECT_EQ(press_all(asked, picture, {"<enter>"}).state.note, "nothing was done");
  turn = press_all(asked, picture, {"y"});
  EXPECT_EQ(turn.effect.kind, Effect::Kind::act);
  EXPECT_EQ(press_all(turn.state, picture, {"y"}).effect.kind, Effect::Kind::none) << "it is under way";
  report.dry_run = false;
  report.targets.front().result.outcome = model::ActionOutcome::done;
  const State told = answered(turn.state, report);
  EXPECT_THAT(screen(told, picture), HasSubstr("terminated"));
  EXPECT_FALSE(press_all(told, picture, {"<enter>"}).state.deed);
}

TEST(TopDeed, WhatCannotBeDoneIsNotAsked) {
  const Picture picture = picture_of(busy_shop());
  State state = press_all({}, picture, {"k"}).state;
  model::ActionReport report;
  report.targets = {
      {*picture.rows.front().session,
       {model::ActionOutcome::skipped, "its user is a superuser: give --include-superusers to include it"}}};
  state = answered(state, report);
  EXPECT_THAT(screen(state, picture), HasSubstr("--include-superusers"));
  EXPECT_EQ(press_all(state, picture, {"y"}).effect.kind, Effect::Kind::none);
}

TEST(TopDeed, AnAnswerThatNobodyWaitsForIsDropped) {
  const Picture picture = picture_of(busy_shop());
  const State state = press_all({}, picture, {"k", "<esc>"}).state;
  EXPECT_FALSE(state.deed);
  EXPECT_FALSE(answered(state, {}).deed);
}

TEST(TopDeed, ASleeperIsNotCancelled) {
  const Picture picture = picture_of(busy_shop());
  const Turn turn = press_all({}, picture, {"c"});
  EXPECT_EQ(turn.effect.kind, Effect::Kind::none);
  EXPECT_THAT(turn.state.note, HasSubstr("runs no statement"));
  EXPECT_EQ(press_all({}, picture, {"<end>", "c"}).effect.kind, Effect::Kind::plan);
}

TEST(TopDeed, ReadOnlyMeansIt) {
  State state;
  state.read_only = "--read-only: nothing can be ended from here";
  const Picture picture = picture_of(busy_shop());
  for (const auto* tab : {"1", "2", "3", "4"}) {
    const Turn turn = press_all(state, picture, {tab, "k"});
    EXPECT_EQ(turn.effect.kind, Effect::Kind::none);
    EXPECT_FALSE(turn.state.deed);
    EXPECT_THAT(screen(turn.state, picture), HasSubstr("--read-only"));
  }
}

TEST(TopDeed, AFindingIsActedOnAsItWasSeen) {
  const Picture picture = picture_of(busy_shop());
  const Turn turn = press_all({}, picture, {"2", "k"});
  EXPECT_EQ(turn.effect.kind, Effect::Kind::plan);
  ASSERT_TRUE(turn.state.deed && turn.state.deed->finding);
  EXPECT_EQ(turn.state.deed->finding->id, picture.view->diagnosis.findings.front().id);
}

TEST(TopDeed, ServerGoneNothingIsPlanned) {
  const Scene scene = busy_shop();
  const Turn turn = press_all({}, failed(&scene), {"k"});
  EXPECT_EQ(turn.effect.kind, Effect::Kind::none);
  EXPECT_THAT(turn.state.note, HasSubstr("cannot be looked at"));
}

TEST(TopKeys, IntervalAndPause) {
  const Picture picture = picture_of(busy_shop());
  Turn turn = press_all({}, picture, {"+"});
  EXPECT_EQ(turn.effect.kind, Effect::Kind::change_interval);
  EXPECT_EQ(turn.state.interval, 2s);
  turn = press_all(turn.state, picture, {"-", "-", "-", "-", "-"});
  EXPECT_EQ(turn.state.interval, 250ms);
  EXPECT_TRUE(press_all({}, picture, {"p"}).state.is_paused);
  EXPECT_FALSE(press_all({}, picture, {"p", " "}).state.is_paused);
}

TEST(TopKeys, NothingSeenYetIsNoReasonToFail) {
  for (const auto* key : {"k", "c", "<enter>", "<down>", "<pgdn>", "<end>", "2", "3", "4", "5", "s", "i", "?"}) {
    for (const auto* tab : {"1", "2", "3", "4", "5"}) {
      const State state = press_all({}, nothing_seen(), {tab, key, "<down>", "<enter>"}).state;
      EXPECT_NE(screen(state, nothing_seen()), "");
    }
  }
}

}  // namespace
}  // namespace lockkeeper::cli::top
