// Database::transact: what it commits, what it rolls back, and what a scope inside another one means.
#include <expected>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "library/transaction_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Transact : public OnTransactions {};

TEST_P(Transact, CommitsAndReturnsWhatTheFunctionReturns) {
  const int answer = db().transact([&](auto& tx) {
    insert(tx, 1);
    EXPECT_EQ(in_use(), 1U);
    return 42;
  });
  EXPECT_EQ(answer, 42);
  db().transact([](TransactionRef tx) { insert(tx, 2); });
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(committed_rows(), 2);
  EXPECT_EQ(metrics().commits, 2U);
}

TEST_P(Transact, ReturnsWhatCannotBeCopied) {
  const auto text = db().transact([](auto&) { return std::make_unique<std::string>("moved"); });
  EXPECT_EQ(*text, "moved");
}

TEST_P(Transact, RollsBackOnAnExceptionAndThrowsItOn) {
  const auto work = [](auto& tx) {
    insert(tx, 1);
    throw std::runtime_error("out of paper");
  };
  try {
    db().transact(work);
    FAIL() << "nothing thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "out of paper");
  }
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(metrics().rollbacks, 1U);
  EXPECT_THAT(events_.of(EventKind::abandoned_transaction), IsEmpty());
}

TEST_P(Transact, RollsBackOnWhatIsNoStandardException) {
  EXPECT_THROW(db().transact([](auto& tx) {
    insert(tx, 1);
    throw 7;
  }),
               int);
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(Transact, RollsBackOnAReturnedErrorAndReturnsIt) {
  using Result = std::expected<int, std::string>;
  const Result refused = db().transact([](auto& tx) -> Result {
    insert(tx, 1);
    return std::unexpected("no stock");
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), "no stock");
  EXPECT_EQ(committed_rows(), 0);
  const Result kept = db().transact([](auto& tx) -> Result {
    insert(tx, 1);
    return 5;
  });
  EXPECT_EQ(kept, 5);
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Transact, AnEmptyOptionalIsNoError) {
  const std::optional<int> nothing = db().transact([](auto& tx) -> std::optional<int> {
    insert(tx, 1);
    return std::nullopt;
  });
  EXPECT_FALSE(nothing);
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Transact, AScopeInsideTakesPart) {
  db().transact([&](auto& outer) {
    insert(outer, 1);
    db().transact([&](auto& inner) {
      insert(inner, 2);
      EXPECT_EQ(inner.id(), outer.id());
      EXPECT_EQ(inner.began_at().line(), outer.began_at().line());
      EXPECT_EQ(in_use(), 1U);
    });
    EXPECT_EQ(committed_rows(), 0) << "a scope that takes part commits nothing";
  });
  EXPECT_EQ(committed_rows(), 2);
  EXPECT_EQ(metrics().commits, 1U);
}

TEST_P(Transact, TakesPartInATransactionBegunByHand) {
  Transaction tx = db().begin();
  db().transact([&](auto& inner) {
    insert(inner, 1);
    EXPECT_EQ(inner.id(), tx.ref().id());
  });
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::committed);
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Transact, AFailedPartDoomsTheWholeEvenIfItsExceptionIsCaught) {
  std::string inner_place;
  const Error error = error_of([&] {
    db().transact([&](auto& outer) {
      insert(outer, 1);
      try {
        inner_place = here(1);
        db().transact([](auto&) { throw std::runtime_error("the printer is on fire"); });
      } catch (const std::runtime_error&) {
        EXPECT_TRUE(outer.is_rollback_only());
      }
      insert(outer, 2);
    });
  });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, AllOf(HasSubstr("the printer is on fire"), HasSubstr(inner_place)));
  EXPECT_EQ(committed_rows(), 0);
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(Transact, APartThatReturnsAnErrorDoomsTheWhole) {
  using Result = std::expected<int, std::string>;
  const Error error = error_of([&] {
    db().transact([&](auto& outer) {
      insert(outer, 1);
      const Result refused = db().transact([](auto&) -> Result { return std::unexpected("no stock"); });
      EXPECT_FALSE(refused);
    });
  });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, HasSubstr("returned an error"));
  EXPECT_EQ(committed_rows(), 0);
}

TEST_P(Transact, ANestedScopeGoesBackAlone) {
  db().transact([&](auto& outer) {
    insert(outer, 1);
    EXPECT_THROW(db().transact({.propagation = Propagation::nested},
                               [](auto& inner) {
                                 insert(inner, 2);
                                 throw std::runtime_error("undone");
                               }),
                 std::runtime_error);
    EXPECT_EQ(rows_in(outer), 1);
    EXPECT_FALSE(outer.is_rollback_only());
    db().transact({.propagation = Propagation::nested}, [](auto& inner) { insert(inner, 3); });
  });
  EXPECT_EQ(committed_rows(), 2);
}

