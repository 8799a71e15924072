// The parts of transactions that need no database: pauses, words, callbacks, what may leave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <lockkeeper/database.hpp>
#include <lockkeeper/detail/sendable.hpp>

#include "client/transaction_callbacks.hpp"
#include "client/transaction_retry.hpp"
#include "client/transaction_words.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using client::CallbackTime;
using client::pause_before_retry;
using client::transaction_word;
using client::TransactionCallbacks;
using ::testing::ElementsAre;

constexpr std::uint32_t least = 0, most = std::numeric_limits<std::uint32_t>::max();

TEST(RetryPause, DoublesUpToTheLongest) {
  const RetryPolicy policy{.attempts = 10, .first_pause = 10ms, .longest_pause = 70ms, .budget = 1h};
  EXPECT_EQ(pause_before_retry(policy, 1, 0s, least), 10ms);
  EXPECT_EQ(pause_before_retry(policy, 2, 0s, least), 20ms);
  EXPECT_EQ(pause_before_retry(policy, 3, 0s, least), 40ms);
  EXPECT_EQ(pause_before_retry(policy, 4, 0s, least), 70ms);
  EXPECT_EQ(pause_before_retry(policy, 9, 0s, least), 70ms);
}

TEST(RetryPause, IsLessUpToHalfAtRandom) {
  const RetryPolicy policy{.attempts = 2, .first_pause = 10ms};
  EXPECT_EQ(pause_before_retry(policy, 1, 0s, least), 10ms);
  const auto shortest = pause_before_retry(policy, 1, 0s, most);
  ASSERT_TRUE(shortest);
  EXPECT_GE(*shortest, 5ms);
  EXPECT_LT(*shortest, 5ms + 1us);
  EXPECT_GT(pause_before_retry(policy, 1, 0s, most / 2), shortest);
}

TEST(RetryPause, EndsWithTheAttemptsAndTheBudget) {
  const RetryPolicy policy{.attempts = 3, .first_pause = 10ms, .budget = 100ms};
  EXPECT_TRUE(pause_before_retry(policy, 2, 80ms, least));
  EXPECT_FALSE(pause_before_retry(policy, 2, 81ms, least)) << "20 ms more are beyond 100 ms";
  EXPECT_FALSE(pause_before_retry(policy, 3, 0ms, least));
  EXPECT_FALSE(pause_before_retry({}, 1, 0ms, least)) << "no retry unless asked for";
}

