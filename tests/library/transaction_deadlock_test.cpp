// Deadlocks that the server finds, on every server; the embedded database has one writer and so has none.
#include <atomic>
#include <barrier>
#include <cstddef>
#include <thread>
#include <utility>

#include "library/transaction_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::SizeIs;

class TransactionDeadlocks : public OnTransactions {};

TEST_P(TransactionDeadlocks, AreRetried) {
  insert_rows(2);
  std::barrier both_hold_one(2);
  std::atomic<int> runs{0};
  const auto lock_both = [&](int first_id, int second_id) {
    bool first = true;
    db().transact({.retry = {.attempts = 10}}, [&](auto& tx) {
      ++runs;
      tx.execute(sql("UPDATE entry SET note = 'mine' WHERE id = $1"), first_id);
      if (std::exchange(first, false)) both_hold_one.arrive_and_wait();
      tx.execute(sql("UPDATE entry SET note = 'mine' WHERE id = $1"), second_id);
    });
  };
  std::thread other([&] { lock_both(1, 2); });
  lock_both(2, 1);
  other.join();
  // Who tries again may meet the other once more, before that one has woken.
  EXPECT_GE(runs, 3);
  EXPECT_THAT(events_.of(EventKind::retry), SizeIs(static_cast<std::size_t>(runs - 2)));
  EXPECT_EQ(metrics().commits, 2U);
}

INSTANTIATE_TEST_SUITE_P(Databases, TransactionDeadlocks, ::testing::ValuesIn(incident_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
