// What only MariaDB and MySQL can show: statements that commit by themselves, COMMIT AND CHAIN.
#include <string>
#include <utility>

#include "library/transaction_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class MysqlTransactions : public OnTransactions {};

TEST_P(MysqlTransactions, AStatementThatCommitsByItselfEndsThem) {
  Transaction tx = db().begin({.name = "migration"});
  TransactionRef ref = tx.ref();
  insert(ref, 1, "secret");
  const Error told = error_of([&] { ref.execute("CREATE TABLE IF NOT EXISTS committed_by_itself (id integer)"); });
  EXPECT_EQ(told.code, ErrorCode::transaction_ended);
  EXPECT_THAT(told.message, AllOf(HasSubstr("\"migration\""), HasSubstr("CREATE TABLE"), Not(HasSubstr("secret"))));
  EXPECT_EQ(error_of([&] { insert(ref, 2); }).code, ErrorCode::transaction_ended);
  EXPECT_EQ(committed_rows(), 1) << "it was the CREATE TABLE that committed";
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::unknown);
  EXPECT_EQ(metrics().unknown_commits, 1U);
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(MysqlTransactions, WhatIsOpenAfterACommitThatChainsIsToldAndRolledBack) {
  Transaction tx = db().begin({.name = "chained"});
  TransactionRef ref = tx.ref();
  ref.execute("SET SESSION completion_type = 'CHAIN'");
  insert(ref, 1);
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::unknown);
  EXPECT_EQ(committed_rows(), 1);
  const auto told = events_.of(EventKind::unknown_commit);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].message,
              AllOf(HasSubstr("\"chained\""), HasSubstr("COMMIT succeeded, yet a transaction is open")));
  EXPECT_TRUE(events_.wait_for(EventKind::dirty_return));
  db().transact([](auto& next) { insert(next, 2); });
  EXPECT_EQ(committed_rows(), 2);
}

TEST_P(MysqlTransactions, WhichTheServerHasLostIsRolledBack) {
  const Error error = error_of([&] {
    db().transact([](auto& tx) {
      insert(tx, 1);
      Session killer = connect();
      killer.execute("KILL " + std::to_string(tx.template value<int>("SELECT CONNECTION_ID()")));
      EXPECT_EQ(error_of([&] { insert(tx, 2); }).code, ErrorCode::connection_lost);
    });
  });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_EQ(metrics().unknown_commits, 0U);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(in_use(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Databases, MysqlTransactions, ::testing::ValuesIn(mysql_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
