// What only SQLite can show: one writer, and statements that roll everything back.
#include <sqlite3.h>

#include <string>
#include <utility>

#include "library/transaction_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SqliteTransactions : public OnTransactions {};

TEST_P(SqliteTransactions, ASecondWriterOfTheSameThreadIsRefusedAtOnce) {
  const std::string place = here(1);
  db().transact([&](auto& outer) {
    const Error error = error_of([&] { db().transact({.propagation = Propagation::requires_new}, [](auto&) {}); });
    EXPECT_EQ(error.code, ErrorCode::propagation);
    EXPECT_THAT(error.message, AllOf(HasSubstr("one writer"), HasSubstr(place)));
    db().transact({.propagation = Propagation::requires_new, .read_only = true},
                  [](auto& reader) { EXPECT_EQ(rows_in(reader), 0); });
    insert(outer, 1);
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(SqliteTransactions, AStatementThatRollsEverythingBackIsNamed) {
  const Error error = error_of([&] {
    db().transact([](auto& tx) {
      insert(tx, 1);
      EXPECT_EQ(error_of([&] { tx.execute("INSERT OR ROLLBACK INTO entry (id) VALUES (1)"); }).code,
                ErrorCode::constraint);
      const Error next = error_of([&] { insert(tx, 2); });
      EXPECT_EQ(next.code, ErrorCode::transaction_ended);
      EXPECT_THAT(next.message, HasSubstr("the server has rolled back"));
    });
  });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, HasSubstr("INSERT OR ROLLBACK"));
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(metrics().rollbacks, 1U);
}

TEST_P(SqliteTransactions, EndedBehindOurBackIsSeenBeforeTheNextStatement) {
  Transaction tx = db().begin();
  TransactionRef ref = tx.ref();
  insert(ref, 1);
  EXPECT_EQ(sqlite3_exec(static_cast<sqlite3*>(ref.native_handle()), "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(error_of([&] { insert(ref, 2); }).code, ErrorCode::transaction_ended);
  EXPECT_EQ(committed_rows(), 1);
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::unknown);
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(SqliteTransactions, AFailedStatementSpoilsNothing) {
  db().transact([](auto& tx) {
    insert(tx, 1);
    EXPECT_EQ(error_of([&] { insert(tx, 1); }).code, ErrorCode::constraint);
    insert(tx, 2);
  });
  EXPECT_EQ(committed_rows(), 2);
}

INSTANTIATE_TEST_SUITE_P(Databases, SqliteTransactions, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
