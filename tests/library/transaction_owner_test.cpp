// A transaction in its owner's hands, and in those of borrowers.
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "library/transaction_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TransactionOwner : public OnTransactions {};

TEST_P(TransactionOwner, CommitKeepsAndReturnsTheConnection) {
  Transaction tx = db().begin();
  EXPECT_EQ(in_use(), 1U);
  insert(tx.ref(), 1);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::committed);
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(committed_rows(), 1);
  EXPECT_EQ(metrics().commits, 1U);
  EXPECT_EQ(metrics().rollbacks, 0U);
}

TEST_P(TransactionOwner, RollbackUndoesAndReturnsTheConnection) {
  Transaction tx = db().begin();
  insert(tx.ref(), 1);
  std::move(tx).rollback();
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(metrics().commits, 0U);
  EXPECT_EQ(metrics().rollbacks, 1U);
  EXPECT_THAT(events_.of(EventKind::dirty_return), IsEmpty());
  EXPECT_THAT(events_.of(EventKind::abandoned_transaction), IsEmpty());
}

TEST_P(TransactionOwner, LeavingTheScopeRollsBackAndIsTold) {
  std::string place;
  {
    place = here(1);
    Transaction tx = db().begin({.name = "checkout"});
    insert(tx.ref(), 1, "secret");
  }
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(metrics().abandoned_transactions, 1U);
  EXPECT_EQ(metrics().rollbacks, 1U);
  const std::vector<Event> told = events_.of(EventKind::abandoned_transaction);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].message, AllOf(HasSubstr("\"checkout\""), HasSubstr(place), HasSubstr("INSERT INTO entry")));
  EXPECT_THAT(told[0].message, ::testing::Not(HasSubstr("secret")));
  ASSERT_THAT(told[0].leases, SizeIs(1));
  EXPECT_TRUE(told[0].leases[0].in_transaction);
  EXPECT_THAT(events_.of(EventKind::rollback_failed), IsEmpty());
  EXPECT_THAT(events_.of(EventKind::dirty_return), IsEmpty());
}

TEST_P(TransactionOwner, AnExceptionThatLeavesTheScopeIsNoMistake) {
  const auto leave = [&] {
    Transaction tx = db().begin();
    insert(tx.ref(), 1);
    throw std::runtime_error("enough");
  };
  EXPECT_THROW(leave(), std::runtime_error);
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_THAT(events_.of(EventKind::abandoned_transaction), IsEmpty());
  EXPECT_EQ(metrics().abandoned_transactions, 0U);
}

TEST_P(TransactionOwner, AReferenceThatOutlivesItIsRefused) {
  const std::string place = here(1);
  Transaction tx = db().begin();
  TransactionRef ref = tx.ref();
  const std::uint64_t id = ref.id();
  EXPECT_TRUE(ref.is_active());
  ASSERT_EQ(std::move(tx).commit(), CommitOutcome::committed);
  EXPECT_FALSE(ref.is_active());
  for (const auto& use : std::vector<std::function<void()>>{
           [&] { ref.execute("SELECT 1"); }, [&] { static_cast<void>(ref.savepoint()); },
           [&] { ref.set_rollback_only("why"); }, [&] { ref.after_commit([](Database&) {}); },
           [&] { static_cast<void>(ref.stream<int>("SELECT 1")); }, [&] { static_cast<void>(ref.database()); },
           [&] { static_cast<void>(ref.native_handle()); }, [&] { static_cast<void>(ref.deadline()); }}) {
    const Error error = error_of(use);
    EXPECT_EQ(error.code, ErrorCode::transaction_ended);
    EXPECT_THAT(error.message, AllOf(HasSubstr(place), HasSubstr("committed")));
  }
  EXPECT_EQ(ref.id(), id);
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(TransactionOwner, AReferenceMayOutliveTheDatabase) {
  std::optional<TransactionRef> ref;
  {
    Database short_lived(driver(), target_of(tested().url), settings(1), events_);
    short_lived.transact([&](auto& tx) { ref.emplace(tx); });
  }
  EXPECT_EQ(error_of([&] { ref->execute("SELECT 1"); }).code, ErrorCode::transaction_ended);
}

TEST_P(TransactionOwner, AnotherThreadIsRefused) {
  const std::string place = here(1);
  Transaction tx = db().begin();
  TransactionRef ref = tx.ref();
  elsewhere([&] {
    for (const auto& use : std::vector<std::function<void()>>{
             [&] { ref.execute("SELECT 1"); }, [&] { static_cast<void>(ref.savepoint()); },
             [&] { ref.set_rollback_only("why"); }, [&] { static_cast<void>(ref.engine()); }}) {
      const Error error = error_of(use);
      EXPECT_EQ(error.code, ErrorCode::foreign_use);
      EXPECT_THAT(error.message, AllOf(HasSubstr(place), HasSubstr("Give background work the Database")));
    }
    EXPECT_TRUE(ref.is_active());
    EXPECT_NE(ref.id(), 0U);
  });
  insert(ref, 1);
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::committed);
}

