// What runs around a transaction's end, when, and with which connections.
#include <stdexcept>
#include <string>
#include <vector>

#include "library/transaction_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TransactionEvents : public OnTransactions {
 protected:
  void note(const std::string& what) { noted_.push_back(what); }
  void note_every_end(TransactionRef tx, const std::string& name) {
    tx.after_commit([this, name](Database&) { note(name + " committed"); });
    tx.after_rollback([this, name](Database&) { note(name + " rolled back"); });
    tx.after_completion(
        [this, name](Database&, CommitOutcome outcome) { note(name + " ended " + std::string(to_string(outcome))); });
  }
  std::vector<std::string> noted_;
};

TEST_P(TransactionEvents, BeforeCommitIsPartOfTheTransaction) {
  db().transact([&](auto& tx) {
    tx.before_commit([&](TransactionRef inside) {
      EXPECT_EQ(inside.id(), tx.id());
      insert(inside, 1);
      inside.before_commit([](TransactionRef again) { insert(again, 2); });
      db().transact([&](auto& part) { EXPECT_EQ(part.id(), inside.id()); });
    });
    EXPECT_EQ(rows_in(tx), 0);
  });
  EXPECT_EQ(committed_rows(), 2);
}

TEST_P(TransactionEvents, AnExceptionBeforeCommitRollsBack) {
  EXPECT_THROW(db().transact([&](auto& tx) {
    insert(tx, 1);
    note_every_end(tx, "it");
    tx.before_commit([](TransactionRef) { throw std::runtime_error("unbalanced"); });
    tx.before_commit([](TransactionRef) { ADD_FAILURE() << "after one that failed"; });
  }),
               std::runtime_error);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_THAT(noted_, ElementsAre("it rolled back", "it ended rolled_back"));
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(TransactionEvents, BeforeCommitDoesNotRunWhereThereWillBeNone) {
  EXPECT_THROW(db().transact([&](auto& tx) {
    tx.before_commit([](TransactionRef) { ADD_FAILURE() << "no commit follows"; });
    tx.set_rollback_only("for the test");
  }),
               Failure);
}

TEST_P(TransactionEvents, AfterCommitTheConnectionIsBackAndNoTransactionIsCurrent) {
  std::uint64_t first = 0;
  bool ran = false;
  db().transact([&](auto& tx) {
    first = tx.id();
    insert(tx, 1);
    tx.after_commit([&](Database& database) {
      ran = true;
      EXPECT_EQ(&database, &db());
      EXPECT_EQ(in_use(), 0U);
      EXPECT_EQ(committed_rows(), 1);
      EXPECT_EQ(error_of([&] { database.transact({.propagation = Propagation::mandatory}, [](auto&) {}); }).code,
                ErrorCode::propagation);
      database.transact([&](auto& another) {
        EXPECT_NE(another.id(), first);
        insert(another, 2);
      });
      EXPECT_EQ(in_use(), 0U);
    });
  });
  EXPECT_TRUE(ran);
  EXPECT_EQ(committed_rows(), 2);
}

TEST_P(TransactionEvents, EveryEndHasItsFunctions) {
  db().transact([&](auto& tx) { note_every_end(tx, "one"); });
  EXPECT_THROW(db().transact([&](auto& tx) {
    note_every_end(tx, "two");
    throw 1;
  }),
               int);
  Transaction tx = db().begin();
  note_every_end(tx.ref(), "three");
  std::move(tx).rollback();
  {
    Transaction left = db().begin();
    note_every_end(left.ref(), "four");
  }
  EXPECT_THAT(noted_, ElementsAre("one committed", "one ended committed", "two rolled back", "two ended rolled_back",
                                  "three rolled back", "three ended rolled_back", "four rolled back",
                                  "four ended rolled_back"));
}

TEST_P(TransactionEvents, OneThatFailsIsToldAndTheOthersRun) {
  const std::string place = here(1);
  db().transact([&](auto& tx) {
    tx.after_commit([](Database&) { throw std::runtime_error("the mail server is down"); });
    tx.after_commit([](Database&) { throw Failure({ErrorCode::conflict, "", "changed meanwhile", Blast::statement}); });
    tx.after_commit([](Database&) { throw 7; });
    note_every_end(tx, "it");
  });
  EXPECT_THAT(noted_, ElementsAre("it committed", "it ended committed"));
  const std::vector<Event> told = events_.of(EventKind::callback_failed);
  ASSERT_THAT(told, SizeIs(3));
  EXPECT_THAT(told[0].message, AllOf(HasSubstr("the mail server is down"), HasSubstr(place)));
  EXPECT_FALSE(told[0].error);
  ASSERT_TRUE(told[1].error);
  EXPECT_EQ(told[1].error->code, ErrorCode::conflict);
}

TEST_P(TransactionEvents, OfAPartRunAtTheOutermostEnd) {
  db().transact([&](auto&) {
    db().transact([&](auto& part) { note_every_end(part, "part"); });
    EXPECT_THAT(noted_, IsEmpty());
  });
  EXPECT_THAT(noted_, ElementsAre("part committed", "part ended committed"));
}

TEST_P(TransactionEvents, OfARequiresNewRunAtItsOwnEndWithItsConnectionBack) {
  db().transact({.read_only = true}, [&](auto& outer) {
    EXPECT_EQ(rows_in(outer), 0);
    db().transact({.propagation = Propagation::requires_new}, [&](auto& inner) {
      insert(inner, 1);
      EXPECT_EQ(in_use(), 2U);
      inner.after_commit([&](Database& database) {
        EXPECT_EQ(in_use(), 1U) << "the outer one's alone";
        note("inner committed");
        database.transact([&](auto& own) {
          EXPECT_NE(own.id(), outer.id()) << "what runs after an end needs a transaction of its own";
          EXPECT_EQ(in_use(), 2U);
        });
      });
    });
    EXPECT_THAT(noted_, ElementsAre("inner committed"));
    db().transact({.read_only = true}, [&](auto& part) { EXPECT_EQ(part.id(), outer.id()); });
  });
}

TEST_P(TransactionEvents, OfWhatWasUndoneAreDroppedOrRunAsRolledBack) {
  db().transact([&](auto& tx) {
    note_every_end(tx, "kept");
    EXPECT_THROW(db().transact({.propagation = Propagation::nested},
                               [&](auto& nested) {
                                 note_every_end(nested, "nested");
                                 nested.before_commit([](TransactionRef) { ADD_FAILURE() << "it was undone"; });
                                 throw 1;
                               }),
                 int);
    {
      const Savepoint savepoint = tx.savepoint();
      note_every_end(tx, "savepoint");
    }
    EXPECT_THAT(noted_, IsEmpty());
  });
  EXPECT_THAT(noted_, ElementsAre("kept committed", "nested rolled back", "savepoint rolled back",
                                  "kept ended committed", "nested ended rolled_back", "savepoint ended rolled_back"));
}

TEST_P(TransactionEvents, OfAKeptNestedScopeRun) {
  db().transact([&](auto&) {
    db().transact({.propagation = Propagation::nested}, [&](auto& nested) { note_every_end(nested, "nested"); });
    EXPECT_THAT(noted_, IsEmpty());
  });
  EXPECT_THAT(noted_, ElementsAre("nested committed", "nested ended committed"));
}

TEST_P(TransactionEvents, InsideOneAnotherBelongToTheirOwnTransactions) {
  db().transact([&](auto& tx) {
    tx.after_commit([&](Database& database) {
      note("first");
      database.transact([&](auto& second) { second.after_commit([&](Database&) { note("second"); }); });
      note("first done");
    });
  });
  EXPECT_THAT(noted_, ElementsAre("first", "second", "first done"));
}

TEST_P(TransactionEvents, OfAScopeWithoutTransactionRunAtItsEnd) {
  db().without_transaction([&](auto& session) {
    note_every_end(session, "well");
    session.before_commit([this](TransactionRef) { note("before"); });
    EXPECT_THAT(noted_, IsEmpty());
  });
  EXPECT_THROW(db().without_transaction([&](auto& session) {
    note_every_end(session, "badly");
    throw 1;
  }),
               int);
  EXPECT_THAT(noted_, ElementsAre("before", "well committed", "well ended committed", "badly rolled back",
                                  "badly ended rolled_back"));
}

TEST_P(TransactionEvents, RegisteringNothingIsMisuse) {
  db().transact([](auto& tx) {
    EXPECT_EQ(error_of([&] { tx.after_commit({}); }).code, ErrorCode::misuse);
    EXPECT_EQ(error_of([&] { tx.before_commit({}); }).code, ErrorCode::misuse);
  });
}

INSTANTIATE_TEST_SUITE_P(Databases, TransactionEvents, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
