// What a book learns from recordings and from views, look by look.
#include "rules/gap_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>

#include "rules/gap_cases.hpp"
#include "rules/recorded.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::GapVerdict;
using model::TransactionEnd;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view read = "SELECT id FROM orders WHERE id = 1";
constexpr std::string_view write = "UPDATE orders SET state = 2 WHERE id = 1";

void learn(GapBook& book, const Recorded& scene) { book.learn(scene.seen(), &*scene.recording); }

// Completed gaps by the text they followed, of all shapes.
std::int64_t completed(const GapBook& book, std::string_view after) {
  std::int64_t count = 0;
  for (const auto& shape : book.summaries(look_time())) {
    if (shape.text == statement(after).text) count += shape.completed;
  }
  return count;
}

model::Duration longest(const GapBook& book, std::string_view after) {
  model::Duration result{};
  for (const auto& shape : book.summaries(look_time())) {
    if (shape.text == statement(after).text && shape.longest) result = std::max(result, *shape.longest);
  }
  return result;
}

std::int64_t censored(const GapBook& book) {
  std::int64_t count = 0;
  for (const auto& shape : book.summaries(look_time())) count += shape.censored;
  return count;
}

ClientDraft buyer(std::uint64_t id) {
  return recorded(id).began(60s).ran(read, 50s, {.took = 1s}).ran(write, 40s, {.took = 2s});
}

TEST(GapBook, LearnsEachGapOfATransactionThatIsOverOnce) {
  Recorded scene;
  scene.ends(buyer(1).ran("COMMIT", 30s, {.took = 1s}), TransactionEnd::committed, 29s);
  GapBook book;
  for (int look = 0; look < 3; ++look) learn(book, scene);
  EXPECT_EQ(completed(book, "BEGIN"), 1);
  EXPECT_EQ(completed(book, read), 1);
  EXPECT_EQ(longest(book, read), 9s) << "from the end of one statement to the beginning of the next";
  EXPECT_EQ(completed(book, write), 1);
  EXPECT_EQ(longest(book, write), 8s);
  EXPECT_EQ(completed(book, "COMMIT"), 0) << "the transaction is over: no gap";
  scene.ends(buyer(2).ran("COMMIT", 30s), TransactionEnd::committed, 29s);
  learn(book, scene);
  EXPECT_EQ(completed(book, read), 2);
}

TEST(GapBook, FactsWithoutNumbersCountOnceToo) {
  Recorded scene;
  scene.ends(buyer(1).ran("COMMIT", 30s, {.took = 1s}), TransactionEnd::committed, 29s);
  scene.recording->facts.front().number = 0;
  GapBook book;
  for (int look = 0; look < 3; ++look) learn(book, scene);
  EXPECT_EQ(completed(book, read), 1);
}

TEST(GapBook, ARecorderThatStartedAnewNumbersAnew) {
  Recorded scene;
  scene.ends(buyer(1).ran("COMMIT", 30s, {.took = 1s}), TransactionEnd::committed, 29s);
  GapBook book;
  learn(book, scene);
  Recorded anew;
  anew.recording->started_at += 1s;
  anew.ends(buyer(1).ran("COMMIT", 20s, {.took = 1s}), TransactionEnd::committed, 19s);
  learn(book, anew);
  learn(book, anew);
  EXPECT_EQ(completed(book, read), 2);
}

TEST(GapBook, TheClientsLeavingEndsAGapAndAKillDoesNot) {
  Recorded scene;
  scene.ends(buyer(1), TransactionEnd::abandoned, 8s);
  GapBook book;
  learn(book, scene);
  EXPECT_EQ(completed(book, write), 1);
  EXPECT_EQ(longest(book, write), 30s);
  scene.ends(buyer(2), TransactionEnd::terminated, 8s);
  scene.ends(buyer(3), TransactionEnd::unknown, 8s);
  learn(book, scene);
  EXPECT_EQ(completed(book, write), 1);
  EXPECT_EQ(censored(book), 2);
}

TEST(GapBook, AnotherSequenceIsAnotherShape) {
  Recorded scene;
  scene.ends(recorded(1).began(60s).ran(read, 50s).ran(write, 40s), TransactionEnd::abandoned, 8s);
  scene.ends(recorded(2).began(60s).ran(write, 40s), TransactionEnd::abandoned, 8s);
  GapBook book;
  learn(book, scene);
  EXPECT_EQ(completed(book, write), 2);
  EXPECT_EQ(book.size(), 4U) << "BEGIN, and after it the read or the write, and the write after the read";
}

