// Turns, timers, and words from other threads.
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "io/harness.hpp"

namespace lockkeeper::io::testing {
namespace {

using std::chrono::milliseconds;

class LoopTest : public OnEachBackend {};

// Notes each time it is resumed.
class Listening {
 public:
  explicit Listening(Loop& loop) : wakeup(loop) {
    task_ = listen();
    task_.start();
  }
  Wakeup wakeup;
  int resumed = 0;
  std::function<void()> then = [] {};

 private:
  Task<> listen() {
    for (;;) {
      co_await wakeup;
      ++resumed;
      then();
    }
  }
  Task<> task_;
};

TEST_P(LoopTest, TimersFireInTheOrderOfTheirTimes) {
  std::vector<int> order;
  std::vector<std::unique_ptr<Listening>> tasks;
  std::vector<std::unique_ptr<Timer>> timers;
  const TimePoint start = Clock::now();
  for (const int delay : {9, 3, 7, 1, 5}) {
    tasks.push_back(std::make_unique<Listening>(*loop));
    tasks.back()->then = [&order, &wakeup = driver->wakeup, delay] {
      order.push_back(delay);
      wakeup.signal();
    };
    timers.push_back(std::make_unique<Timer>(*loop, tasks.back()->wakeup));
    timers.back()->set(start + milliseconds(delay));
  }
  ASSERT_TRUE(until([&] { return order.size() == 5; }));
  EXPECT_EQ(order, (std::vector{1, 3, 5, 7, 9}));
  EXPECT_GE(Clock::now() - start, milliseconds(9));
}

TEST_P(LoopTest, ATimerIsMovedBothWaysAndCleared) {
  Listening later(*loop), earlier(*loop), cleared(*loop), past(*loop);
  Timer to_later(*loop, later.wakeup), to_earlier(*loop, earlier.wakeup), to_clear(*loop, cleared.wakeup);
  Timer in_the_past(*loop, past.wakeup);
  const TimePoint start = Clock::now();
  to_later.set(start + milliseconds(1));
  to_later.set(start + milliseconds(20));
  to_earlier.set(start + std::chrono::hours(1));
  to_earlier.set(start + milliseconds(2));
  to_clear.set(start + milliseconds(3));
  to_clear.clear();
  in_the_past.set(start - milliseconds(5));
  later.then = [&] { driver->wakeup.signal(); };
  ASSERT_TRUE(until([&] { return later.resumed == 1; }));
  EXPECT_GE(Clock::now() - start, milliseconds(20));
  EXPECT_EQ(earlier.resumed, 1);
  EXPECT_EQ(cleared.resumed, 0);
  EXPECT_EQ(past.resumed, 1);
  EXPECT_TRUE(to_later.due(loop->now()));
  EXPECT_FALSE(to_clear.due(loop->now()));
}

TEST_P(LoopTest, TenThousandTimersAreSetMovedAndDestroyedInAnyOrder) {
  Listening task(*loop);
  std::vector<std::unique_ptr<Timer>> timers;
  const TimePoint start = Clock::now();
  for (std::size_t i = 0; i < 10'000; ++i) {
    timers.push_back(std::make_unique<Timer>(*loop, task.wakeup));
    timers.back()->set(start + std::chrono::hours(1) + milliseconds((i * 7919) % 10'000));
  }
  for (std::size_t i = 0; i < 10'000; i += 3) timers[i]->set(start + std::chrono::hours(2));
  for (std::size_t i = 0; i < 10'000; i += 5) timers[i]->set(start + std::chrono::minutes(1));
  for (std::size_t i = 0; i < 10'000; i += 2) timers[(i * 31) % 10'000].reset();
  Timer soon_due(*loop, driver->wakeup);
  soon_due.set(start + milliseconds(1));
  EXPECT_TRUE(until([&] { return soon_due.due(loop->now()); }));
  EXPECT_EQ(task.resumed, 0);
}

TEST_P(LoopTest, ATaskIsResumedOnceHoweverOftenItIsSignalled) {
  Listening task(*loop);
  for (int i = 0; i < 10; ++i) task.wakeup.signal();
  task.then = [&] { driver->wakeup.signal(); };
  ASSERT_TRUE(until([&] { return task.resumed > 0; }));
  EXPECT_EQ(task.resumed, 1);
}

TEST_P(LoopTest, TasksThatSignalEachOtherForeverDoNotStarveTheSockets) {
  Listening left(*loop), right(*loop);
  left.then = [&] { right.wakeup.signal(); };
  right.then = [&] { left.wakeup.signal(); };
  left.wakeup.signal();
  auto [client, server] = connected();
  client->send(bytes_of("through"));
  Received received;
  EXPECT_TRUE(until([&] { return received.from(*server) == "through"; }));
  EXPECT_GT(left.resumed, 1);
  left.then = [] {};
}

TEST_P(LoopTest, AWakeupMayGoWhileItIsSignalled) {
  auto task = std::make_unique<Listening>(*loop);
  auto other = std::make_unique<Listening>(*loop);
  task->wakeup.signal();
  other->wakeup.signal();
  other->then = [&] { driver->wakeup.signal(); };
  task.reset();
  EXPECT_TRUE(until([&] { return other->resumed == 1; }));
}

TEST_P(LoopTest, WorkOfOtherThreadsIsDoneInTheOrderOfEach) {
  constexpr int threads = 4, each = 2000;
  std::vector<std::vector<int>> done(threads);
  int total = 0;
  std::vector<std::thread> posting;
  for (int t = 0; t < threads; ++t) {
    posting.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        loop->post([&, t, i] {
          done[static_cast<std::size_t>(t)].push_back(i);
          if (++total == threads * each) driver->wakeup.signal();
        });
      }
    });
  }
  EXPECT_TRUE(until([&] { return total == threads * each; }));
  for (auto& thread : posting) thread.join();
  for (const auto& one : done) EXPECT_TRUE(std::ranges::is_sorted(one));
}

TEST_P(LoopTest, WorkThatPostsWorkLetsTheTurnGoOn) {
  int rounds = 0;
  std::function<void()> again = [&] {
    if (++rounds < 100) loop->post(again);
    driver->wakeup.signal();
  };
  loop->post(again);
  EXPECT_TRUE(until([&] { return rounds == 100; }));
}

TEST_P(LoopTest, StopsFromAnotherThreadWhileItWaitsAndBeforeItRuns) {
  std::atomic<bool> running = false;
  loop->post([&] { running = true; });
  std::thread stopper([&] {
    while (!running) std::this_thread::yield();
    loop->stop();
  });
  loop->run();
  stopper.join();
  loop->stop();
  loop->run();
  // And it runs again.
  Timer timer(*loop, driver->wakeup);
  timer.set(Clock::now() + milliseconds(1));
  EXPECT_TRUE(until([&] { return timer.due(loop->now()); }));
}

// More than a ring has entries for: they wait for the thread that may submit.
TEST_P(LoopTest, RunsOnAnotherThreadThanTheOneThatMadeItsListeners) {
  std::vector<std::unique_ptr<Listener>> listeners;
  for (int i = 0; i < 700; ++i) listeners.push_back(listening());
  std::atomic<bool> reached = false;
  Listening task(*loop);
  task.then = [&] { reached = reached || listeners.back()->accept() != nullptr; };
  listeners.push_back(std::move(*loop->listen({"127.0.0.1", 0, {}}, task.wakeup, false)));
  std::thread thread([&] { loop->run(); });
  auto second = open_loop(GetParam());
  Driver there(*second);
  auto connecting = second->connect({"127.0.0.1", listeners.back()->port(), {}}, soon(), there.wakeup);
  EXPECT_TRUE(there.until([&] {
    second->post([&] { there.wakeup.signal(); });
    return reached.load();
  }));
  loop->stop();
  thread.join();
}

LK_ON_EACH_BACKEND(LoopTest);

}  // namespace
}  // namespace lockkeeper::io::testing
