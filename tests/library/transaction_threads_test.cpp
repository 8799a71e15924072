// Many threads on one Database: nothing is shared that should not be, and nothing is left.
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "library/transaction_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;

class TransactionThreads : public OnTransactions {};

TEST_P(TransactionThreads, KeepTheirTransactionsApart) {
  constexpr int threads = 6, rounds = 25;
  std::atomic<int> kept{0}, after{0};
  std::vector<std::thread> running;
  for (int number = 0; number < threads; ++number) {
    running.emplace_back([&, number] {
      for (int round = 0; round < rounds; ++round) {
        const int id = number * 1000 + round;
        try {
          db().transact({.timeout = 1min}, [&](auto& tx) {
            insert(tx, id);
            tx.after_commit([&](Database&) { ++after; });
            db().transact({.propagation = Propagation::nested}, [&](auto& nested) {
              EXPECT_EQ(nested.id(), tx.id());
              insert(nested, id + 500);
            });
            if (round % 5 == 4) throw round;
          });
          kept += 2;
        } catch (int thrown) {
          EXPECT_EQ(thrown, round);
        }
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  EXPECT_EQ(committed_rows(), kept);
  EXPECT_EQ(after * 2, kept);
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(metrics().commits + metrics().rollbacks, static_cast<std::size_t>(threads * rounds));
  EXPECT_EQ(metrics().dirty_returns, 0U);
}

// Timeouts that pass at any moment: whatever the owner is doing, it ends cleanly.
TEST_P(TransactionThreads, TimeoutsMeetThemAnywhere) {
  constexpr int threads = 4, rounds = 30;
  std::atomic<int> committed{0};
  std::vector<std::thread> running;
  for (int number = 0; number < threads; ++number) {
    running.emplace_back([&, number] {
      for (int round = 0; round < rounds; ++round) {
        try {
          db().transact({.timeout = std::chrono::milliseconds(1 + round % 7)}, [&](auto& tx) {
            for (int step = 0; step < 10; ++step) insert(tx, (number * 1000 + round) * 10 + step);
          });
          committed += 10;
        } catch (const Failure& failure) {
          const ErrorCode code = failure.error().code;
          // BEGIN and waiting for SQLite's one writer may outlast the few milliseconds as well.
          EXPECT_TRUE(code == ErrorCode::transaction_timeout || code == ErrorCode::deadline ||
                      code == ErrorCode::lock_not_available)
              << to_string(code) << ": " << failure.what();
        }
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  EXPECT_EQ(committed_rows(), committed);
  EXPECT_EQ(in_use(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Databases, TransactionThreads, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