TEST(RetryPause, DoesNotOverflow) {
  const auto longest = std::chrono::milliseconds::max();
  const RetryPolicy policy{
      .attempts = 4'000'000'000U, .first_pause = longest, .longest_pause = longest, .budget = longest};
  EXPECT_EQ(pause_before_retry(policy, 1, 0s, least), std::chrono::hours(24 * 365));
  const RetryPolicy none{.attempts = 4'000'000'000U, .first_pause = 0ms};
  EXPECT_EQ(pause_before_retry(none, 3'999'999'999U, 0s, least), 0ms);
}

TEST(Retry, IsForSerializationAndDeadlockAlone) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::conflict); ++code) {
    const Error error{static_cast<ErrorCode>(code), "", "", Blast::transaction};
    const bool wanted = error.code == ErrorCode::serialization || error.code == ErrorCode::deadlock;
    EXPECT_EQ(client::asks_for_retry(error), wanted) << to_string(error.code);
  }
  EXPECT_FALSE(client::asks_for_retry({ErrorCode::serialization, "", "", Blast::commit_unknown}));
}

TEST(TransactionWord, IsFoundHoweverItIsWritten) {
  EXPECT_EQ(transaction_word("COMMIT"), "COMMIT");
  EXPECT_EQ(transaction_word("commit and chain"), "COMMIT");
  EXPECT_EQ(transaction_word("  \n\t/* a /* nested */ comment */ -- and\n Commit;"), "COMMIT");
  EXPECT_EQ(transaction_word(";; # MySQL's\nROLLBACK WORK"), "ROLLBACK");
  EXPECT_EQ(transaction_word("rollback transaction"), "ROLLBACK");
  EXPECT_EQ(transaction_word("BEGIN ISOLATION LEVEL SERIALIZABLE"), "BEGIN");
  EXPECT_EQ(transaction_word("Begin"), "BEGIN");
  EXPECT_EQ(transaction_word("START/**/TRANSACTION READ ONLY"), "START TRANSACTION");
  EXPECT_EQ(transaction_word("END"), "END");
  EXPECT_EQ(transaction_word("ABORT"), "ABORT");
  EXPECT_EQ(transaction_word("PREPARE TRANSACTION 'x'"), "PREPARE TRANSACTION");
}

TEST(TransactionWord, IsNotSeenWhereThereIsNone) {
  for (const std::string_view sql : {"",
                                     ";",
                                     "--",
                                     "/*",
                                     "SELECT 1",
                                     "SELECT 'COMMIT'",
                                     "ROLLBACK TO lk_1",
                                     "ROLLBACK TO SAVEPOINT a",
                                     "ROLLBACK WORK TO SAVEPOINT a",
                                     "rollback transaction to a",
                                     "COMMIT PREPARED 'x'",
                                     "ROLLBACK PREPARED 'x'",
                                     "PREPARE commit AS SELECT 1",
                                     "START REPLICA",
                                     "COMMITTED",
                                     "commit_all()",
                                     "BEGIN NOT ATOMIC SELECT 1; END",
                                     "SAVEPOINT commit",
                                     "\"COMMIT\"",
                                     "(COMMIT)",
                                     "EXPLAIN SELECT 1",
                                     "ENDED",
                                     "abort_it"}) {
    EXPECT_EQ(transaction_word(sql), "") << sql;
  }
}

// The functions never touch their Database, which is not there.
Database& no_database() {
  static std::uint64_t place[64]{};
  return *reinterpret_cast<Database*>(place);
}

struct Registered {
  TransactionCallbacks list;
  std::vector<std::string> ran;

  void add(CallbackTime time, std::string name) {
    if (time != CallbackTime::after_completion) {
      return list.add_after(time, [this, name](Database&) { ran.push_back(name); });
    }
    list.add_completion([this, name](Database&, CommitOutcome outcome) {
      ran.push_back(name + "=" + std::string(to_string(outcome)));
    });
  }
  void run(CommitOutcome outcome) {
    for (const auto& function : list.take_after(outcome)) function(no_database());
  }
};

void add_each(Registered& registered, const std::string& suffix) {
  registered.add(CallbackTime::after_completion, "completion" + suffix);
  registered.add(CallbackTime::after_commit, "commit" + suffix);
  registered.add(CallbackTime::after_rollback, "rollback" + suffix);
}

TEST(Callbacks, RunForTheirOutcomeInOrder) {
  Registered registered;
  add_each(registered, "1");
  add_each(registered, "2");
  registered.run(CommitOutcome::committed);
  EXPECT_THAT(registered.ran, ElementsAre("commit1", "commit2", "completion1=committed", "completion2=committed"));
  EXPECT_FALSE(registered.list.has_after());
}

TEST(Callbacks, AfterARollback) {
  Registered registered;
  add_each(registered, "");
  registered.run(CommitOutcome::rolled_back);
  EXPECT_THAT(registered.ran, ElementsAre("rollback", "completion=rolled_back"));
}

TEST(Callbacks, AfterAnUnknownCommitOnlyTheCompletion) {
  Registered registered;
  add_each(registered, "");
  registered.run(CommitOutcome::unknown);
  EXPECT_THAT(registered.ran, ElementsAre("completion=unknown"));
}

TEST(Callbacks, UndoneOnesAreDroppedOrRunAsRolledBack) {
  Registered registered;
  add_each(registered, "A");
  const auto mark = registered.list.mark();
  add_each(registered, "B");
  registered.list.add_before([](TransactionRef) { ADD_FAILURE() << "undone"; });
  registered.list.undo_since(mark);
  add_each(registered, "C");
  registered.list.undo_since(registered.list.mark());
  registered.run(CommitOutcome::committed);
  EXPECT_THAT(registered.ran, ElementsAre("commitA", "rollbackB", "commitC", "completionA=committed",
                                          "completionB=rolled_back", "completionC=committed"));
}

TEST(Callbacks, UndoneTwiceIsUndone) {
  Registered registered;
  const auto outer = registered.list.mark();
  add_each(registered, "A");
  const auto inner = registered.list.mark();
  add_each(registered, "B");
  registered.list.undo_since(inner);
  registered.list.undo_since(outer);
  registered.run(CommitOutcome::committed);
  EXPECT_THAT(registered.ran,
              ElementsAre("rollbackA", "rollbackB", "completionA=rolled_back", "completionB=rolled_back"));
}

TEST(Callbacks, EmptyFunctionsAreRefused) {
  TransactionCallbacks list;
  EXPECT_THROW(list.add_before({}), Failure);
  EXPECT_THROW(list.add_after(CallbackTime::after_commit, {}), Failure);
  EXPECT_THROW(list.add_completion({}), Failure);
}

using Reference = BrandedTransactionRef<int>;
using Cursor1 = Cursor<int, std::string>;

static_assert(sendable<int> && sendable<std::string> && sendable<void> &&
              sendable<std::vector<std::pair<int, double>>>);
static_assert(sendable<Database&> && sendable<std::shared_ptr<Database>>);
static_assert(sendable<std::function<void(TransactionRef)>>);
static_assert(sendable<std::expected<int, std::string>>);
static_assert(!sendable<Transaction> && !sendable<TransactionRef> && !sendable<Savepoint> && !sendable<Lease>);
static_assert(!sendable<Reference> && !sendable<Cursor1> && !sendable<RowRange<int>> && !sendable<RowStream*>);
static_assert(!sendable<TransactionRef&> && !sendable<const TransactionRef&> && !sendable<TransactionRef&&>);
static_assert(!sendable<Transaction*> && !sendable<const Transaction* const*>);
static_assert(!sendable<std::reference_wrapper<Transaction>> && !sendable<std::optional<TransactionRef>>);
static_assert(!sendable<std::tuple<int, Reference>> && !sendable<std::pair<int, std::vector<Cursor1>>>);
static_assert(!sendable<std::array<TransactionRef, 2>> && !sendable<std::span<TransactionRef>>);
static_assert(!sendable<TransactionRef[3]> && !sendable<std::unique_ptr<RowStream>>);
static_assert(!sendable<std::expected<RowRange<int>, std::string>> && !sendable<std::map<int, Lease*>>);

}  // namespace
}  // namespace lockkeeper::testing
