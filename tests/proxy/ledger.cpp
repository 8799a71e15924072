#include "proxy/ledger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "support/servers.hpp"

namespace lockkeeper::testing::ledger {
namespace {

constexpr std::size_t least_committed = 20;  // Else nothing much was tried.

}  // namespace

std::chrono::seconds duration() {
  const char* given = std::getenv("LOCKKEEPER_STRESS_SECONDS");
  return std::chrono::seconds(given == nullptr ? 5 : std::atoi(given));
}

void Told::note(Outcome of_all_before, Outcome of_commit, const std::string& name) {
  const std::lock_guard guard(mutex_);
  if (of_all_before != Outcome::done || of_commit == Outcome::refused) {
    failed_.insert(name);
  } else if (of_commit == Outcome::done) {
    committed_.insert(name);
  } else {
    unknown_.insert(name);
  }
}

void Told::complain(const std::string& what) {
  const std::lock_guard guard(mutex_);
  complaints_.push_back(what);
}

bool Told::few() {
  const std::lock_guard guard(mutex_);
  return committed_.size() <= least_committed;
}

void Told::compare(const std::set<std::string>& happened, const Gate& before, const Gate& behind) {
  std::size_t unknown_committed = 0;
  for (const std::string& name : committed_) EXPECT_TRUE(happened.contains(name)) << name << " was told committed";
  for (const std::string& name : failed_) EXPECT_FALSE(happened.contains(name)) << name << " was told failed";
  for (const std::string& name : unknown_) unknown_committed += static_cast<std::size_t>(happened.contains(name));
  EXPECT_EQ(happened.size(), committed_.size() + unknown_committed);
  EXPECT_GT(committed_.size(), least_committed);
  for (std::size_t i = 0; i < std::min<std::size_t>(5, complaints_.size()); ++i) ADD_FAILURE() << complaints_[i];
  std::printf("ledger: %zu committed, %zu failed, %zu unknown (of which %zu had committed), %d and %d cuts at COMMIT\n",
              committed_.size(), failed_.size(), unknown_.size(), unknown_committed, before.cuts(), behind.cuts());
}

void Mover::run(Clock::time_point end) {
  const auto more = [&] { return Clock::now() < end || (told_.few() && Clock::now() < end + default_patience); };
  for (unsigned count = 0; more(); ++count) {
    try {
      move(std::to_string(number_) + "-" + std::to_string(count));
    } catch (const std::exception& error) {
      told_.complain(error.what());
      give_up();
    }
  }
}

void Mover::move(const std::string& name) {
  if (!arrive()) return told_.note(Outcome::lost, Outcome::lost, name);
  const Outcome before = work(name);
  if (before == Outcome::refused) static_cast<void>(ask("ROLLBACK"));
  told_.note(before, before == Outcome::done ? ask("COMMIT") : Outcome::lost, name);
}

std::vector<std::string> statements(std::mt19937& random, const std::string& name) {
  const std::string from = std::to_string(random() % accounts), to = std::to_string(random() % accounts);
  return {"UPDATE account SET balance = balance - 10 WHERE id = " + from,
          "UPDATE account SET balance = balance + 10 WHERE id = " + to,
          "INSERT INTO transfer (name) VALUES ('" + name + "')"};
}

void lose_some_commits(Gate& gate, unsigned reply, unsigned request) {
  gate.judge([count = 0U, reply, request](std::string_view bytes) mutable {
    if (bytes.find("COMMIT") == std::string_view::npos) return Gate::Verdict::forward;
    ++count;
    if (count % reply == 0) return Gate::Verdict::cut_reply;
    return count % request == 0 ? Gate::Verdict::cut_now : Gate::Verdict::forward;
  });
}

void disturb(Gate& before, Gate& behind, Clock::time_point end, const std::function<void()>& kill_some) {
  std::mt19937 random(7);
  const auto pause = [&](unsigned least, unsigned more) {
    std::this_thread::sleep_until(
        Clock::now() + std::chrono::milliseconds(least + random() % more));  // tidy: waits between disturbances
  };
  while (Clock::now() < end) {
    pause(40, 150);
    Gate& gate = random() % 2 == 0 ? before : behind;
    switch (random() % 6) {
      case 0: gate.cut_all(); break;
      case 1:
        gate.stall(true);
        pause(10, 90);
        gate.stall(false);
        break;
      case 2: gate.half_close(random() % 2 == 0 ? Gate::Side::client : Gate::Side::server); break;
      case 3:
        gate.reset_one(random() % 2 == 0 ? Gate::Side::client : Gate::Side::server);
        pause(10, 50);
        gate.cut_all();  // Else the other side would never hear of it, and rightly wait.
        break;
      case 4:
        gate.pace(1);
        pause(10, 90);
        gate.pace(0);
        break;
      default: kill_some();
    }
  }
}

}  // namespace lockkeeper::testing::ledger
