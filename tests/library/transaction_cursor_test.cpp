// Cursors of a transaction.
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "library/transaction_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Cursors : public OnTransactions {
 protected:
  void SetUp() override {
    OnTransactions::SetUp();
    if (IsSkipped()) return;
    insert_rows(10);
  }
};

TEST_P(Cursors, FetchPageByPage) {
  db().transact([](auto& tx) {
    auto entries = tx.template cursor<int, std::string>("SELECT id, note FROM entry ORDER BY id");
    int next = 1;
    for (const std::size_t expected : {4U, 4U, 2U, 0U, 0U}) {
      const auto page = tx.fetch(entries, 4);
      EXPECT_THAT(page, SizeIs(expected));
      for (const auto& [id, note] : page) {
        EXPECT_EQ(id, next);
        EXPECT_EQ(note, "note " + std::to_string(next++));
      }
    }
    EXPECT_EQ(next, 11);
    insert(tx, 11);
  });
  EXPECT_EQ(committed_rows(), 11);
}

TEST_P(Cursors, AreInTheLeasesRecord) {
  const auto is_open = [this] { return db().pool().leases().at(0).cursor_open; };
  db().transact([&](auto& tx) {
    EXPECT_FALSE(is_open());
    {
      auto entries = tx.template cursor<int>("SELECT id FROM entry ORDER BY id");
      EXPECT_THAT(tx.fetch(entries, 2), SizeIs(2));
      EXPECT_TRUE(is_open());
      EXPECT_FALSE(db().pool().leases().at(0).running);
    }
    EXPECT_FALSE(is_open());
  });
}

TEST_P(Cursors, TakeParameters) {
  db().transact([](auto& tx) {
    auto entries =
        tx.template cursor<int>(sql("SELECT id FROM entry WHERE id > $1 AND note <> $2 ORDER BY id"), 7, "note 9");
    EXPECT_THAT(tx.fetch(entries, 100), ::testing::ElementsAre(std::tuple(8), std::tuple(10)));
    EXPECT_THAT(tx.fetch(entries, 100), IsEmpty());
  });
}

TEST_P(Cursors, LeaveTheConnectionFreeOnPostgresAlone) {
  db().transact([](auto& tx) {
    auto entries = tx.template cursor<int>("SELECT id FROM entry ORDER BY id");
    EXPECT_THAT(tx.fetch(entries, 2), SizeIs(2));
    const auto update = [&] { tx.execute("UPDATE entry SET note = 'seen' WHERE id = 1"); };
    if (engine() == Engine::postgres) {
      update();
    } else {
      const Error error = error_of(update);
      EXPECT_EQ(error.code, ErrorCode::misuse);
      EXPECT_THAT(error.message, HasSubstr("in the middle of a stream"));
    }
    EXPECT_THAT(tx.fetch(entries, 9), SizeIs(8));
  });
}

TEST_P(Cursors, GivenUpEarlyLeaveTheTransactionUsable) {
  db().transact([](auto& tx) {
    {
      auto entries = tx.template cursor<int>("SELECT id FROM entry ORDER BY id");
      EXPECT_THAT(tx.fetch(entries, 1), SizeIs(1));
    }
    insert(tx, 11);
  });
  EXPECT_EQ(committed_rows(), 11);
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(Cursors, OneAfterAnotherHaveTheirOwnColumns) {
  for (int round = 0; round < 3; ++round) {
    db().transact([](auto& tx) {
      auto numbers = tx.template cursor<int>("SELECT id FROM entry ORDER BY id");
      EXPECT_THAT(tx.fetch(numbers, 20), SizeIs(10));
    });
    db().transact([](auto& tx) {
      auto both = tx.template cursor<std::string, int>("SELECT note, id FROM entry ORDER BY id");
      EXPECT_EQ(tx.fetch(both, 20).front(), std::tuple(std::string("note 1"), 1));
    });
  }
}

TEST_P(Cursors, OfTheWrongColumnsAreRefused) {
  EXPECT_EQ(error_of([&] {
              db().transact([](auto& tx) {
                auto entries = tx.template cursor<int>("SELECT id, note FROM entry");
                tx.fetch(entries, 1);
              });
            }).code,
            ErrorCode::conversion);
}

TEST_P(Cursors, FetchNothingOrWithNothingIsMisuse) {
  db().transact([](auto& tx) {
    auto entries = tx.template cursor<int>("SELECT id FROM entry");
    EXPECT_EQ(error_of([&] { tx.fetch(entries, 0); }).code, ErrorCode::misuse);
    auto moved = std::move(entries);
    EXPECT_EQ(error_of([&] { tx.fetch(entries, 1); }).code, ErrorCode::misuse);  // NOLINT(bugprone-use-after-move)
    EXPECT_THAT(tx.fetch(moved, 1), SizeIs(1));
  });
}

TEST_P(Cursors, OnABadStatementFailAtOnce) {
  EXPECT_THROW(
      db().transact([](auto& tx) { static_cast<void>(tx.template cursor<int>("SELECT nothing FROM nowhere")); }),
      Failure);
  EXPECT_EQ(in_use(), 0U);
}

// One call in the source, two transactions: the brand is the same, and the check at run time is left.
TEST_P(Cursors, OfAnotherTransactionOfTheSameCallAreRefused) {
  std::shared_ptr<void> kept;
  std::function<void(std::shared_ptr<void>)> again;
  const auto use = [&](auto& tx, const std::shared_ptr<void>& other) {
    using Kept = std::remove_cvref_t<decltype(tx.template cursor<int>("SELECT 1"))>;
    if (other == nullptr) {
      kept = std::make_shared<Kept>(tx.template cursor<int>("SELECT id FROM entry"));
      again(kept);
      return kept.reset();
    }
    EXPECT_EQ(error_of([&] { tx.fetch(*static_cast<Kept*>(other.get()), 1); }).code, ErrorCode::misuse);
  };
  again = [&](const std::shared_ptr<void>& other) {
    db().transact({.propagation = Propagation::requires_new, .read_only = true}, [&](auto& tx) { use(tx, other); });
  };
  again(nullptr);
  EXPECT_EQ(in_use(), 0U);
}

TEST_P(Cursors, InAScopeWithoutTransactionHoldAConnection) {
  db().without_transaction([&](auto& session) {
    {
      auto entries = session.template cursor<int>("SELECT id FROM entry ORDER BY id");
      EXPECT_THAT(session.fetch(entries, 3), SizeIs(3));
      EXPECT_EQ(in_use(), 1U);
      EXPECT_THAT(session.fetch(entries, 100), SizeIs(7));
      EXPECT_THAT(session.fetch(entries, 100), IsEmpty());
    }
    EXPECT_EQ(in_use(), 0U);
  });
}

INSTANTIATE_TEST_SUITE_P(Databases, Cursors, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
