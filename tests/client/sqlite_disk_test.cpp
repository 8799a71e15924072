// What an SQLite transaction comes to when the disk fails it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include "client/sqlite_failing_vfs.hpp"
#include "client/sqlite_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;

class SqliteDisk : public SqliteTest {
 protected:
  SqliteDisk() { make_words(*connection_); }

  // Begins, writes, lets the disk fail as told, and commits; then the disk is well again.
  Error error_of_commit(std::atomic<int>& failing, int failure) {
    connection_->begin({}, soon());
    connection_->execute("INSERT INTO words (word) VALUES ('lost')", soon());
    failing = failure;
    Error error = error_of_running(*connection_, "COMMIT");
    failing = SQLITE_OK;
    return error;
  }

  void expect_nothing_written_and_all_well() {
    EXPECT_EQ(connection_->transaction_status(), TransactionStatus::idle);
    EXPECT_EQ(single(*connection_, "SELECT count(*) FROM words"), "0");
    connection_->execute("INSERT INTO words (word) VALUES ('kept')", soon());
    EXPECT_EQ(single(*connect(), "SELECT word FROM words"), "kept");
  }

  FailingVfs& disk_ = failing_vfs();
  std::unique_ptr<Connection> connection_ = connect("?vfs=failing");
};

TEST_F(SqliteDisk, AFileThatCanHaveNoWalStaysAsItIs) {
  EXPECT_EQ(single(*connection_, "PRAGMA journal_mode"), "delete");
  const Error error = error_of_opening(url("?vfs=failing&journal_mode=wal"));
  EXPECT_EQ(error.code, ErrorCode::configuration);
  EXPECT_THAT(error.message, HasSubstr("it is delete"));
}

TEST_F(SqliteDisk, ACommitThatCannotBeSyncedIsRolledBack) {
  const Error error = error_of_commit(disk_.sync, SQLITE_IOERR_FSYNC);
  EXPECT_EQ(error.code, ErrorCode::server_error);
  EXPECT_EQ(error.blast, Blast::transaction);
  EXPECT_THAT(error.message, HasSubstr("rolled back"));
  expect_nothing_written_and_all_well();
}

TEST_F(SqliteDisk, ACommitThatFindsNoRoomIsRolledBack) {
  const Error error = error_of_commit(disk_.write, SQLITE_FULL);
  EXPECT_EQ(error.code, ErrorCode::disk_full);
  EXPECT_EQ(error.blast, Blast::transaction);
  expect_nothing_written_and_all_well();
}

TEST_F(SqliteDisk, ACommitThatCannotRemoveItsJournalIsRolledBack) {
  const Error error = error_of_commit(disk_.remove, SQLITE_IOERR_DELETE);
  EXPECT_EQ(error.blast, Blast::transaction) << error.message;
  expect_nothing_written_and_all_well();
}

TEST_F(SqliteDisk, AStatementAloneIsUndone) {
  disk_.sync = SQLITE_IOERR_FSYNC;
  const Error error = error_of_running(*connection_, "INSERT INTO words (word) VALUES ('lost')");
  disk_.sync = SQLITE_OK;
  EXPECT_EQ(error.blast, Blast::statement);
  expect_nothing_written_and_all_well();
}

TEST_F(SqliteDisk, ABatchIsUndone) {
  const std::vector<Statement> batch{{"INSERT INTO words (word) VALUES ('lost')", {}}, {"SELECT 1", {}}};
  disk_.write = SQLITE_FULL;
  const Error error = error_of([&] { connection_->execute_batch(batch, soon()); });
  disk_.write = SQLITE_OK;
  EXPECT_EQ(error.code, ErrorCode::disk_full);
  EXPECT_EQ(error.blast, Blast::statement);
  expect_nothing_written_and_all_well();
}

}  // namespace
}  // namespace lockkeeper::testing