TEST(GapBook, WhatFollowsAStatementThatFailedIsNoGap) {
  Recorded scene;
  auto failed = recorded(1).began(60s).ran(write, 40s, {.error = "23505"});
  scene.ends(failed, TransactionEnd::rolled_back, 8s);
  GapBook book;
  learn(book, scene);
  EXPECT_EQ(completed(book, write), 0);
  Recorded open;
  open.add(client(1).aborted(30s)).add(recorded(1).began(60s).ran(write, 40s).aborted().holds(1));
  learn(book, open);
  for (const auto& shape : book.summaries(look_time())) EXPECT_THAT(shape.open, IsEmpty());
}

// The recording, `later`; the drafts' ages are counted from the same time.
Recorded at(Recorded scene, model::Duration later) {
  scene.recording->taken_at += later;
  scene.snapshot.taken_at += later;
  return scene;
}

TEST(GapBook, AGapThatWasFollowedCountsOnceWhetherItsTransactionGoesOnOrNot) {
  Recorded open;
  open.add(client(1).idle_in_transaction(49s)).add(recorded(7).began(60s).ran(read, 50s, {.took = 1s}).holds(1));
  GapBook book;
  learn(book, open);
  ASSERT_THAT(book.shape_of(id_of(1), look_time())->open, SizeIs(1));
  EXPECT_EQ(book.shape_of(id_of(1), look_time())->open.front().age, 49s);
  EXPECT_EQ(book.shape_of(id_of(1), look_time() + 2s)->open.front().age, 51s);
  learn(book, at(open, 5s));
  EXPECT_EQ(completed(book, read), 0);

  Recorded gone_on;
  gone_on.add(client(1).idle_in_transaction(1s));
  gone_on.add(recorded(7).began(60s).ran(read, 50s, {.took = 1s}).ran(write, -6s, {.took = 1s}).holds(1));
  learn(book, at(gone_on, 10s));
  EXPECT_EQ(completed(book, read), 1);
  EXPECT_EQ(longest(book, read), 55s) << "as the record tells, not as the looks do";

  Recorded over;
  over.ends(recorded(7).began(60s).ran(read, 50s, {.took = 1s}).ran(write, -6s, {.took = 1s}).ran("COMMIT", -12s),
            TransactionEnd::committed, -12s);
  learn(book, at(over, 15s));
  EXPECT_EQ(completed(book, read), 1) << "not again";
  EXPECT_EQ(completed(book, write), 1);
  EXPECT_EQ(completed(book, "BEGIN"), 1);
}

TEST(GapBook, ARunningStatementHasEndedTheGap) {
  Recorded open;
  open.add(client(1).idle_in_transaction(49s)).add(recorded(7).began(60s).ran(read, 50s, {.took = 1s}).holds(1));
  GapBook book;
  learn(book, open);
  Recorded running;
  running.add(client(1).active(2s)).add(recorded(7).began(60s).ran(read, 50s, {.took = 1s}).active(write, 2s).holds(1));
  learn(book, running);
  EXPECT_EQ(completed(book, read), 1);
  EXPECT_EQ(longest(book, read), 47s);
}

TEST(GapBook, ARestartedRecorderOrServerStartsOpenGapsAnewAndKeepsWhatWasLearnt) {
  Recorded open;
  open.ends(buyer(1), TransactionEnd::abandoned, 8s);
  open.add(client(1).idle_in_transaction(49s)).add(recorded(7).began(60s).ran(read, 50s).holds(1));
  GapBook book;
  learn(book, open);
  Recorded restarted;
  restarted.recording->started_at += 1h;
  learn(book, restarted);
  EXPECT_EQ(completed(book, read), 1) << "that of the first transaction";
  EXPECT_EQ(completed(book, write), 1);

  Scene views;
  views.add(client(1).idle_in_transaction(60s).ran(read));
  GapBook by_views;
  by_views.learn(views.snapshot, nullptr);
  Scene after;
  after.snapshot.server.started_at = look_time() - 1s;
  by_views.learn(after.snapshot, nullptr);
  EXPECT_EQ(completed(by_views, read), 0);
}

