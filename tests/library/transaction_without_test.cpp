// Scopes without transaction: every statement takes a connection for itself.
#include <memory>
#include <optional>
#include <utility>

#include "library/transaction_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class WithoutTransaction : public OnTransactions {};

TEST_P(WithoutTransaction, EveryStatementCommitsByItself) {
  EXPECT_THROW(db().without_transaction([&](auto& session) {
    EXPECT_FALSE(session.is_active());
    insert(session, 1);
    EXPECT_EQ(committed_rows(), 1);
    EXPECT_EQ(in_use(), 0U);
    EXPECT_EQ(session.engine(), engine());
    throw 1;
  }),
               int);
  EXPECT_EQ(committed_rows(), 1);
  EXPECT_EQ(metrics().commits + metrics().rollbacks, 0U);
}

TEST_P(WithoutTransaction, ABatchIsAllOrNothing) {
  db().without_transaction([](auto& session) {
    const std::vector<Statement> batch{{"INSERT INTO entry (id) VALUES (1)", {}},
                                       {"INSERT INTO entry (id) VALUES (1)", {}}};
    EXPECT_EQ(error_of([&] { session.run_batch(batch); }).code, ErrorCode::constraint);
  });
  EXPECT_EQ(committed_rows(), 0);
}

TEST_P(WithoutTransaction, AStreamHoldsItsConnectionUntilItsEnd) {
  insert_rows(3);
  db().without_transaction([&](auto& session) {
    {
      auto first = session.template stream<int>("SELECT id FROM entry");
      auto second = session.template stream<int>("SELECT id FROM entry");
      EXPECT_EQ(std::get<0>(*first.begin()), 1);
      EXPECT_EQ(std::get<0>(*second.begin()), 1);
      EXPECT_EQ(in_use(), 2U);
    }
    EXPECT_EQ(in_use(), 0U);
    auto whole = session.template stream<int>("SELECT id FROM entry");
    int rows = 0;
    for (const auto& row : whole) rows += std::get<0>(row) > 0 ? 1 : 0;
    EXPECT_EQ(rows, 3);
    EXPECT_EQ(in_use(), 0U) << "given back at the end, though the range is still there";
  });
}

TEST_P(WithoutTransaction, AStreamThatOutlivesTheScopeIsClosedByIt) {
  insert_rows(3);
  std::unique_ptr<RowStream> stream;
  Rows chunk;
  db().without_transaction([&](auto& session) {
    stream = session.open_stream("SELECT id FROM entry", {}, 1);
    EXPECT_TRUE(stream->next(chunk, soon()));
    EXPECT_EQ(in_use(), 1U);
  });
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(error_of([&] { stream->next(chunk, soon()); }).code, ErrorCode::transaction_ended);
}

TEST_P(WithoutTransaction, TransactionWordsAreNotSent) {
  db().without_transaction([&](auto& session) {
    const Error error = error_of([&] { session.execute("BEGIN"); });
    EXPECT_EQ(error.code, ErrorCode::misuse);
    EXPECT_THAT(error.message, AllOf(HasSubstr("was not sent"), HasSubstr("transaction_without_test.cpp")));
    EXPECT_EQ(error_of([&] { static_cast<void>(session.open_stream("COMMIT", {}, 1)); }).code, ErrorCode::misuse);
    const std::vector<Statement> batch{{"BEGIN", {}}, {"SELECT 1", {}}};
    EXPECT_EQ(error_of([&] { session.run_batch(batch); }).code, ErrorCode::misuse);
  });
  EXPECT_THAT(events_.of(EventKind::dirty_return), IsEmpty());
}

TEST_P(WithoutTransaction, ATransactionInsideStandsOnItsOwn) {
  db().without_transaction([&](auto& session) {
    db().transact([](auto& tx) { insert(tx, 1); });
    EXPECT_EQ(committed_rows(), 1);
    insert(session, 2);
  });
  EXPECT_EQ(committed_rows(), 2);
}

TEST_P(WithoutTransaction, InsideATransactionSeesWhatEverybodySees) {
  db().transact([&](auto& outer) {
    insert(outer, 1);
    db().without_transaction([&](auto& session) {
      EXPECT_EQ(rows_in(session), 0);
      EXPECT_NE(session.id(), outer.id());
    });
    EXPECT_EQ(rows_in(outer), 1);
  });
}

TEST_P(WithoutTransaction, AnotherThreadIsRefused) {
  db().without_transaction([&](auto& session) {
    elsewhere([&] { EXPECT_EQ(error_of([&] { session.execute("SELECT 1"); }).code, ErrorCode::foreign_use); });
  });
}

INSTANTIATE_TEST_SUITE_P(Databases, WithoutTransaction, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
