// Sixteen threads move money through a proxy whose both sides fail at random. What they were told is compared with what
// the ledger says. LOCKKEEPER_STRESS_SECONDS (default 5): for how long.
#include <gtest/gtest.h>

#include <algorithm>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "proxy/support/proxy_process.hpp"
#include "proxy/support/raw_client.hpp"
#include "support/gate.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int accounts = 20;
constexpr int start_balance = 1000;
constexpr std::size_t least_committed = 20;  // Else nothing much was tried.

seconds duration() {
  const char* given = std::getenv("LOCKKEEPER_STRESS_SECONDS");
  return seconds(given == nullptr ? 5 : std::atoi(given));
}

struct Told {
  std::mutex mutex;
  std::set<std::string> committed, failed, unknown;
  std::vector<std::string> complaints;

  bool few() {
    const std::lock_guard guard(mutex);
    return committed.size() <= least_committed;
  }

  void note(std::set<std::string>& set, const std::string& name) {
    const std::lock_guard guard(mutex);
    set.insert(name);
  }
};

class Mover {
 public:
  Mover(Login login, Told& told, unsigned number)
      : login_(std::move(login)), told_(told), number_(number), random_(number) {}

  void run(Clock::time_point end) {
    // Where the machine is so busy that hardly any came through between two disturbances, some more in peace.
    const auto more = [&] { return Clock::now() < end || (told_.few() && Clock::now() < end + default_patience); };
    for (unsigned count = 0; more(); ++count) {
      try {
        move(std::to_string(number_) + "-" + std::to_string(count));
      } catch (const std::exception& error) {
        // Deadlines that have passed, and answers that are no messages.
        const std::lock_guard guard(told_.mutex);
        told_.complaints.emplace_back(error.what());
        client_.reset();
      }
    }
  }

 private:
  enum class Outcome { done, refused, lost };

  void move(const std::string& name) {
    if (!arrive()) return told_.note(told_.failed, name);
    const Outcome before = random_() % 2 == 0 ? one_by_one(name) : as_pipeline(name);
    if (before != Outcome::done) {
      if (before == Outcome::refused) (void)ask("ROLLBACK");
      return told_.note(told_.failed, name);
    }
    switch (ask("COMMIT")) {
      case Outcome::done: return told_.note(told_.committed, name);
      case Outcome::refused: return told_.note(told_.failed, name);
      case Outcome::lost: return told_.note(told_.unknown, name);
    }
  }

  // Gates that are cut refuse now and then.
  bool arrive() {
    if (client_) return true;
    try {
      RawClient client(login_.port);
      if (client.log_in(login_)) client_ = std::move(client);
    } catch (const std::system_error&) {
    }
    return client_.has_value();
  }

  std::vector<std::string> statements(const std::string& name) {
    const std::string from = std::to_string(random_() % accounts), to = std::to_string(random_() % accounts);
    return {"UPDATE account SET balance = balance - 10 WHERE id = " + from,
            "UPDATE account SET balance = balance + 10 WHERE id = " + to,
            "INSERT INTO transfer (name) VALUES ('" + name + "')"};
  }

  Outcome one_by_one(const std::string& name) {
    Outcome outcome = ask("BEGIN");
    for (const std::string& sql : statements(name)) {
      if (outcome == Outcome::done) outcome = ask(sql);
    }
    return outcome;
  }

  Outcome as_pipeline(const std::string& name) {
    Messages messages{query("BEGIN")};
    for (const std::string& sql : statements(name)) {
      messages = std::move(messages) + Messages{parse("", sql), bind_to("", ""), execute()};
    }
    messages.push_back(sync());
    return talk(messages, 2);
  }

  Outcome ask(const std::string& sql) { return talk({query(sql)}, 1); }

  Outcome talk(const Messages& messages, int syncs) {
    client_->send(messages);
    const Messages answer = client_->read_until('Z', syncs);
    const std::string error = first_error(answer);
    const bool whole = std::ranges::count(answer, 'Z', &Message::type) == syncs;
    if (!whole) {
      client_.reset();
      return Outcome::lost;
    }
    // A commit of a failed transaction says so in its tag.
    const bool rolled_back = std::ranges::any_of(
        answer, [](const Message& one) { return one.type == 'C' && one.body.starts_with("ROLLBACK"); });
    return error.empty() && !rolled_back ? Outcome::done : Outcome::refused;
  }

