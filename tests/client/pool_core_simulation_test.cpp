// The pool's decisions under thousands of random histories, one seed each: callers, failures, time and settings in any
// order.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "client/pool_core.hpp"
#include "library/stub_driver.hpp"

namespace lockkeeper::client {
namespace {

using std::chrono::milliseconds;

// Plays the shell's part with a clock of its own, and checks after every step what must always hold.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed), core_(settings(), seed) {}

  void run() {
    for (int step = 0; step < 400; ++step) {
      now_ += milliseconds(one_of(4) == 0 ? one_of(400) : one_of(5));
      play();
      if (core_.next_tick() <= now_) act([&](PoolActions& actions) { core_.tick(now_, actions); });
      check();
    }
    finish();
  }

 private:
  struct Caller {
    Waiter waiter;
    bool queued = false;
  };
  struct Opening {
    Slot* slot;
    Clock::time_point due;
  };

  std::uint64_t one_of(std::uint64_t count) { return random_() % count; }

  PoolSettings settings() {
    PoolSettings made;
    made.maximum_size = 1 + one_of(6);
    made.minimum_idle = one_of(made.maximum_size + 1);
    made.idle_timeout = milliseconds(one_of(3) == 0 ? 0 : 50 + one_of(500));
    made.max_lifetime = milliseconds(one_of(3) == 0 ? 0 : 600 + one_of(2000));
    made.keepalive = milliseconds(one_of(3) == 0 ? 0 : 100 + one_of(400));
    made.maximum_waiting = 8;
    return made;
  }

  void play() {
    switch (one_of(16)) {
      case 0:
      case 1:
      case 2:
      case 3: return arrive();
      case 4:
      case 5: return give_back_fast();
      case 6:
      case 7: return give_back_slowly();
      case 8: return lose();
      case 9:
      case 10:
      case 11: return finish_opening();
      case 12: return give_up();
      case 13: return answer_ping();
      case 14: server_up_ = one_of(3) != 0; return;
      default: return disturb();
    }
  }

  void arrive() {
    Caller& caller = callers_.emplace_back();
    caller.waiter.id = ++arrivals_;
    Admission admission{};
    act([&](PoolActions& actions) { admission = core_.admit(caller.waiter, now_, actions); });
    if (admission == Admission::refused) return callers_.pop_back();
    caller.queued = admission == Admission::queued;
    if (admission == Admission::granted) take(caller);
  }

  // As the shell does without the lock: one compare-and-swap, then a look whether anybody came meanwhile.
  void give_back_fast() {
    Slot* slot = some_held();
    if (slot == nullptr || slot->attention.load() != 0 || core_.anybody_waits()) return;
    const SlotWord word = slot->load();
    slot->last_used = now_;
    ASSERT_TRUE(slot->change(word, {word.sequence, SlotState::idle}));
    held_.erase(slot);
  }

  void give_back_slowly() {
    Slot* slot = some_held();
    if (slot == nullptr) return;
    held_.erase(slot);
    slot->last_used = now_;
    slot->set_state(SlotState::reserved);
    act([&](PoolActions& actions) { core_.give_back(*slot, now_, actions); });
  }

  void lose() {
    Slot* slot = some_held();
    if (slot == nullptr) return;
    held_.erase(slot);
    slot->set_state(SlotState::reserved);
    act([&](PoolActions& actions) { core_.drop(*slot, "lost", now_, actions); });
  }

  void finish_opening() {
    if (opening_.empty() || opening_.front().due > now_) return;
    Slot* slot = opening_.front().slot;
    opening_.erase(opening_.begin());
    act([&](PoolActions& actions) {
      if (server_up_) {
        core_.opened(*slot, std::make_unique<testing::StubConnection>(stub_), now_, actions);
      } else {
        core_.open_failed(*slot, {ErrorCode::unreachable, "", "down", Blast::connection}, now_, actions);
      }
    });
  }

  void give_up() {
    const auto caller =
        std::ranges::find_if(callers_, [](const Caller& one) { return one.queued && !one.waiter.done; });
    if (caller == callers_.end()) return;
    EXPECT_TRUE(core_.leave(caller->waiter));
    callers_.erase(caller);
  }

  void answer_ping() {
    if (pinged_.empty()) return;
    Slot* slot = pinged_.back();
    pinged_.pop_back();
    act([&](PoolActions& actions) {
      if (server_up_) return core_.give_back(*slot, now_, actions);
      core_.drop(*slot, "silent", now_, actions);
    });
  }

  void disturb() {
    if (one_of(2) == 0) return act([&](PoolActions& actions) { core_.evict_all(now_, actions); });
    act([&](PoolActions& actions) { core_.change(settings(), now_, actions); });
  }

