// Sixteen threads move money through a network that fails at random. What the callers were told is compared with what
// the ledger says: nothing lost, nothing invented, unknown commits told apart. LOCKKEEPER_STRESS_SECONDS: for how long.
#include <lockkeeper/database.hpp>
#include <lockkeeper/postgres.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/gate.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int accounts = 20;
constexpr std::int64_t start_balance = 1000;

struct Silent : EventListener {
  void on_event(const Event&) noexcept override {}
};

std::chrono::seconds duration() {
  const char* given = std::getenv("LOCKKEEPER_STRESS_SECONDS");
  return std::chrono::seconds(given == nullptr ? 4 : std::atoi(given));
}

// What a caller was told about one transfer.
struct Told {
  std::mutex mutex;
  std::set<std::string> committed, failed, unknown;
};

class Mover {
 public:
  Mover(Database& db, Told& told, unsigned number) : db_(db), told_(told), number_(number), random_(number) {}

  void run(Clock::time_point end) {
    for (unsigned count = 0; Clock::now() < end; ++count) move(std::to_string(number_) + "-" + std::to_string(count));
  }

 private:
  void move(const std::string& name) {
    const int from = one_of(accounts), to = one_of(accounts);
    try {
      db_.transact({.isolation = one_of(2) == 0 ? Isolation::serializable : Isolation::read_committed,
                    .timeout = milliseconds(5000),
                    .retry = {.attempts = 4}},
                   [&](auto& tx) {
                     tx.execute("UPDATE account SET balance = balance - $1 WHERE id = $2", 10, from);
                     tx.execute("UPDATE account SET balance = balance + $1 WHERE id = $2", 10, to);
                     tx.execute("INSERT INTO transfer (name) VALUES ($1)", name);
                   });
      note(told_.committed, name);
    } catch (const Failure& failure) {
      note(failure.error().blast == Blast::commit_unknown ? told_.unknown : told_.failed, name);
    }
  }

  int one_of(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
  void note(std::set<std::string>& set, const std::string& name) {
    const std::lock_guard guard(told_.mutex);
    set.insert(name);
  }

  Database& db_;
  Told& told_;
  unsigned number_;
  std::mt19937 random_;
};

void make_tables(Database& db) {
  db.transact([](auto& tx) {
    tx.execute("CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL)");
    tx.execute("CREATE TABLE transfer (name text PRIMARY KEY)");
    for (int id = 0; id < accounts; ++id) tx.execute("INSERT INTO account VALUES ($1, $2)", id, start_balance);
  });
}

// Now and then the network: the reply of a COMMIT is lost, or the COMMIT itself.
void lose_some_commits(Gate& gate, std::atomic<unsigned>& commits) {
  gate.judge([&](std::string_view bytes) {
    if (bytes.find("COMMIT") == std::string_view::npos) return Gate::Verdict::forward;
    const unsigned count = ++commits;
    if (count % 40 == 0) return Gate::Verdict::cut_reply;
    return count % 55 == 0 ? Gate::Verdict::cut_now : Gate::Verdict::forward;
  });
}

// Until the end: cuts, stalls, and sessions ended by the server.
void disturb(Gate& gate, Database& direct, Clock::time_point end) {
  std::mt19937 random(7);
  while (Clock::now() < end) {
    std::this_thread::sleep_until(Clock::now() +
                                  milliseconds(50 + random() % 200));  // tidy: waits between disturbances
    switch (random() % 4) {
      case 0: gate.cut_all(); break;
      case 1:
        gate.stall(true);
        std::this_thread::sleep_until(Clock::now() +
                                      milliseconds(random() % 100));  // tidy: waits as a slow network does
        gate.stall(false);
        break;
      case 2:
        direct.transact([](auto& tx) {
          tx.execute(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lockkeeper' AND pid <> "
              "pg_backend_pid() AND random() < 0.3");
        });
        break;
      default: break;
    }
  }
}

TEST(Ledger, WhatCallersWereToldIsWhatHappened) {
  auto server = PostgresServer::start();
  Silent listener;
  const std::shared_ptr<Driver> driver = make_postgres_driver();
  Database direct(driver, {.url = server.url()}, {.name = "direct", .maximum_size = 1}, listener);
  make_tables(direct);

  Gate gate(server.port());
  std::atomic<unsigned> commits{0};
  lose_some_commits(gate, commits);
  const std::string url =
      "postgresql://postgres@127.0.0.1:" + std::to_string(gate.port()) + "/postgres?sslmode=disable";
  Database db(driver, {.url = url},
              {.name = "ledger",
               .maximum_size = 8,
               .acquire_timeout = milliseconds(10'000),
               .connect_timeout = milliseconds(3000)},
              listener);
  Told told;
  const Clock::time_point end = Clock::now() + duration();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] { Mover(db, told, i).run(end); });
  }
  disturb(gate, direct, end);
  for (std::thread& thread : threads) thread.join();
  gate.judge(nullptr);

  // Sessions whose client was cut off may still be committing: they have ended when nobody is left but us.
  wait_until([&] { return db.pool().metrics().in_use == 0; }, default_patience, "every lease is back");
  const std::set<std::string> happened = direct.transact([](auto& tx) {
    tx.execute("LOCK TABLE account, transfer IN ACCESS EXCLUSIVE MODE");
    std::set<std::string> names;
    for (auto& [name] : tx.template query<std::string>("SELECT name FROM transfer")) names.insert(name);
    return names;
  });
  const auto sum = direct.transact(
      [](auto& tx) { return tx.template value<std::int64_t>("SELECT sum(balance)::bigint FROM account"); });
  EXPECT_EQ(sum, accounts * start_balance);
  EXPECT_GT(told.committed.size(), 20U);
  EXPECT_GT(gate.cuts(), 0);
  std::size_t unknown_committed = 0;
  for (const std::string& name : told.committed)
    EXPECT_TRUE(happened.contains(name)) << name << " was told committed, and is not there";
  for (const std::string& name : told.failed)
    EXPECT_FALSE(happened.contains(name)) << name << " was told failed, and is there";
  for (const std::string& name : told.unknown) unknown_committed += static_cast<std::size_t>(happened.contains(name));
  EXPECT_EQ(happened.size(), told.committed.size() + unknown_committed);
  EXPECT_EQ(db.pool().metrics().unknown_commits, told.unknown.size());
  EXPECT_EQ(db.pool().metrics().commits, told.committed.size());
  std::printf("ledger: %zu committed, %zu failed, %zu unknown (of which %zu had committed), %d cuts at COMMIT\n",
              told.committed.size(), told.failed.size(), told.unknown.size(), unknown_committed, gate.cuts());
}

}  // namespace
}  // namespace lockkeeper::testing
