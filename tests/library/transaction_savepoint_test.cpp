// Savepoints by hand.
#include <optional>
#include <utility>

#include "library/transaction_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;

class Savepoints : public OnTransactions {};

TEST_P(Savepoints, ReleaseKeepsAndRollbackUndoes) {
  db().transact([](auto& tx) {
    Savepoint first = tx.savepoint();
    insert(tx, 1);
    std::move(first).release();
    Savepoint second = tx.savepoint();
    insert(tx, 2);
    std::move(second).rollback();
    EXPECT_EQ(rows_in(tx), 1);
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Savepoints, LeavingTheScopeGoesBack) {
  db().transact([](auto& tx) {
    insert(tx, 1);
    {
      const Savepoint savepoint = tx.savepoint();
      insert(tx, 2);
    }
    EXPECT_EQ(rows_in(tx), 1);
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Savepoints, Nest) {
  db().transact([](auto& tx) {
    Savepoint outer = tx.savepoint();
    insert(tx, 1);
    {
      Savepoint inner = tx.savepoint();
      insert(tx, 2);
      std::move(inner).release();
    }
    {
      const Savepoint inner = tx.savepoint();
      insert(tx, 3);
    }
    EXPECT_EQ(rows_in(tx), 2);
    std::move(outer).rollback();
    EXPECT_EQ(rows_in(tx), 0);
    insert(tx, 4);
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Savepoints, EndInReverseOrderOrNotAtAll) {
  db().transact([](auto& tx) {
    Savepoint outer = tx.savepoint();
    insert(tx, 1);
    Savepoint inner = tx.savepoint();
    insert(tx, 2);
    EXPECT_EQ(error_of([&] { std::move(outer).release(); }).code, ErrorCode::misuse);
    EXPECT_EQ(error_of([&] { std::move(outer).rollback(); }).code, ErrorCode::misuse);
    EXPECT_EQ(rows_in(tx), 2);
    std::move(inner).release();
    std::move(outer).release();
    EXPECT_EQ(error_of([&] { std::move(outer).release(); }).code, ErrorCode::misuse) << "it has ended";
  });
  EXPECT_EQ(committed_rows(), 2);
}

TEST_P(Savepoints, DestroyedOutOfOrderDoomsTheTransaction) {
  const Error error = error_of([&] {
    db().transact([](auto& tx) {
      std::optional<Savepoint> outer(tx.savepoint());
      insert(tx, 1);
      Savepoint inner = tx.savepoint();
      outer.reset();
      std::move(inner).release();
    });
  });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, HasSubstr("destroyed before savepoints that were made after it"));
  EXPECT_EQ(committed_rows(), 0);
}

TEST_P(Savepoints, DestroyedByAnotherThreadDoomsTheTransaction) {
  const Error error = error_of([&] {
    db().transact([](auto& tx) {
      std::optional<Savepoint> savepoint(tx.savepoint());
      insert(tx, 1);
      elsewhere([&] { savepoint.reset(); });
      EXPECT_TRUE(tx.is_rollback_only());
    });
  });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, HasSubstr("another thread"));
  EXPECT_EQ(committed_rows(), 0);
}

TEST_P(Savepoints, OpenAtCommitIsAMistake) {
  Transaction tx = db().begin();
  std::optional<Savepoint> savepoint(tx.ref().savepoint());
  insert(tx.ref(), 1);
  const Error error = error_of([&] { static_cast<void>(std::move(tx).commit()); });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_THAT(error.message, HasSubstr("a savepoint is still open"));
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(committed_rows(), 0);
  savepoint.reset();
}

TEST_P(Savepoints, TakeTheRollbackOnlyMarkWithThem) {
  db().transact([&](auto& tx) {
    insert(tx, 1);
    Savepoint savepoint = tx.savepoint();
    insert(tx, 2);
    try {
      db().transact([](auto&) { throw 1; });
    } catch (int) {
      EXPECT_TRUE(tx.is_rollback_only());
    }
    std::move(savepoint).rollback();
    EXPECT_FALSE(tx.is_rollback_only());
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Savepoints, LeaveAnEarlierMark) {
  EXPECT_EQ(error_of([&] {
              db().transact([](auto& tx) {
                tx.set_rollback_only("before");
                Savepoint savepoint = tx.savepoint();
                std::move(savepoint).rollback();
                EXPECT_TRUE(tx.is_rollback_only());
              });
            }).code,
            ErrorCode::rollback_only);
}

TEST_P(Savepoints, DoNotReachOutOfANestedScope) {
  db().transact([&](auto& tx) {
    Savepoint outer = tx.savepoint();
    insert(tx, 1);
    db().transact({.propagation = Propagation::nested},
                  [&](auto&) { EXPECT_EQ(error_of([&] { std::move(outer).release(); }).code, ErrorCode::misuse); });
    std::move(outer).release();
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Savepoints, OneLeftByANestedScopeUndoesThatScope) {
  std::optional<Savepoint> left;
  db().transact([&](auto& tx) {
    insert(tx, 1);
    const Error error = error_of([&] {
      db().transact({.propagation = Propagation::nested}, [&](auto& nested) {
        left.emplace(nested.savepoint());
        insert(nested, 2);
      });
    });
    EXPECT_EQ(error.code, ErrorCode::misuse);
    left.reset();
    EXPECT_FALSE(tx.is_rollback_only());
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Savepoints, NeedATransaction) {
  db().without_transaction([](auto& session) {
    EXPECT_EQ(error_of([&] { static_cast<void>(session.savepoint()); }).code, ErrorCode::misuse);
    EXPECT_EQ(error_of([&] { session.set_rollback_only("why"); }).code, ErrorCode::misuse);
    EXPECT_EQ(error_of([&] { static_cast<void>(session.native_handle()); }).code, ErrorCode::misuse);
    EXPECT_FALSE(session.is_rollback_only());
    EXPECT_FALSE(session.deadline());
  });
}

TEST_P(Savepoints, CloseAStreamTheyGoBackUnder) {
  insert_rows(3);
  db().transact([](auto& tx) {
    Savepoint savepoint = tx.savepoint();
    const std::unique_ptr<RowStream> stream = tx.open_stream("SELECT id FROM entry", {}, 1);
    Rows chunk;
    ASSERT_TRUE(stream->next(chunk, soon()));
    std::move(savepoint).rollback();
    const Error error = error_of([&] { stream->next(chunk, soon()); });
    EXPECT_EQ(error.code, ErrorCode::misuse);
    EXPECT_THAT(error.message, HasSubstr("closed before its end"));
    insert(tx, 4);
  });
  EXPECT_EQ(committed_rows(), 4);
}

INSTANTIATE_TEST_SUITE_P(Databases, Savepoints, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
