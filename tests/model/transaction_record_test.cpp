#include "model/transaction_record.hpp"

#include <gtest/gtest.h>

#include "model/fact.hpp"

namespace lockkeeper::model {
namespace {

using namespace std::chrono_literals;

const WallTime start{1'000'000s};

StatementRun run(std::uint64_t fingerprint, Duration at, std::optional<std::uint64_t> parameters = std::nullopt,
                 sql::StatementKind kind = sql::StatementKind::select) {
  StatementRun result;
  auto statement = std::make_shared<Statement>();
  statement->fingerprint.value = fingerprint;
  statement->kind = kind;
  result.statement = std::move(statement);
  result.started_at = start + at;
  result.duration = 10ms;
  result.rows = 20;
  result.parameters = parameters;
  return result;
}

TransactionRecord record() { return TransactionRecord({{4711, WallTime{900'000s}}, start}); }

TEST(TransactionRecord, RunsOfOneStatementAreFoldedAndTheirParametersCompared) {
  auto transaction = record();
  for (int page = 0; page < 1000; ++page) transaction.add(run(7, page * 1s, 42));
  ASSERT_EQ(transaction.first().size(), 1U);
  const FoldedRun& loop = transaction.first().front();
  EXPECT_EQ(loop.count, 1000);
  EXPECT_TRUE(loop.same_parameters);
  EXPECT_EQ(loop.rows, 20'000);
  EXPECT_EQ(loop.longest_gap, 990ms);
  EXPECT_EQ(loop.first.started_at, start);
  EXPECT_EQ(loop.last.started_at, start + 999s);
  transaction.add(run(7, 1000s, 43));
  EXPECT_FALSE(transaction.first().front().same_parameters);
}

TEST(TransactionRecord, UnseenParametersAreNotTakenForTheSame) {
  auto transaction = record();
  transaction.add(run(7, 0s));
  transaction.add(run(7, 1s));
  EXPECT_FALSE(transaction.first().front().same_parameters);
}

TEST(TransactionRecord, AnErrorEndsAFold) {
  auto transaction = record();
  transaction.add(run(7, 0s));
  auto failed = run(7, 1s);
  failed.error = "23505";
  transaction.add(failed);
  EXPECT_EQ(transaction.first().size(), 2U);
}

TEST(TransactionRecord, KeepsHowItBeganAndWhatItDidLast) {
  auto transaction = record();
  const std::uint64_t all = 1000;
  for (std::uint64_t number = 0; number < all; ++number) transaction.add(run(number, std::chrono::seconds(number)));
  EXPECT_EQ(transaction.statements(), 1000);
  EXPECT_EQ(transaction.first().size(), TransactionRecord::first_kept);
  EXPECT_EQ(transaction.last().size(), TransactionRecord::last_kept);
  EXPECT_EQ(transaction.first().back().last.statement->fingerprint.value, 31U);
  EXPECT_EQ(transaction.last().front().first.statement->fingerprint.value, all - TransactionRecord::last_kept);
  EXPECT_EQ(transaction.dropped(), 1000 - 32 - 96);
}

TEST(TransactionRecord, CountsBusyAndIdleTimeAndRowsWritten) {
  auto transaction = record();
  transaction.add(run(1, 1s, std::nullopt, sql::StatementKind::update));
  auto failed = run(2, 2s, std::nullopt, sql::StatementKind::insert);
  failed.error = "23505";
  transaction.add(failed);
  EXPECT_EQ(transaction.rows_written(), 20) << "a failed statement has written nothing";
  EXPECT_EQ(transaction.busy(), 20ms);
  EXPECT_EQ(transaction.idle(start + 10s), 10s - 20ms);
  EXPECT_EQ(transaction.idle(start - 1h), 0s) << "a clock set back gives no negative time";
  EXPECT_EQ(transaction.first().front().gap_before, 1s);
}

TEST(TransactionRecord, RemembersEachLockOnceAndABoundedNumber) {
  auto transaction = record();
  const HeldLock lock{"relation", "public.post", "RowExclusiveLock", 1};
  transaction.add_lock(lock);
  transaction.add_lock(lock);
  EXPECT_EQ(transaction.locks().size(), 1U);
  for (int number = 0; number < 1000; ++number) {
    transaction.add_lock({"advisory", std::to_string(number), "ExclusiveLock", 1});
  }
  EXPECT_EQ(transaction.locks().size(), TransactionRecord::most_locks);
}

TEST(TransactionRecord, IsTheSameWhenMadeAgainFromItsParts) {
  auto transaction = record();
  for (std::uint64_t number = 0; number < 200; ++number)
    transaction.add(run(number / 2, std::chrono::seconds(number), number));
  EXPECT_EQ(transaction.last_end(), start + 199s + 10ms);
  auto again = TransactionRecord::from(transaction.parts());
  EXPECT_EQ(again.statements(), 200);
  EXPECT_EQ(again.id(), transaction.id());
  again.add(run(99, 300s, 1));
  transaction.add(run(99, 300s, 1));
  EXPECT_EQ(again.last().back().count, transaction.last().back().count) << "it goes on folding";
  EXPECT_EQ(again.last_end(), transaction.last_end());
  EXPECT_EQ(again.busy(), transaction.busy());
}

TEST(Fact, IsAPlainValue) {
  TransactionOver over;
  over.record = std::make_shared<TransactionRecord>(record());
  const Fact fact{start, over};
  const std::vector<Fact> copies(2, fact);
  ASSERT_TRUE(std::holds_alternative<TransactionOver>(copies.back().what));
  EXPECT_EQ(std::get<TransactionOver>(copies.back().what).record->id(), record().id());
}

const RepeatedRead* read_of(const TransactionRecord& record, std::uint64_t fingerprint, std::uint64_t parameters) {
  for (const RepeatedRead& read : record.reads()) {
    if (read.statement->fingerprint.value == fingerprint && read.parameters == parameters) return &read;
  }
  return nullptr;
}

// A page that does not advance, and forty statements of others for each of its followers: long out of the folds kept.
TEST(TransactionRecord, AReadThatComesAgainIsCountedHoweverMuchRunsBetween) {
  auto transaction = record();
  for (std::uint64_t round = 0; round < 75; ++round) {
    transaction.add(run(7, round * 1s, 42));
    for (std::uint64_t other = 0; other < 20; ++other) {
      transaction.add(run(8, round * 1s, 1'000 * round + other));
      transaction.add(run(9, round * 1s, other, sql::StatementKind::update));
    }
  }
  const RepeatedRead* page = read_of(transaction, 7, 42);
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->runs + page->unseen_runs, 75);
  EXPECT_GT(page->runs, 60);
  EXPECT_EQ(page->last, start + 74s);
  EXPECT_EQ(page->last_number, 74 * 41 + 1);
  EXPECT_LE(transaction.reads().size(), TransactionRecord::most_reads);
  EXPECT_EQ(read_of(transaction, 9, 3), nullptr) << "no read";
}

TEST(TransactionRecord, FewReadsAreCountedExactly) {
  auto transaction = record();
  for (std::uint64_t round = 0; round < 100; ++round) transaction.add(run(round % 5, round * 1s, round % 3));
  ASSERT_EQ(transaction.reads().size(), 15U);
  for (std::uint64_t place = 0; place < 15; ++place) {
    const RepeatedRead* read = read_of(transaction, place % 5, place % 3);
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->unseen_runs, 0);
    EXPECT_EQ(read->runs, place < 10 ? 7 : 6);
    EXPECT_EQ(read->rows, read->runs * 20);
    EXPECT_EQ(read->first_number, static_cast<std::int64_t>(place) + 1);
  }
  transaction.add(run(7, 101s));
  EXPECT_EQ(transaction.reads().size(), 15U) << "of that one the parameters were not seen";
}

}  // namespace
}  // namespace lockkeeper::model