TEST_P(TransactionOwner, IsNotCommittedByAnotherThread) {
  Transaction tx = db().begin();
  insert(tx.ref(), 1);
  elsewhere([moved = std::move(tx)]() mutable {
    EXPECT_EQ(error_of([&] { static_cast<void>(std::move(moved).commit()); }).code, ErrorCode::foreign_use);
  });
  EXPECT_EQ(in_use(), 0U) << "rolled back by its destruction";
  EXPECT_EQ(committed_rows(), 0);
  Transaction next = db().begin();
  std::move(next).rollback();
}

TEST_P(TransactionOwner, IsNotInheritedByThreads) {
  Transaction tx = db().begin({.read_only = true});
  elsewhere([&] {
    db().transact([&](auto& inner) {
      EXPECT_NE(inner.id(), tx.ref().id());
      EXPECT_EQ(in_use(), 2U);
    });
  });
  std::move(tx).rollback();
}

TEST_P(TransactionOwner, OnceMovedFromOrEndedItIsMisuse) {
  Transaction tx = db().begin();
  Transaction owner = std::move(tx);
  EXPECT_EQ(error_of([&] { static_cast<void>(tx.ref()); }).code, ErrorCode::misuse);  // NOLINT(bugprone-use-after-move)
  ASSERT_EQ(std::move(owner).commit(), CommitOutcome::committed);
  EXPECT_EQ(error_of([&] { static_cast<void>(std::move(owner).commit()); }).code, ErrorCode::misuse);
  std::move(owner).rollback();
}

TEST_P(TransactionOwner, ASecondOneHasToBeAskedFor) {
  const std::string place = here(1);
  Transaction outer = db().begin({.read_only = true});
  const Error error = error_of([&] { Transaction inner = db().begin(); });
  EXPECT_EQ(error.code, ErrorCode::propagation);
  EXPECT_THAT(error.message, HasSubstr(place));
  EXPECT_EQ(in_use(), 1U);
  {
    Transaction inner = db().begin({.propagation = Propagation::requires_new});
    EXPECT_EQ(in_use(), 2U);
    EXPECT_NE(inner.ref().id(), outer.ref().id());
    EXPECT_EQ(std::move(inner).commit(), CommitOutcome::committed);
  }
  EXPECT_EQ(in_use(), 1U);
  EXPECT_EQ(error_of([&] { Transaction inner = db().begin({.propagation = Propagation::nested}); }).code,
            ErrorCode::misuse);
  std::move(outer).rollback();
}

TEST_P(TransactionOwner, TwoMayEndInAnyOrder) {
  Transaction first = db().begin({.read_only = true});
  EXPECT_EQ(rows_in(first.ref()), 0);
  Transaction second = db().begin({.propagation = Propagation::requires_new});
  EXPECT_EQ(rows_in(second.ref()), 0);
  EXPECT_EQ(rows_in(first.ref()), 0) << "a suspended one is still usable through its reference";
  EXPECT_EQ(std::move(first).commit(), CommitOutcome::committed);
  db().transact([&](auto& tx) { EXPECT_EQ(tx.id(), second.ref().id()); });
  EXPECT_EQ(std::move(second).commit(), CommitOutcome::committed);
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(TransactionOwner, ABorrowersTransactionWordsAreNotSent) {
  const std::string place = here(1);
  Transaction tx = db().begin();
  TransactionRef ref = tx.ref();
  insert(ref, 1);
  for (const char* word : {"COMMIT", "commit;", "/* done */ ROLLBACK", "BEGIN", "END", "START TRANSACTION"}) {
    const Error error = error_of([&] { ref.execute(word); });
    EXPECT_EQ(error.code, ErrorCode::misuse) << word;
    EXPECT_THAT(error.message, AllOf(HasSubstr("was not sent"), HasSubstr(place)));
  }
  const std::vector<Statement> batch{{"SELECT 1", {}}, {"COMMIT", {}}};
  EXPECT_EQ(error_of([&] { ref.run_batch(batch); }).code, ErrorCode::misuse);
  EXPECT_EQ(error_of([&] { static_cast<void>(ref.stream<int>("COMMIT")); }).code, ErrorCode::misuse);
  insert(ref, 2);
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::committed);
  EXPECT_EQ(committed_rows(), 2);
}

