// The propagation table against real pools: what each scope does, and how many connections the thread holds meanwhile.
#include <optional>
#include <tuple>
#include <utility>

#include "library/propagation_table.hpp"
#include "library/transaction_fixture.hpp"

namespace lockkeeper::testing {
namespace {

class Propagations : public OnTransactions {
 protected:
  // Runs `inside` in the situation, and undoes it.
  void in_situation(Start start, const std::function<void()>& inside) {
    switch (start) {
      case Start::nothing: return inside();
      case Start::active: return in_transaction({}, [&](TransactionRef) { inside(); });
      case Start::active_read_only:
      case Start::write_in_readonly: return in_transaction({.read_only = true}, [&](TransactionRef) { inside(); });
      case Start::rollback_only:
        return in_transaction({}, [&](TransactionRef tx) {
          tx.set_rollback_only("for the test");
          inside();
        });
      case Start::suspended:
        return in_transaction({}, [&](TransactionRef) { db().without_transaction([&](auto&) { inside(); }); });
      case Start::nested:
        return in_transaction(
            {}, [&](TransactionRef) { db().transact({.propagation = Propagation::nested}, [&](auto&) { inside(); }); });
    }
  }

  void in_transaction(const TransactionOptions& options, const std::function<void(TransactionRef)>& inside) {
    Transaction outer = db().begin(options);
    outer_id_ = outer.ref().id();
    EXPECT_EQ(rows_in(outer.ref()), 3);
    inside(outer.ref());
    std::move(outer).rollback();
  }

  void expect_held(const PropagationCase& tested) {
    EXPECT_EQ(in_use(), tested.held.before) << "before";
    const auto inside = [&](TransactionRef tx) {
      EXPECT_EQ(in_use(), tested.held.inside) << "inside";
      expect_action(*tested.action, tx);
      for (const auto& row : tx.stream<int>("SELECT id FROM entry")) {
        static_cast<void>(row);
        EXPECT_EQ(in_use(), tested.held.streaming) << "while a stream is read";
      }
      EXPECT_EQ(in_use(), tested.held.inside) << "after the stream";
    };
    // SQLite has one writer at a time, and here that is the outer one.
    const bool beside_a_writer = engine() == Engine::sqlite && tested.action == client::ScopeAction::begin &&
                                 tested.held.before > 0 && tested.start != Start::write_in_readonly;
    const TransactionOptions options{.propagation = tested.propagation,
                                     .read_only = tested.start == Start::active_read_only || beside_a_writer};
    if (tested.action) {
      db().transact(options, inside);
    } else {
      EXPECT_EQ(error_of([&] { db().transact(options, inside); }).code, tested.error);
    }
    EXPECT_EQ(in_use(), tested.held.after) << "after";
  }

  void expect_action(client::ScopeAction action, TransactionRef tx) {
    using client::ScopeAction;
    EXPECT_EQ(tx.is_active(), action != ScopeAction::without);
    EXPECT_EQ(tx.id() == outer_id_, action == ScopeAction::take_part || action == ScopeAction::savepoint);
  }

  std::uint64_t outer_id_ = 0;
};

TEST_P(Propagations, AreAsTheTableSays) {
  insert_rows(3);
  for (const PropagationCase& tested : propagation_table()) {
    SCOPED_TRACE(::testing::PrintToString(tested));
    in_situation(tested.start, [&] { expect_held(tested); });
    EXPECT_EQ(in_use(), 0U);
  }
  EXPECT_EQ(metrics().dirty_returns, 0U);
  EXPECT_EQ(metrics().abandoned_transactions, 0U);
}

// Isolation, access and time are compared with the outer one's; the decision itself is tested in propagation_test.cpp.
TEST_P(Propagations, MismatchesReachTheCaller) {
  Transaction outer = db().begin({.isolation = Isolation::serializable, .timeout = std::chrono::minutes(1)});
  const auto nothing = [](auto&) {};
  const auto code_of = [&](const TransactionOptions& options) {
    return error_of([&] { db().transact(options, nothing); }).code;
  };
  EXPECT_EQ(code_of({.isolation = Isolation::repeatable_read}), ErrorCode::mismatch);
  EXPECT_EQ(code_of({.timeout = std::chrono::seconds(1)}), ErrorCode::mismatch);
  db().transact({.isolation = Isolation::serializable, .timeout = std::chrono::minutes(2)}, nothing);
  std::move(outer).rollback();
}

INSTANTIATE_TEST_SUITE_P(Databases, Propagations, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