std::uint64_t completed_of(const model::GapCounts& counts) {
  return std::accumulate(counts.lengths.begin(), counts.lengths.end(), std::uint64_t{0});
}

TEST(GapBook, CountsByApplicationAndForgetsNoneWhateverBecomesOfItsShape) {
  Recorded scene;
  scene.ends(buyer(1).ran("COMMIT", 30s, {.took = 1s}), TransactionEnd::committed, 29s);
  scene.ends(buyer(2), TransactionEnd::terminated, 8s);
  scene.add(client(1).idle_in_transaction(49s)).add(recorded(7).began(60s).ran(read, 50s, {.took = 1s}).holds(1));
  GapBook book;
  learn(book, scene);
  learn(book, scene);
  ASSERT_THAT(book.counts(), SizeIs(1));
  const auto counts = book.counts().front();
  EXPECT_EQ(completed_of(counts), 5U) << "three of the first, two of the second; the third's when it is over";
  EXPECT_EQ(counts.censored, 1U);
  EXPECT_EQ(counts.open, 1U);
  book.restore({});
  EXPECT_EQ(completed_of(book.counts().front()), 5U);
  learn(book, Recorded());
  EXPECT_EQ(book.counts().front().open, 0U);
}

TEST(GapBook, CountsFewApplicationsByNameAndTheRestTogether) {
  Recorded scene;
  for (std::uint64_t id = 1; id <= GapBook::most_applications + 5; ++id)
    scene.ends(buyer(id).named("application " + std::to_string(id)), TransactionEnd::terminated, 8s);
  GapBook book;
  learn(book, scene);
  const auto counts = book.counts();
  ASSERT_THAT(counts, SizeIs(GapBook::most_applications + 1));
  const auto other = std::ranges::find(counts, "other", &model::GapCounts::application);
  ASSERT_NE(other, counts.end());
  EXPECT_EQ(other->censored, 5U);
}

// Views alone.

Scene idle_at(model::Duration silent) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(silent).ran(read));
  return scene;
}

TEST(GapBook, FollowsTheSessionsOfTheViews) {
  GapBook book;
  book.learn(idle_at(20s).snapshot, nullptr);
  Scene later = idle_at(20s);
  later.snapshot.taken_at += 5s;
  book.learn(later.snapshot, nullptr);
  EXPECT_EQ(completed(book, read), 0) << "it goes on";
  Scene active;
  active.add(client(1).active(1s).ran(write));
  active.snapshot.taken_at += 10s;
  active.snapshot.sessions.front().statement_started_at = look_time() + 9s;
  active.snapshot.sessions.front().state_changed_at = look_time() + 9s;
  active.snapshot.sessions.front().transaction->started_at = look_time() - 20s;
  book.learn(active.snapshot, nullptr);
  EXPECT_EQ(completed(book, read), 1);
  EXPECT_EQ(longest(book, read), 29s);
}

TEST(GapBook, AVanishedSessionHasComeBackUnlessWeEndedItOrCouldNotSee) {
  Scene gone;
  gone.snapshot.taken_at += 5s;
  GapBook book;
  book.learn(idle_at(20s).snapshot, nullptr);
  book.learn(gone.snapshot, nullptr);
  EXPECT_EQ(completed(book, read), 1);

  GapBook killed;
  killed.learn(idle_at(20s).snapshot, nullptr);
  killed.censor(id_of(1));
  killed.learn(gone.snapshot, nullptr);
  EXPECT_EQ(completed(killed, read), 0);
  EXPECT_EQ(censored(killed), 1);

  GapBook blind;
  blind.learn(idle_at(20s).snapshot, nullptr);
  gone.snapshot.missing.push_back({"sessions", "no grant", "GRANT", false});
  blind.learn(gone.snapshot, nullptr);
  EXPECT_EQ(completed(blind, read), 0);

  Scene hidden;
  hidden.add(client(1).hidden());
  hidden.snapshot.taken_at += 5s;
  GapBook hidden_book;
  hidden_book.learn(idle_at(20s).snapshot, nullptr);
  hidden_book.learn(hidden.snapshot, nullptr);
  EXPECT_EQ(completed(hidden_book, read), 0);
}