TEST_P(TransactionOwner, SetRollbackOnlyNamesWhoWhyAndWhere) {
  Transaction tx = db().begin();
  insert(tx.ref(), 1);
  EXPECT_FALSE(tx.ref().is_rollback_only());
  const std::string place = here(1);
  tx.ref().set_rollback_only("the cart is empty");
  tx.ref().set_rollback_only("a later reason");
  EXPECT_TRUE(tx.ref().is_rollback_only());
  const Error error = error_of([&] { static_cast<void>(std::move(tx).commit()); });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, AllOf(HasSubstr("the cart is empty"), HasSubstr(place)));
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_THAT(events_.of(EventKind::abandoned_transaction), IsEmpty());
}

TEST_P(TransactionOwner, DoesNotCommitOverAnOpenStream) {
  insert_rows(3);
  Transaction tx = db().begin();
  auto numbers = tx.ref().stream<int>("SELECT id FROM entry");
  EXPECT_EQ(std::get<0>(*numbers.begin()), 1);
  const Error error = error_of([&] { static_cast<void>(std::move(tx).commit()); });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_THAT(error.message, HasSubstr("stream"));
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(TransactionOwner, RunsNothingInTheMiddleOfAStream) {
  insert_rows(3);
  Transaction tx = db().begin();
  TransactionRef ref = tx.ref();
  {
    auto numbers = ref.stream<int>("SELECT id FROM entry ORDER BY id");
    EXPECT_EQ(std::get<0>(*numbers.begin()), 1);
    const Error error = error_of([&] { ref.execute("SELECT 1"); });
    EXPECT_EQ(error.code, ErrorCode::misuse);
    EXPECT_THAT(error.message, HasSubstr("in the middle of a stream"));
  }
  std::move(tx).rollback();
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(TransactionOwner, AStreamReadToItsEndIsOver) {
  insert_rows(3);
  Transaction tx = db().begin();
  TransactionRef ref = tx.ref();
  int next = 1;
  auto numbers = ref.stream<int>("SELECT id FROM entry ORDER BY id");
  for (const auto& [id] : numbers) EXPECT_EQ(id, next++);
  EXPECT_EQ(next, 4);
  insert(ref, 4);
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::committed);
  EXPECT_EQ(committed_rows(), 4);
}

TEST_P(TransactionOwner, AStreamThatOutlivesItIsRefused) {
  insert_rows(3);
  Transaction tx = db().begin();
  const std::unique_ptr<RowStream> stream = tx.ref().open_stream("SELECT id FROM entry", {}, 1);
  Rows chunk;
  ASSERT_TRUE(stream->next(chunk, soon()));
  std::move(tx).rollback();
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(error_of([&] { stream->next(chunk, soon()); }).code, ErrorCode::transaction_ended);
}

TEST_P(TransactionOwner, TellsAboutItself) {
  Transaction tx = db().begin({.timeout = std::chrono::minutes(5), .name = "telling"});
  TransactionRef ref = tx.ref();
  EXPECT_EQ(ref.engine(), engine());
  EXPECT_EQ(&ref.database(), &db());
  EXPECT_NE(ref.native_handle(), nullptr);
  ASSERT_TRUE(ref.deadline());
  EXPECT_GT(*ref.deadline(), in(std::chrono::minutes(4)));
  EXPECT_LE(*ref.deadline(), in(std::chrono::minutes(5)));
  EXPECT_THAT(std::string(ref.began_at().file_name()), HasSubstr("transaction_owner_test.cpp"));
  std::move(tx).rollback();
  Transaction endless = db().begin();
  EXPECT_FALSE(endless.ref().deadline());
  std::move(endless).rollback();
}

TEST_P(TransactionOwner, RunsBatches) {
  Transaction tx = db().begin();
  const std::vector<Statement> batch{{"INSERT INTO entry (id) VALUES (1)", {}}, {"SELECT count(*) FROM entry", {}}};
  const std::vector<Rows> rows = tx.ref().run_batch(batch);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1].cell(0, 0), "1");
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::committed);
}

INSTANTIATE_TEST_SUITE_P(Databases, TransactionOwner, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