  Login login_;
  Told& told_;
  unsigned number_;
  std::mt19937 random_;
  std::optional<RawClient> client_;
};

// Now and then the network: the reply of a COMMIT is lost, or the COMMIT itself.
void lose_some_commits(Gate& gate, unsigned reply, unsigned request) {
  gate.judge([count = 0U, reply, request](std::string_view bytes) mutable {
    if (bytes.find("COMMIT") == std::string_view::npos) return Gate::Verdict::forward;
    ++count;
    if (count % reply == 0) return Gate::Verdict::cut_reply;
    return count % request == 0 ? Gate::Verdict::cut_now : Gate::Verdict::forward;
  });
}

void disturb(Gate& before, Gate& behind, Session& admin, Clock::time_point end) {
  std::mt19937 random(7);
  const auto pause = [&](unsigned least, unsigned more) {
    std::this_thread::sleep_until(Clock::now() +
                                  milliseconds(least + random() % more));  // tidy: waits between disturbances
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
      default:
        admin.exec(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid "
            "<> pg_backend_pid() AND random() < 0.3");
    }
  }
}

class Ledger : public ::testing::TestWithParam<Setup> {};

TEST_P(Ledger, WhatClientsWereToldIsWhatHappened) {
  auto server = start_server(GetParam());
  Session admin(server.url("postgres", "postgres", server_password));
  admin.exec("CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL)");
  admin.exec("CREATE TABLE transfer (name text PRIMARY KEY)");
  admin.exec("INSERT INTO account SELECT g, 1000 FROM generate_series(0, 19) g");
  Gate behind(server.port());
  ProxyProcess proxy(
      {.setup = GetParam(), .server_port = behind.port(), .pool_size = GetParam().transaction() ? 6 : 40});
  Gate before(proxy.port());
  lose_some_commits(behind, 40, 55);
  lose_some_commits(before, 45, 65);
  Login login = proxy.login();
  login.port = before.port();
  Told told;
  const Clock::time_point end = Clock::now() + duration();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] { Mover(login, told, i).run(end); });
  }
  disturb(before, behind, admin, end);
  for (std::thread& thread : threads) thread.join();
  behind.judge(nullptr);
  before.judge(nullptr);

  // What was cut off may still be committing: nothing is once the locks are ours.
  admin.exec("BEGIN; LOCK TABLE account, transfer IN ACCESS EXCLUSIVE MODE");
  std::set<std::string> happened;
  for (const auto& row : admin.exec("SELECT name FROM transfer")) happened.insert(row.front().value_or(""));
  EXPECT_EQ(admin.value("SELECT sum(balance) FROM account"), std::to_string(accounts * start_balance));
  admin.exec("COMMIT");
  std::size_t unknown_committed = 0;
  for (const std::string& name : told.committed) EXPECT_TRUE(happened.contains(name)) << name << " was told committed";
  for (const std::string& name : told.failed) EXPECT_FALSE(happened.contains(name)) << name << " was told failed";
  for (const std::string& name : told.unknown) unknown_committed += static_cast<std::size_t>(happened.contains(name));
  EXPECT_EQ(happened.size(), told.committed.size() + unknown_committed);
  EXPECT_GT(told.committed.size(), least_committed);
  for (std::size_t i = 0; i < std::min<std::size_t>(5, told.complaints.size()); ++i)
    ADD_FAILURE() << told.complaints[i];
  EXPECT_TRUE(becomes_true([&] { return proxy.pools().servers_active == 0; }, default_patience))
      << "a server connection is held though all clients have left";
  std::printf("ledger: %zu committed, %zu failed, %zu unknown (of which %zu had committed), %d and %d cuts at COMMIT\n",
              told.committed.size(), told.failed.size(), told.unknown.size(), unknown_committed, before.cuts(),
              behind.cuts());
}

INSTANTIATE_TEST_SUITE_P(Setups, Ledger,
                         ::testing::Values(Setup{"transaction", "io_uring", 15}, Setup{"transaction", "epoll", 18},
                                           Setup{"session", "epoll", 15}),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace lockkeeper::testing