TEST(GapBook, APollerCountsWhatItSeesTooRarelyMoreOften) {
  GapBook book;
  Scene first = idle_at(500ms);
  book.learn(first.snapshot, nullptr);
  Scene second;
  second.add(client(1).idle(1s));
  second.snapshot.taken_at += 10s;
  second.snapshot.sessions.front().state_changed_at = look_time() + 500ms;
  second.snapshot.sessions.front().statement_started_at = look_time() + 500ms;
  book.learn(second.snapshot, nullptr);
  const auto shapes = book.summaries(look_time());
  ASSERT_THAT(shapes, SizeIs(1));
  EXPECT_EQ(shapes.front().completed, 1);
  double weighed = 0;
  for (const double count : shapes.front().buckets) weighed += count;
  EXPECT_NEAR(weighed, 10, 0.01) << "a gap of a second, looked for every ten";
}

TEST(GapBook, AGapThatOverlapsALockWaitIsNoEvidence) {
  Recorded scene;
  scene.add(client(1).idle_in_transaction(49s)).add(recorded(7).unit("a").began(60s).ran(read, 50s).holds(1));
  scene.add(client(2).active(20s)).add(recorded(8).unit("a").began(60s).active(write, 20s).holds(2)).wait(2, 3, 20s);
  GapBook book;
  learn(book, scene);
  Recorded after;
  after.ends(recorded(7).unit("a").began(60s).ran(read, 50s).ran("COMMIT", -1s), TransactionEnd::committed, -1s);
  learn(book, at(after, 2s));
  EXPECT_EQ(completed(book, read), 0);
  EXPECT_EQ(completed(book, "BEGIN"), 1) << "that gap did not overlap";
}

TEST(GapBook, AClockThatIsSetBackTeachesNothingWrong) {
  GapBook book;
  book.learn(idle_at(20s).snapshot, nullptr);
  Scene back = idle_at(20s);
  back.snapshot.taken_at -= 1h;
  book.learn(back.snapshot, nullptr);
  EXPECT_EQ(completed(book, read), 0);
  EXPECT_EQ(book.shape_of(id_of(1), back.snapshot.taken_at)->open.front().age, 0s);
  Scene gone;
  gone.snapshot.taken_at -= 59min;
  book.learn(gone.snapshot, nullptr);
  EXPECT_LE(longest(book, read), 20s);
}

TEST(GapBook, SessionsOfTheRecorderCountAsItsClientsOnly) {
  Recorded scene = webhook_leak();
  GapBook book;
  learn(book, scene);
  std::size_t open = 0;
  for (const auto& shape : book.summaries(look_time())) {
    EXPECT_EQ(shape.key.application, "webhook");
    open += shape.open.size();
  }
  EXPECT_EQ(open, 3U);
}

// A view is newer than its record: whose transaction began between them is not known as the recorder's yet.
TEST(GapBook, WhoComesAfterTheRecordCountsAsItsClientOnly) {
  for (const bool is_over : {true, false}) {
    GapBook book;
    Recorded seen;
    seen.add(client(50).idle_in_transaction(2s).ran(read));
    learn(book, seen);
    EXPECT_EQ(completed(book, read), 0);
    Recorded gone;  // From the view.
    const ClientDraft told = recorded(50).began(3s).ran(read, 2s);
    is_over ? gone.ends(told, TransactionEnd::committed, 1s) : gone.add(ClientDraft(told).holds(50));
    learn(book, at(gone, 5s));
    EXPECT_EQ(completed(book, read), is_over ? 1 : 0);
  }
}

TEST(GapBook, AServerThatDoesNotAnswerEndsNothing) {
  GapBook book;
  Recorded scene;
  scene.add(client(50).idle_in_transaction(30s).ran(read));
  learn(book, scene);
  Recorded alone;
  alone.alone();
  learn(book, at(alone, 5s));
  EXPECT_EQ(completed(book, read), 0);
  EXPECT_TRUE(book.shape_of(id_of(50), look_time()).has_value());
}

TEST(GapBook, IsRestoredWithItsVerdictsAndNamesOpenGapsAtOnce) {
  const Scene before = leaking();
  GapBook book;
  book.restore(before.gaps->states());
  EXPECT_EQ(book.states(), before.gaps->states());
  book.learn(before.snapshot, nullptr);
  const auto shapes = book.summaries(look_time(), GapVerdict::leaked);
  ASSERT_THAT(shapes, SizeIs(1));
  EXPECT_EQ(std::ranges::count_if(shapes.front().open, &model::OpenGap::named), 4);
  EXPECT_EQ(shapes.front().needed, 30);
  EXPECT_TRUE(shapes.front().frozen);
}

