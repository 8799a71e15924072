#include "diagnose/board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "diagnose/views.hpp"

namespace lockkeeper::diagnose {
namespace {

using namespace std::chrono_literals;
using test::client;
using test::look_time;
using test::Scene;
using test::view_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

auto soon() { return std::chrono::steady_clock::now() + 10s; }

Scene some() {
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s).ran("UPDATE a SET b = 1").wrote());
  scene.add(client(2).active(5s)).add(client(3).aborted(9s)).add(client(4).idle(1s));
  scene.wait(2, 1, 5s);
  return scene;
}

TEST(Sample, CountsClientsByTheirStates) {
  const auto sample = sample_of(*view_of(some()));
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->at, look_time());
  EXPECT_EQ(sample->server, "main");
  EXPECT_EQ(sample->clients, 4);
  EXPECT_EQ(sample->active, 1);
  EXPECT_EQ(sample->idle, 1);
  EXPECT_EQ(sample->idle_in_transaction, 1);
  EXPECT_EQ(sample->aborted, 1);
  EXPECT_EQ(sample->waiting, 1);
  EXPECT_EQ(sample->usable, 97);
}

TEST(Sample, CountsClientsOfTheRecorderThatWait) {
  const auto sample = sample_of(*view_of(test::dry_pool()));
  ASSERT_TRUE(sample);
  EXPECT_GT(sample->queued, 0);
}

TEST(Sample, ThereIsNoneOfAServerThatCannotBeLookedAt) {
  auto view = view_of(some());
  view->diagnosis.failure = model::LookFailure{"unreachable", "it is down", "Start it."};
  EXPECT_FALSE(sample_of(*view)) << "the numbers are those of before";
}

TEST(Board, ListsAServerBeforeItsFirstLook) {
  Board board;
  board.expect("b", "postgresql://b");
  board.expect("a", "postgresql://a");
  const auto views = board.views();
  ASSERT_THAT(views, SizeIs(2));
  EXPECT_EQ(views[0]->name, "a");
  EXPECT_EQ(views[0]->diagnosis.looks, 0);
  EXPECT_EQ(views[1]->diagnosis.url, "postgresql://b");
  EXPECT_EQ(board.view("c"), nullptr);
  EXPECT_THAT(board.samples("a", {}), IsEmpty());
}

TEST(Board, KeepsTheNewestViewAndAnHourOfSamples) {
  Board board;
  for (std::size_t look = 0; look < Board::most_samples + 5; ++look) {
    auto view = view_of(some());
    view->published_at = look_time() + std::chrono::seconds(look);
    board.publish(view);
  }
  EXPECT_EQ(board.version(), Board::most_samples + 5);
  EXPECT_EQ(board.view("main")->published_at, look_time() + std::chrono::seconds(Board::most_samples + 4));
  EXPECT_THAT(board.samples("main", {}), SizeIs(Board::most_samples));
  const auto last = board.samples("main", look_time() + std::chrono::seconds(Board::most_samples + 2));
  EXPECT_THAT(last, SizeIs(2));
}

TEST(Board, WakesThoseWhoWait) {
  Board board;
  EXPECT_EQ(board.wait(0, std::chrono::steady_clock::now()), 0U) << "the deadline has passed";
  std::thread publisher([&] { board.publish(view_of(some())); });
  EXPECT_EQ(board.wait(0, soon()), 1U);
  publisher.join();
  EXPECT_EQ(board.wait(0, soon()), 1U) << "it has changed already";
}

}  // namespace
}  // namespace lockkeeper::diagnose
