// What callers of transactions are told when SQLite's disk is full, with a WAL (the default) and without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <lockkeeper/database.hpp>
#include <lockkeeper/sqlite.hpp>

#include "client/driver_under_test.hpp"
#include "client/sqlite_failing_vfs.hpp"
#include "library/recorder.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

class FullDisk : public ::testing::TestWithParam<std::string> {
 protected:
  FullDisk() { connect().execute("CREATE TABLE entry (id integer PRIMARY KEY, text blob)", soon()); }

  static void insert(TransactionRef tx, int id) { tx.execute("INSERT INTO entry (id) VALUES (?)", id); }

  // As somebody sees it who has nothing to do with the pool.
  std::vector<int> ids_in_the_file() {
    const Rows rows = connect().execute("SELECT id FROM entry", soon());
    std::vector<int> ids;
    for (std::size_t row = 0; row < rows.size(); ++row) ids.push_back(std::stoi(std::string(*rows.cell(row, 0))));
    return ids;
  }

  void expect_all_well_with(const std::vector<int>& ids) {
    EXPECT_THAT(ids_in_the_file(), UnorderedElementsAreArray(ids));
    EXPECT_EQ(db_.pool().metrics().in_use, 0U);
    EXPECT_EQ(db_.pool().metrics().unknown_commits, 0U);
    EXPECT_TRUE(events_.of(EventKind::dirty_return).empty());
  }

  // With room on the disk again.
  void expect_the_next_alone_to_be_there() {
    disk_.write = SQLITE_OK;
    db_.transact([](auto& next) { insert(next, 2); });
    expect_all_well_with({2});
  }

  FailingVfs& disk_ = failing_vfs();
  TemporaryFolder folder_;
  EventRecorder events_;
  Database db_{make_sqlite_driver(), Target{.url = "sqlite://" + file() + "?vfs=" + GetParam()},
               PoolSettings{.name = "full", .maximum_size = 4}, events_};

 private:
  [[nodiscard]] std::string file() const { return (folder_.path() / "full.db").string(); }
  [[nodiscard]] Connection& connect() {
    if (!aside_) aside_ = make_sqlite_driver()->connect(target_of("sqlite://" + file() + "?vfs=" + GetParam()), soon());
    return *aside_;
  }

  std::unique_ptr<Connection> aside_;
};

TEST_P(FullDisk, ACommitIsToldAsRolledBack) {
  Transaction tx = db_.begin();
  insert(tx.ref(), 1);
  disk_.write = SQLITE_FULL;
  EXPECT_EQ(std::move(tx).commit(), CommitOutcome::rolled_back);
  expect_the_next_alone_to_be_there();
}

TEST_P(FullDisk, TransactSaysWhyAndWhere) {
  const Error error = error_of([&] {
    db_.transact([&](auto& tx) {
      insert(tx, 1);
      disk_.write = SQLITE_FULL;
    });
  });
  EXPECT_EQ(error.code, ErrorCode::disk_full);
  EXPECT_EQ(error.blast, Blast::transaction);
  EXPECT_THAT(error.message, AllOf(HasSubstr("was not committed"), HasSubstr("is full"), HasSubstr("full.db")));
  expect_the_next_alone_to_be_there();
}

// More than the page cache holds: it is written before the commit.
TEST_P(FullDisk, AStatementThatFindsNoRoomLeavesNothing) {
  const Error error = error_of([&] {
    db_.transact([&](auto& tx) {
      insert(tx, 1);
      disk_.write = SQLITE_FULL;
      tx.execute("INSERT INTO entry (text) VALUES (zeroblob(20000000))");
    });
  });
  EXPECT_EQ(error.code, ErrorCode::disk_full) << error.message;
  expect_the_next_alone_to_be_there();
}

// The disk is full now and then, while many write: what was told is what is there.
TEST_P(FullDisk, WhatCallersWereToldIsWhatHappened) {
  constexpr int threads = 4, enough = 40;
  std::atomic<int> next_id{0}, failures{0}, successes{0};
  std::mutex mutex;
  std::vector<int> committed;
  const auto is_over = [&] { return failures >= enough && successes >= enough; };
  const auto write = [&] {
    while (!is_over()) {
      const int id = ++next_id;
      try {
        db_.transact([&](auto& tx) { insert(tx, id); });
        const std::lock_guard guard(mutex);
        committed.push_back(id);
        ++successes;
      } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().code, ErrorCode::disk_full) << failure.error().message;
        ++failures;
      }
    }
  };
  std::vector<std::jthread> writers;
  for (int thread = 0; thread < threads; ++thread) writers.emplace_back(write);
  for (bool is_full = false; !is_over(); is_full = !is_full) {
    disk_.write = is_full ? SQLITE_FULL : SQLITE_OK;
    const int before = is_full ? failures.load() : successes.load();
    const auto has_ended = [&] { return (is_full ? failures : successes) > before || is_over(); };
    wait_until(has_ended, default_patience, "a transaction to end");
  }
  disk_.write = SQLITE_OK;
  writers.clear();
  expect_all_well_with(committed);
}

INSTANTIATE_TEST_SUITE_P(Journals, FullDisk, ::testing::Values("failing", "failing_wal"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace lockkeeper::testing