TEST(GapBook, IsBounded) {
  GapBook book;
  for (int look = 0; look < 5; ++look) {
    Scene scene;
    for (std::int64_t pid = 1; pid <= 500; ++pid)
      scene.add(client(pid).named("app" + std::to_string(look * 500 + pid)).idle_in_transaction(5s).ran(read));
    book.learn(scene.snapshot, nullptr);
  }
  EXPECT_EQ(book.size(), GapBook::most_shapes);
}

// A program that leaks one transaction in ten, seen by a poller every five seconds through whole snapshots.
TEST(GapBook, FindsALeakThroughTheViewsAlone) {
  GapBook book;
  struct Session {
    std::int64_t pid;
    model::Duration begin;
    model::Duration end;
  };
  std::vector<Session> sessions;
  std::optional<model::Duration> found;
  for (int second = 0; second < 7200 && !found; ++second) {
    const model::Duration now = std::chrono::seconds(second);
    const bool leaks = second > 3600 && second % 10 == 0;
    sessions.push_back({second + 1, now, leaks ? model::Duration::max() : now + std::chrono::seconds(second * 7 % 11)});
    std::erase_if(sessions, [&](const Session& session) { return session.end <= now; });
    if (second % 5 != 0) continue;
    Scene scene;
    for (const auto& session : sessions)
      scene.add(client(session.pid).idle_in_transaction(now - session.begin).ran(read));
    auto& snapshot = scene.snapshot;
    snapshot.taken_at += now;
    for (auto& session : snapshot.sessions) {
      *session.state_changed_at += now;
      session.transaction->started_at += now;
    }
    book.learn(snapshot, nullptr);
    const auto shapes = book.summaries(snapshot.taken_at);
    if (!shapes.empty() && shapes.front().verdict == GapVerdict::leaked) found = now;
  }
  ASSERT_TRUE(found.has_value());
  EXPECT_GT(*found, 3600s);
  EXPECT_LE(*found, 3600s + 900s);
}

RC_GTEST_PROP(GapBook, SurvivesAnySequenceOfLooks, ()) {
  GapBook book;
  const int looks = *rc::gen::inRange(1, 12);
  for (int look = 0; look < looks; ++look) {
    Recorded scene;
    const int clients = *rc::gen::inRange(0, 5);
    for (int number = 0; number < clients; ++number) {
      const auto pid = *rc::gen::inRange<std::int64_t>(1, 6);
      const auto age = std::chrono::seconds(*rc::gen::inRange(-5, 100));
      auto draft = recorded(static_cast<std::uint64_t>(pid)).began(age + 1s).ran(read, age).holds(pid);
      switch (*rc::gen::inRange(0, 5)) {
        case 0: scene.add(draft.aborted()); break;
        case 1: scene.add(draft.active(write, 1s)); break;
        case 2: scene.ends(draft, static_cast<TransactionEnd>(*rc::gen::inRange(0, 5)), age - 1s); break;
        default: scene.add(draft);
      }
      if (!scene.snapshot.find(id_of(pid)) && *rc::gen::arbitrary<bool>())
        scene.add(client(pid).idle_in_transaction(age).ran(read));
    }
    scene.recording->taken_at += std::chrono::seconds(*rc::gen::inRange(-100, 100));
    scene.snapshot.taken_at += std::chrono::seconds(*rc::gen::inRange(-100, 100));
    if (*rc::gen::inRange(0, 10) == 0) scene.recording->started_at += 1s;
    if (*rc::gen::arbitrary<bool>()) book.censor(id_of(*rc::gen::inRange<std::int64_t>(1, 6)));
    book.learn(scene.seen(), *rc::gen::arbitrary<bool>() ? &*scene.recording : nullptr);
  }
  for (const auto& shape : book.summaries(look_time())) {
    RC_ASSERT(shape.completed >= 0);
    for (const auto& gap : shape.open) RC_ASSERT(gap.age >= 0s);
  }
  for (const auto& state : book.states()) RC_ASSERT(model::parse_gap_shape(model::to_text(state)) == state);
}

}  // namespace
}  // namespace lockkeeper::rules
