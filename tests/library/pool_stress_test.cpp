// Two hundred threads on ten connections, doing everything right and wrong that callers do. Meant for the thread
// sanitizer; LOCKKEEPER_STRESS_SECONDS says for how long (2 without it).
#include <lockkeeper/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <lockkeeper/unit_of_work.hpp>

#include "library/stub_driver.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

std::chrono::seconds duration() {
  const char* given = std::getenv("LOCKKEEPER_STRESS_SECONDS");
  return std::chrono::seconds(given == nullptr ? 2 : std::atoi(given));
}

struct Quiet : EventListener {
  void on_event(const Event& event) noexcept override { events += static_cast<std::uint64_t>(!event.message.empty()); }
  std::atomic<std::uint64_t> events{0};
};

struct Tally {
  std::atomic<std::uint64_t> done{0}, refused{0}, deadlocks{0}, reclaimed{0}, unexpected{0};
};

class Caller {
 public:
  Caller(Pool& pool, Tally& tally, unsigned seed) : pool_(pool), tally_(tally), random_(seed) {}

  void run(Clock::time_point end) {
    while (Clock::now() < end) {
      try {
        act();
        ++tally_.done;
      } catch (const Failure& failure) {
        note(failure.error().code);
      }
    }
  }

 private:
  std::uint64_t one_of(std::uint64_t count) { return random_() % count; }

  void act() {
    const auto unit = one_of(4) == 0 ? std::make_unique<UnitOfWork>("request") : nullptr;
    Lease lease = pool_.acquire({.deadline = Clock::now() + milliseconds(1 + one_of(200))});
    lease.execute("SELECT 1");
    switch (one_of(40)) {
      case 0: lease.execute("BEGIN"); break;  // Comes back dirty.
      case 1: lease.execute("DIE"); break;
      case 2: lease.run("SLEEP", {}, Clock::now() + milliseconds(one_of(30))); break;
      case 3: {
        const Lease nested = pool_.acquire({.deadline = Clock::now() + milliseconds(50)});
        break;
      }
      case 4: {
        const auto stream = lease.open_stream("SELECT many", {}, 1);
        lease.give_back();
        Rows chunk;
        static_cast<void>(stream->next(chunk, Clock::now() + milliseconds(100)));
        break;
      }
      case 5: {
        Lease moved = std::move(lease);
        moved.execute("SELECT 2");
        break;
      }
      case 6:
        // What fails there is thrown here.
        std::async(std::launch::async, [leased = std::move(lease)]() mutable { leased.execute("SELECT 3"); }).get();
        break;
      case 7: std::this_thread::sleep_until(Clock::now() + milliseconds(one_of(40))); break;  // A leak, now and then.
      default: break;
    }
  }

  void note(ErrorCode code) {
    switch (code) {
      case ErrorCode::pool_timeout: ++tally_.refused; break;
      case ErrorCode::pool_deadlock: ++tally_.deadlocks; break;
      case ErrorCode::reclaimed: ++tally_.reclaimed; break;
      case ErrorCode::connection_lost:
      case ErrorCode::deadline:
      case ErrorCode::cancelled: break;
      default: ++tally_.unexpected; break;
    }
  }

  Pool& pool_;
  Tally& tally_;
  std::mt19937 random_;
};

TEST(PoolStress, TwoHundredThreadsOnTenConnections) {
  auto server = std::make_shared<StubServer>();
  Quiet listener;
  PoolSettings settings{.name = "stress",
                        .maximum_size = 10,
                        .idle_timeout = milliseconds(400),
                        .max_lifetime = milliseconds(900),
                        .keepalive = milliseconds(150),
                        .validation_window = milliseconds(20),
                        .leak = {milliseconds(25), LeakAction::take_back},
                        .nested_acquire = NestedAcquire::warn,
                        .metrics_interval = milliseconds(50)};
  Pool pool(std::make_shared<StubDriver>(server), {}, settings, listener);
  Tally tally;
  const Clock::time_point end = Clock::now() + duration();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 200; ++i) {
    threads.emplace_back([&, i] { Caller(pool, tally, i).run(end); });
  }
  for (unsigned round = 0; Clock::now() < end; ++round) {
    std::this_thread::sleep_until(Clock::now() + milliseconds(40));
    settings.maximum_size = round % 3 == 0 ? 4 : 10;
    settings.minimum_idle = settings.maximum_size / 2;
    pool.change(settings);
    if (round % 5 == 0) pool.evict_all();
    server->refuses = round % 7 == 0;
    static_cast<void>(pool.leases());
    static_cast<void>(pool.waits());
  }
  server->refuses = false;
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(tally.unexpected, 0U);
  EXPECT_GT(tally.done, 0U);
  EXPECT_EQ(server->overlaps, 0);
  wait_until([&] { return pool.metrics().in_use == 0; }, default_patience, "every lease is back");
  EXPECT_EQ(pool.metrics().waiting, 0U);
  // Who closes them may be behind. The one that asks for lock waits is not the pool's.
  wait_until([&] { return server->connected <= 10 + 1; }, default_patience, "no more connections than allowed");
  const Lease last = pool.acquire({.leak = LeakPolicy{}});  // The pool still works.
  EXPECT_TRUE(pool.close(Clock::now() + milliseconds(1)).size() == 1U);
}

// Pools that go away while leases come back on other threads.
TEST(PoolStress, PoolsEndWhileLeasesComeBack) {
  auto server = std::make_shared<StubServer>();
  Quiet listener;
  for (int round = 0; round < 200; ++round) {
    auto pool = std::make_unique<Pool>(std::make_shared<StubDriver>(server), Target{},
                                       PoolSettings{.name = "short", .maximum_size = 4}, listener);
    std::vector<std::thread> threads;
    std::atomic<int> holding{0};
    std::atomic<bool> go{false};
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        Lease lease = pool->acquire();
        ++holding;
        while (!go) std::this_thread::yield();
        lease.execute("SELECT 1");
      });
    }
    while (holding < 4) std::this_thread::yield();
    go = true;
    pool.reset();
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(server->connected, 0);
}

}  // namespace
}  // namespace lockkeeper::testing
