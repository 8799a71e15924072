// A transaction's timeout: enforced while the application sleeps, and while a statement runs.
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "library/transaction_fixture.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// A second: on a busy machine what comes before the timeout passes, BEGIN and a statement, takes long.
class TransactionTimeouts : public OnTransactions {};

TEST_P(TransactionTimeouts, LeakPolicyMayBeATransactionsOwn) {
  Transaction tx = db().begin({.name = "forgotten", .leak = LeakPolicy{1s, LeakAction::take_back}});
  TransactionRef ref = tx.ref();
  insert(ref, 1);
  ASSERT_TRUE(events_.wait_for(EventKind::reclaimed));
  EXPECT_THROW(ref.execute("SELECT 1"), Failure);
  EXPECT_TRUE(becomes_true([&] { return in_use() == 0; }, 10s));
  static_cast<void>(std::move(tx).rollback());
  EXPECT_EQ(committed_rows(), 0);
}

TEST_P(TransactionTimeouts, FireWhileTheApplicationSleeps) {
  const std::string place = here(1);
  Transaction tx = db().begin({.timeout = 1s, .name = "sleepy"});
  TransactionRef ref = tx.ref();
  insert(ref, 1, "secret");
  const std::optional<Event> told = events_.wait_for(EventKind::transaction_timeout);
  ASSERT_TRUE(told);
  EXPECT_THAT(told->message, AllOf(HasSubstr("\"sleepy\""), HasSubstr(place), HasSubstr("1000 ms"),
                                   HasSubstr("INSERT INTO entry"), Not(HasSubstr("secret"))));
  ASSERT_THAT(told->leases, SizeIs(1));
  EXPECT_TRUE(told->leases[0].in_transaction);
  EXPECT_EQ(metrics().transaction_timeouts, 1U);
  EXPECT_EQ(in_use(), 1U) << "the connection is the owner's to end";

  const Error used = error_of([&] { ref.execute("SELECT 1"); });
  EXPECT_EQ(used.code, ErrorCode::transaction_timeout);
  EXPECT_THAT(used.message, AllOf(HasSubstr(place), HasSubstr("1000 ms")));
  EXPECT_EQ(error_of([&] { static_cast<void>(ref.savepoint()); }).code, ErrorCode::transaction_timeout);
  EXPECT_EQ(error_of([&] { db().transact([](auto&) {}); }).code, ErrorCode::transaction_timeout);
  EXPECT_EQ(error_of([&] { static_cast<void>(std::move(tx).commit()); }).code, ErrorCode::transaction_timeout);
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(metrics().rollbacks, 1U);
  EXPECT_THAT(events_.of(EventKind::transaction_timeout), SizeIs(1)) << "told once";
}

TEST_P(TransactionTimeouts, ReachTransact) {
  const Error error = error_of([&] {
    db().transact({.timeout = 1s}, [&](auto& tx) {
      insert(tx, 1);
      EXPECT_TRUE(events_.wait_for(EventKind::transaction_timeout));
    });
  });
  EXPECT_EQ(error.code, ErrorCode::transaction_timeout);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(TransactionTimeouts, StopARunningStatement) {
  if (tested().sleep_sql.empty()) GTEST_SKIP() << "nothing here sleeps";
  const auto began = std::chrono::steady_clock::now();
  const Error error =
      error_of([&] { db().transact({.timeout = 1s}, [&](auto& tx) { tx.execute(tested().sleep_sql); }); });
  EXPECT_EQ(error.code, ErrorCode::transaction_timeout) << error.message;
  EXPECT_THAT(error.message, AllOf(HasSubstr("1000 ms"), HasSubstr("It stopped `")));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 30s) << "the statement takes a minute";
  EXPECT_EQ(in_use(), 0U);
  EXPECT_THAT(events_.of(EventKind::transaction_timeout), SizeIs(1));
  db().transact([](auto& tx) { insert(tx, 1); });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(TransactionTimeouts, EndAStreamThatIsReadTooSlowly) {
  const Error error = error_of([&] {
    db().transact({.timeout = 1s}, [&](auto& tx) {
      for (const auto& row : tx.template stream<std::int64_t>(tested().many_rows_sql)) {
        static_cast<void>(row);
        static_cast<void>(events_.wait_for(EventKind::transaction_timeout));
      }
    });
  });
  EXPECT_EQ(error.code, ErrorCode::transaction_timeout) << error.message;
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(TransactionTimeouts, AShorterStatementTimeoutIsNone) {
  if (tested().sleep_sql.empty()) GTEST_SKIP() << "nothing here sleeps";
  PoolSettings with_timeout = settings(1);
  with_timeout.statement_timeout = 100ms;
  Database hurried(driver(), target_of(tested().url), with_timeout, events_);
  const Error error =
      error_of([&] { hurried.transact({.timeout = 1min}, [&](auto& tx) { tx.execute(tested().sleep_sql); }); });
  EXPECT_EQ(error.code, ErrorCode::deadline) << error.message;
  EXPECT_THAT(events_.of(EventKind::transaction_timeout), IsEmpty());
}

TEST_P(TransactionTimeouts, InTimeIsNoTimeout) {
  for (int id = 1; id <= 20; ++id) {
    db().transact({.timeout = 1min}, [&](auto& tx) { insert(tx, id); });
  }
  EXPECT_EQ(committed_rows(), 20);
  EXPECT_EQ(metrics().transaction_timeouts, 0U);
  EXPECT_THAT(events_.of(EventKind::transaction_timeout), IsEmpty());
}

TEST_P(TransactionTimeouts, AreNotInheritedByARequiresNew) {
  db().transact({.read_only = true, .timeout = 1min}, [&](auto& outer) {
    EXPECT_TRUE(outer.deadline());
    db().transact({.propagation = Propagation::requires_new}, [&](auto& inner) { EXPECT_FALSE(inner.deadline()); });
    db().transact({.read_only = true}, [&](auto& part) { EXPECT_EQ(part.deadline(), outer.deadline()); });
  });
}

TEST_P(TransactionTimeouts, NestedWorkIsNotKeptAfterOne) {
  const Error error = error_of([&] {
    db().transact({.timeout = 1s}, [&](auto& outer) {
      insert(outer, 1);
      const Error inner = error_of([&] {
        db().transact({.propagation = Propagation::nested}, [&](auto& nested) {
          insert(nested, 2);
          EXPECT_TRUE(events_.wait_for(EventKind::transaction_timeout));
        });
      });
      EXPECT_EQ(inner.code, ErrorCode::transaction_timeout);
    });
  });
  EXPECT_EQ(error.code, ErrorCode::transaction_timeout);
  EXPECT_EQ(committed_rows(), 0);
}

TEST_P(TransactionTimeouts, AbsurdlyLongOnesAreFine) {
  db().transact({.timeout = std::chrono::milliseconds::max()}, [](auto& tx) { insert(tx, 1); });
  EXPECT_EQ(committed_rows(), 1);
}

INSTANTIATE_TEST_SUITE_P(Databases, TransactionTimeouts, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