  template <class Decide>
  void act(Decide decide) {
    PoolActions actions;
    decide(actions);
    for (Slot* slot : actions.open) opening_.push_back({slot, now_ + milliseconds(1 + one_of(100))});
    for (Slot* slot : actions.ping) pinged_.push_back(slot);
    closed_ += actions.close.size();
    std::uint64_t last = 0;
    for (const Waiter* waiter : actions.wake) {
      if (waiter->granted != nullptr) {
        EXPECT_GT(waiter->id, last) << "served out of order within one step";
        last = waiter->id;
        EXPECT_GT(waiter->id, last_served_) << "somebody was overtaken";
        last_served_ = waiter->id;
      }
    }
    for (auto caller = callers_.begin(); caller != callers_.end();) {
      const auto served = caller++;
      if (served->queued && served->waiter.done) take(*served);
    }
  }

  // The caller holds its slot from now on, or was failed.
  void take(Caller& caller) {
    if (caller.waiter.granted != nullptr) {
      EXPECT_EQ(caller.waiter.granted->load(), (SlotWord{caller.waiter.sequence, SlotState::held}));
      EXPECT_TRUE(held_.emplace(caller.waiter.granted, caller.waiter.sequence).second) << "two hold one connection";
    }
    callers_.remove_if([&](const Caller& one) { return &one == &caller; });
  }

  Slot* some_held() {
    if (held_.empty()) return nullptr;
    return std::next(held_.begin(), static_cast<std::ptrdiff_t>(one_of(held_.size())))->first;
  }

  void check() {
    std::size_t live = 0;
    for (const Slot& slot : core_.slots()) {
      const SlotState state = slot.load().state;
      live += static_cast<std::size_t>(state != SlotState::vacant);
      if (state != SlotState::vacant && state != SlotState::opening) {
        EXPECT_NE(slot.connection, nullptr);
      }
      EXPECT_EQ(is_leased(state), held_.contains(const_cast<Slot*>(&slot)));
      if (core_.first_waiter() != nullptr && state == SlotState::idle) {
        EXPECT_NE(slot.attention.load(), 0U) << "somebody waits beside an idle connection";
      }
    }
    EXPECT_EQ(live, core_.live());
    EXPECT_EQ(opening_.size(), core_.opening());
    if (opening_.empty()) check_foresight();
    largest_ = std::max(largest_, core_.settings().maximum_size);
    EXPECT_LE(live, largest_);
    EXPECT_EQ(static_cast<std::size_t>(stub_->connected.load()), live - core_.opening());
    EXPECT_LE(core_.opening(), 8U);
  }

  // Whatever comes back without a word is looked at again by when it may be due for a ping, or for closing.
  void check_foresight() {
    const PoolSettings settings = core_.settings();
    for (const Slot& slot : core_.slots()) {
      if (slot.load().state == SlotState::vacant || settings.keepalive.count() == 0) continue;
      EXPECT_LE(core_.next_tick(), std::max(slot.keepalive_at, now_ + settings.keepalive)) << "nobody will ping";
    }
    if (settings.idle_timeout.count() == 0 || core_.live() <= settings.minimum_idle) return;
    EXPECT_LE(core_.next_tick(), now_ + settings.idle_timeout) << "nobody will close what is not needed";
  }

  // When the server is up and everybody gives back, everybody who waits is served.
  void finish() {
    server_up_ = true;
    for (int step = 0; step < 5000 && !(callers_.empty() && held_.empty()); ++step) {
      now_ += milliseconds(20);
      act([&](PoolActions& actions) { core_.tick(now_, actions); });
      finish_opening();
      answer_ping();
      give_back_slowly();
      check();
    }
    EXPECT_TRUE(callers_.empty()) << callers_.size() << " wait for ever";
    act([&](PoolActions& actions) { core_.close(now_, actions); });
    while (!opening_.empty()) {
      opening_.front().due = now_;
      finish_opening();
    }
    while (!pinged_.empty()) answer_ping();
    EXPECT_EQ(core_.live(), 0U);
    EXPECT_EQ(stub_->connected, 0);
  }

  std::mt19937_64 random_;
  std::shared_ptr<testing::StubServer> stub_ = std::make_shared<testing::StubServer>();
  Clock::time_point now_{std::chrono::hours(1)};
  PoolCore core_;
  std::list<Caller> callers_;
  std::map<Slot*, std::uint64_t> held_;
  std::vector<Opening> opening_;
  std::vector<Slot*> pinged_;
  std::uint64_t arrivals_ = 0;
  std::uint64_t last_served_ = 0;
  std::size_t closed_ = 0;
  std::size_t largest_ = 0;
  bool server_up_ = true;
};

TEST(PoolCoreSimulation, HoldsItsPromisesForEverySeed) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed).run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace lockkeeper::client
