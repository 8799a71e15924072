// Timers in order, and the thread that calls back.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "client/watchdog.hpp"
#include "client/watchdog_timers.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using client::Watchdog;
using client::WatchdogTimer;
using client::WatchdogTimers;
using Time = WatchdogTimers::Time;

Time at(int tick) { return Time(std::chrono::seconds(tick)); }

RC_GTEST_PROP(WatchdogTimersProperty, AreTakenInOrderWhateverIsTakenBack, ()) {
  WatchdogTimers timers;
  std::vector<std::unique_ptr<WatchdogTimer>> made;
  std::multiset<Time> model;
  for (int step = *rc::gen::inRange(0, 200); step > 0; --step) {
    const int what = *rc::gen::inRange(0, 4);
    if (what < 2) {
      made.push_back(std::make_unique<WatchdogTimer>());
      made.back()->due = at(*rc::gen::inRange(0, 20));
      timers.add(*made.back());
      model.insert(made.back()->due);
    } else if (what == 2 && !made.empty()) {
      WatchdogTimer& timer = *made[*rc::gen::inRange<std::size_t>(0, made.size())];
      if (timer.index != WatchdogTimer::not_set) model.erase(model.find(timer.due));
      timers.remove(timer);
      RC_ASSERT(timer.index == WatchdogTimer::not_set);
    } else {
      const Time now = at(*rc::gen::inRange(0, 20));
      const WatchdogTimer* due = timers.take_due(now);
      RC_ASSERT((due != nullptr) == (!model.empty() && *model.begin() <= now));
      if (due == nullptr) continue;
      RC_ASSERT(due->due == *model.begin());
      model.erase(model.begin());
    }
    RC_ASSERT(timers.size() == model.size());
    RC_ASSERT(timers.next() == (model.empty() ? std::nullopt : std::optional<Time>(*model.begin())));
  }
}

Time now() { return std::chrono::steady_clock::now(); }

TEST(Watchdog, CallsBackAtItsTimeAndNotBefore) {
  const auto watchdog = Watchdog::make();
  std::promise<Time> called;
  const Time due = now() + 20ms;
  const auto ticket = watchdog->watch(due, [&] { called.set_value(now()); });
  auto when = called.get_future();
  ASSERT_EQ(when.wait_for(default_patience), std::future_status::ready);
  EXPECT_GE(when.get(), due);
}

TEST(Watchdog, AnEarlierTimerOvertakes) {
  const auto watchdog = Watchdog::make();
  std::atomic<bool> late{false};
  const auto far = watchdog->watch(now() + 1h, [&] { late = true; });
  std::promise<void> called;
  const auto near = watchdog->watch(now(), [&] { called.set_value(); });
  EXPECT_EQ(called.get_future().wait_for(default_patience), std::future_status::ready);
  EXPECT_FALSE(late);
}

TEST(Watchdog, DoesNotCallWhatWasTakenBack) {
  const auto watchdog = Watchdog::make();
  std::atomic<int> calls{0};
  static_cast<void>(watchdog->watch(now() + 300ms, [&] { ++calls; }));
  std::promise<void> called;
  const auto later = watchdog->watch(now() + 330ms, [&] { called.set_value(); });
  ASSERT_EQ(called.get_future().wait_for(default_patience), std::future_status::ready);
  EXPECT_EQ(calls, 0);
}

TEST(Watchdog, TakingBackWaitsForTheCallback) {
  const auto watchdog = Watchdog::make();
  std::promise<void> entered, leave;
  std::atomic<bool> left{false};
  auto ticket = watchdog->watch(now(), [&] {
    entered.set_value();
    leave.get_future().wait();
    left = true;
  });
  entered.get_future().wait();
  std::atomic<bool> gone{false};
  std::thread taker([&] {
    ticket.reset();
    gone = left.load();
  });
  leave.set_value();
  taker.join();
  EXPECT_TRUE(gone) << "the ticket was gone while its callback still ran";
}

TEST(Watchdog, OneThatHangsDelaysNobody) {
  const auto watchdog = Watchdog::make();
  std::promise<void> leave;
  const auto left = leave.get_future().share();
  std::atomic<int> hanging{0};
  std::vector<std::unique_ptr<Watchdog::Ticket>> tickets;
  for (int number = 0; number < 5; ++number) {
    tickets.push_back(watchdog->watch(now(), [&hanging, left] {
      ++hanging;
      left.wait();
    }));
  }
  wait_until([&] { return hanging == 5; }, default_patience, "all five to hang at once");
  std::promise<void> called;
  const auto other = watchdog->watch(now() + 10ms, [&] { called.set_value(); });
  EXPECT_EQ(called.get_future().wait_for(default_patience), std::future_status::ready);
  leave.set_value();
}

TEST(Watchdog, MoreThanItsThreadsAreServedInTurn) {
  const auto watchdog = Watchdog::make();
  std::atomic<int> calls{0};
  std::vector<std::unique_ptr<Watchdog::Ticket>> tickets;
  for (int number = 0; number < 100; ++number) tickets.push_back(watchdog->watch(now(), [&] { ++calls; }));
  wait_until([&] { return calls == 100; }, default_patience, "all to be called");
}

TEST(Watchdog, OfTheProcessIsOne) {
  const auto one = Watchdog::of_process();
  EXPECT_EQ(one, Watchdog::of_process());
}

TEST(Watchdog, ServesManyThreads) {
  const auto watchdog = Watchdog::make();
  std::atomic<int> calls{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const auto kept = watchdog->watch(now() + 1h, [&] { calls += 1'000'000; });
        auto due = std::make_unique<std::atomic<bool>>(false);
        const auto soon = watchdog->watch(now(), [&calls, flag = due.get()] {
          ++calls;
          *flag = true;
        });
        wait_until([&] { return due->load(); }, default_patience, "a timer that is due");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(calls, 800);
}

}  // namespace
}  // namespace lockkeeper::testing