TEST_P(Transact, AFailureSwallowedInsideANestedScopeUndoesThatScope) {
  std::string nested_place;
  db().transact([&](auto& outer) {
    insert(outer, 1);
    nested_place = here(2);
    const Error error = error_of([&] {
      db().transact({.propagation = Propagation::nested}, [&](auto& nested) {
        insert(nested, 2);
        try {
          db().transact([](auto&) { throw std::runtime_error("deep inside"); });
        } catch (const std::runtime_error&) {
          insert(nested, 3);
        }
      });
    });
    EXPECT_EQ(error.code, ErrorCode::rollback_only);
    EXPECT_THAT(error.message, AllOf(HasSubstr("deep inside"), HasSubstr(nested_place), HasSubstr("savepoint")));
    EXPECT_FALSE(outer.is_rollback_only()) << "the outer one stays clean";
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Transact, SetRollbackOnlyInsideANestedScopeStaysThere) {
  db().transact([&](auto& outer) {
    insert(outer, 1);
    EXPECT_EQ(error_of([&] {
                db().transact({.propagation = Propagation::nested}, [](auto& nested) {
                  insert(nested, 2);
                  nested.set_rollback_only("not good enough");
                });
              }).code,
              ErrorCode::rollback_only);
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Transact, NestedScopesNest) {
  db().transact([&](auto&) {
    db().transact({.propagation = Propagation::nested}, [&](auto& middle) {
      insert(middle, 1);
      EXPECT_THROW(db().transact({.propagation = Propagation::nested},
                                 [&](auto& inner) {
                                   insert(inner, 2);
                                   throw 1;
                                 }),
                   int);
      db().transact({.propagation = Propagation::nested}, [&](auto& inner) { insert(inner, 3); });
    });
  });
  EXPECT_EQ(committed_rows(), 2);
}

TEST_P(Transact, RequiresNewStandsAlone) {
  const auto outer_that_fails = [&](auto& outer) {
    EXPECT_EQ(rows_in(outer), 0);
    db().transact({.propagation = Propagation::requires_new}, [&](auto& inner) {
      insert(inner, 1);
      EXPECT_NE(inner.id(), outer.id());
      db().transact([&](auto& part) { EXPECT_EQ(part.id(), inner.id()); });
    });
    db().transact({.read_only = true},
                  [&](auto& part) { EXPECT_EQ(part.id(), outer.id()) << "the outer one is current again"; });
    throw std::runtime_error("outer fails");
  };
  EXPECT_THROW(db().transact({.read_only = true}, outer_that_fails), std::runtime_error);
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Transact, AFailedRequiresNewDoesNotTouchTheOuter) {
  db().transact([&](auto& outer) {
    EXPECT_THROW(db().transact({.propagation = Propagation::requires_new, .read_only = true}, [](auto&) { throw 1; }),
                 int);
    EXPECT_FALSE(outer.is_rollback_only());
    insert(outer, 1);
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Transact, DurableRefusesToBePart) {
  db().transact({.durable = true}, [](auto& tx) { insert(tx, 1); });
  EXPECT_EQ(committed_rows(), 1);
  const std::string place = here(1);
  db().transact([&](auto&) {
    const Error error = error_of([&] { db().transact({.durable = true}, [](auto& tx) { insert(tx, 2); }); });
    EXPECT_EQ(error.code, ErrorCode::propagation);
    EXPECT_THAT(error.message, AllOf(HasSubstr("durable"), HasSubstr(place)));
  });
}

TEST_P(Transact, ARefusedScopeLeavesTheOuterAsItWas) {
  db().transact([&](auto& outer) {
    EXPECT_EQ(error_of([&] { db().transact({.propagation = Propagation::never}, [](auto&) {}); }).code,
              ErrorCode::propagation);
    EXPECT_EQ(error_of([&] { db().transact({.timeout = std::chrono::seconds(1)}, [](auto&) {}); }).code,
              ErrorCode::mismatch);
    EXPECT_FALSE(outer.is_rollback_only());
    insert(outer, 1);
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Transact, AReferenceOfAnInnerScopeEndsWithIt) {
  db().transact([&](auto& outer) {
    std::optional<TransactionRef> kept;
    db().transact([&](auto& inner) { kept.emplace(inner); });
    EXPECT_EQ(error_of([&] { kept->execute("SELECT 1"); }).code, ErrorCode::transaction_ended);
    insert(outer, 1);
  });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Transact, TheOwnerDoesNotCommitUnderAScopeThatTakesPart) {
  Transaction tx = db().begin();
  const Error error = error_of([&] {
    db().transact([&](auto& inner) {
      insert(inner, 1);
      EXPECT_EQ(error_of([&] { static_cast<void>(std::move(tx).commit()); }).code, ErrorCode::misuse);
      EXPECT_EQ(error_of([&] { insert(inner, 2); }).code, ErrorCode::transaction_ended);
    });
  });
  EXPECT_EQ(error.code, ErrorCode::transaction_ended);
  EXPECT_EQ(in_use(), 0U);
  EXPECT_EQ(committed_rows(), 0);
  db().transact([](auto& next) { insert(next, 3); });
  EXPECT_EQ(committed_rows(), 1);
}

TEST_P(Transact, AStreamLeftOpenByAPartIsItsMistake) {
  insert_rows(3);
  std::unique_ptr<RowStream> escaped;
  const Error error = error_of([&] {
    db().transact([&](auto&) {
      const Error inner = error_of([&] {
        db().transact([&](auto& part) {
          escaped = part.open_stream("SELECT id FROM entry", {}, 1);
          Rows chunk;
          EXPECT_TRUE(escaped->next(chunk, soon()));
        });
      });
      EXPECT_EQ(inner.code, ErrorCode::misuse);
    });
  });
  EXPECT_EQ(error.code, ErrorCode::rollback_only);
  EXPECT_THAT(error.message, HasSubstr("still open"));
  EXPECT_EQ(in_use(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Databases, Transact, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
