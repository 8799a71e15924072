// The SQLite driver's own promises beyond the contract: files, sessions and their settings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "client/sqlite_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;

using Sqlite = SqliteTest;

TEST_F(Sqlite, AFileHasAWalAndForeignKeysAndFullSync) {
  const auto connection = connect();
  EXPECT_EQ(single(*connection, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(single(*connection, "PRAGMA foreign_keys"), "1");
  EXPECT_EQ(single(*connection, "PRAGMA synchronous"), "2");
  EXPECT_EQ(single(*connection, "PRAGMA query_only"), "0");
  EXPECT_EQ(connection->server().database, path());
  EXPECT_EQ(connection->server().host, "");
}

TEST_F(Sqlite, SettingsAreInForce) {
  Target target = target_of(url("?journal_mode=truncate&cache_size=123&foreign_keys=off"));
  target.settings = {{"cache_size", "-456"}, {"page_size", "8192"}};
  const auto connection = make_sqlite_driver()->connect(target, soon());
  EXPECT_EQ(single(*connection, "PRAGMA journal_mode"), "truncate");
  EXPECT_EQ(single(*connection, "PRAGMA cache_size"), "-456");
  EXPECT_EQ(single(*connection, "PRAGMA page_size"), "8192");
  EXPECT_EQ(single(*connection, "PRAGMA foreign_keys"), "0");
}

TEST_F(Sqlite, APageSizeComesBeforeTheWal) {
  EXPECT_EQ(single(*connect("?page_size=16384"), "PRAGMA page_size"), "16384");
  EXPECT_EQ(single(*connect(), "PRAGMA page_size"), "16384");
}

TEST_F(Sqlite, AWrongOptionMakesNoFile) {
  const Error error = error_of_opening(url("?jornal_mode=wal"));
  EXPECT_EQ(error.code, ErrorCode::configuration);
  EXPECT_EQ(error.blast, Blast::connection);
  EXPECT_THAT(error.message, HasSubstr("journal_mode"));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(Sqlite, AJournalModeThatCannotBeIsAnError) {
  const Error error = error_of_opening("sqlite::memory:?journal_mode=wal");
  EXPECT_EQ(error.code, ErrorCode::configuration);
  EXPECT_THAT(error.message, HasSubstr("it is memory"));
}

TEST_F(Sqlite, MissingFilesAndFoldersAreNamed) {
  const Error no_folder = error_of_opening("sqlite://" + path("missing/test.db"));
  EXPECT_EQ(no_folder.code, ErrorCode::unknown_database);
  EXPECT_THAT(no_folder.message, HasSubstr("the folder \"" + path("missing") + "\" does not exist"));
  const Error no_file = error_of_opening(url("?mode=rw"));
  EXPECT_EQ(no_file.code, ErrorCode::unknown_database);
  EXPECT_THAT(no_file.message, HasSubstr("there is no such file"));
  const Error folder = error_of_opening("sqlite://" + path(""));
  EXPECT_EQ(folder.code, ErrorCode::unknown_database);
  EXPECT_THAT(folder.message, HasSubstr("it is a folder"));
  for (const Error& error : {no_folder, no_file, folder}) EXPECT_EQ(error.blast, Blast::connection);
}

// Root may open anything; so root becomes somebody else for a while.
class AsNobody {
 public:
  AsNobody() { EXPECT_TRUE(!is_root_ || ::seteuid(65534) == 0); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() { EXPECT_TRUE(!is_root_ || ::seteuid(0) == 0); }

 private:
  bool is_root_ = ::geteuid() == 0;
};

TEST_F(Sqlite, AFileThatMayNotBeReadIsAQuestionOfPermission) {
  write_file(path(), "");
  std::filesystem::permissions(path(), std::filesystem::perms::none);
  const AsNobody nobody;
  const Error error = error_of_opening(url());
  EXPECT_EQ(error.code, ErrorCode::permission);
  EXPECT_THAT(error.message, HasSubstr("Permission denied"));
}

TEST_F(Sqlite, AFileThatIsNoDatabaseIsAProtocolError) {
  write_file(path(), std::string(4096, 'x'));
  const Error error = error_of_opening(url());
  EXPECT_EQ(error.code, ErrorCode::protocol);
  EXPECT_EQ(error.blast, Blast::connection);
  EXPECT_THAT(error.message, HasSubstr(path()));
}

TEST_F(Sqlite, ADamagedFileIsToldWithAdvice) {
  {
    const auto connection = connect("?journal_mode=delete");
    make_words(*connection);
    connection->execute("INSERT INTO words (word) VALUES (hex(randomblob(2000)))", soon());
  }
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(4096, 'x');
  }
  const auto connection = connect();
  const Error error = error_of_running(*connection, "SELECT * FROM words");
  EXPECT_EQ(error.code, ErrorCode::server_error);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_THAT(error.message, HasSubstr("integrity_check"));
}

TEST_F(Sqlite, AFileThatWasReplacedEndsTheConnection) {
  const auto connection = connect("?journal_mode=delete");
  make_words(*connection);
  std::filesystem::rename(path(), path("elsewhere.db"));
  const Error error = error_of_running(*connection, "INSERT INTO words (word) VALUES ('lost')");
  EXPECT_EQ(error.code, ErrorCode::connection_lost) << error.message;
  EXPECT_EQ(error.blast, Blast::connection);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
  EXPECT_EQ(error_of_running(*connection, "SELECT 1").code, ErrorCode::misuse);
}

TEST_F(Sqlite, APingSeesThatTheFileWasReplaced) {
  const auto connection = connect();
  make_words(*connection);
  connection->ping(soon());
  std::filesystem::rename(path(), path("elsewhere.db"));
  write_file(path(), "");
  const Error error = error_of([&] { connection->ping(soon()); });
  EXPECT_EQ(error.code, ErrorCode::connection_lost);
  EXPECT_EQ(error.blast, Blast::connection);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::unknown);
}

TEST_F(Sqlite, WhatIsOpenForReadingIsNotWrittenTo) {
  make_words(*connect());
  const auto connection = connect("?mode=ro");
  const Error error = error_of_running(*connection, "INSERT INTO words (word) VALUES ('no')");
  EXPECT_EQ(error.code, ErrorCode::permission);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_THAT(error.message, HasSubstr("mode=ro"));
  connection->begin({}, soon());
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM words"), "0");
  connection->execute("COMMIT", soon());
  const std::vector<Statement> batch{{"SELECT 1", {}}, {"WITH one AS (SELECT 1) SELECT * FROM one", {}}};
  EXPECT_EQ(connection->execute_batch(batch, soon()).size(), 2U);
}

TEST_F(Sqlite, AnImmutableFileIsRead) {
  make_words(*connect());
  const auto connection = connect("?immutable=1");
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM words"), "0");
  EXPECT_EQ(error_of_running(*connection, "DELETE FROM words").code, ErrorCode::permission);
}

TEST_F(Sqlite, QueryOnlyInTheSettingsStays) {
  make_words(*connect());
  const auto connection = connect("?query_only=on");
  for (const bool read_only : {true, false}) {
    connection->begin({.read_only = read_only}, soon());
    EXPECT_EQ(error_of_running(*connection, "DELETE FROM words").code, ErrorCode::permission);
    connection->execute("ROLLBACK", soon());
    EXPECT_EQ(error_of_running(*connection, "DELETE FROM words").code, ErrorCode::permission);
  }
}

TEST_F(Sqlite, MemoryIsPrivate) {
  const auto one = open("sqlite::memory:");
  const auto other = open("sqlite::memory:");
  make_words(*one);
  EXPECT_EQ(error_of_running(*other, "SELECT * FROM words").code, ErrorCode::server_error);
  EXPECT_EQ(one->server().database, ":memory:");
}

TEST_F(Sqlite, NamedMemoryIsSharedUntilTheLastConnectionGoes) {
  const std::string shared = "sqlite:file:shared_until_the_last?mode=memory&cache=shared";
  {
    const auto one = open(shared);
    make_words(*one);
    const auto other = open(shared);
    other->execute("INSERT INTO words (word) VALUES ('seen')", soon());
    EXPECT_EQ(single(*one, "SELECT word FROM words"), "seen");
  }
  EXPECT_EQ(single(*open(shared), "SELECT count(*) FROM sqlite_master"), "0");
}

TEST_F(Sqlite, MemoryOfTheVfsMemdbIsSharedToo) {
  const std::string shared = "sqlite:file:/shared_by_vfs?vfs=memdb";
  const auto one = open(shared);
  const auto other = open(shared);
  make_words(*one);
  EXPECT_EQ(single(*other, "SELECT count(*) FROM words"), "0");
}

TEST_F(Sqlite, AResetPutsPragmasBack) {
  const auto connection = connect("?cache_size=77");
  connection->execute("PRAGMA foreign_keys=off", soon());
  connection->execute("PRAGMA cache_size=5", soon());
  connection->execute("PRAGMA query_only=on", soon());
  connection->reset(soon());
  EXPECT_EQ(single(*connection, "PRAGMA foreign_keys"), "1");
  EXPECT_EQ(single(*connection, "PRAGMA cache_size"), "77");
  make_words(*connection);
}

// Pragmas act when they are prepared: a kept one would act once.
TEST_F(Sqlite, APragmaWorksEveryTime) {
  const auto connection = connect();
  for (int round = 0; round < 3; ++round) {
    connection->execute("PRAGMA foreign_keys=off", soon());
    EXPECT_EQ(single(*connection, "PRAGMA foreign_keys"), "0");
    connection->execute("PRAGMA foreign_keys=on", soon());
    EXPECT_EQ(single(*connection, "PRAGMA foreign_keys"), "1");
  }
}

TEST_F(Sqlite, AFullDatabaseIsToldAndTheTransactionGoesOnWhereItCan) {
  const auto connection = connect();
  make_words(*connection);
  connection->execute("PRAGMA max_page_count=20", soon());
  const std::string big = "INSERT INTO words (word) VALUES (hex(zeroblob(500000)))";
  const Error alone = error_of_running(*connection, big);
  EXPECT_EQ(alone.code, ErrorCode::disk_full);
  EXPECT_EQ(alone.blast, Blast::statement);
  EXPECT_THAT(alone.message, HasSubstr("max_page_count"));
  connection->begin({}, soon());
  connection->execute("INSERT INTO words (word) VALUES ('small')", soon());
  const Error inside = error_of_running(*connection, big);
  EXPECT_EQ(inside.code, ErrorCode::disk_full);
  const bool is_open = connection->transaction_status() == TransactionStatus::open;
  EXPECT_EQ(inside.blast, is_open ? Blast::statement : Blast::transaction) << inside.message;
  if (is_open) connection->execute("ROLLBACK", soon());
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM words"), "0");
}

TEST_F(Sqlite, AnErrorThatRollsBackEndsTheTransaction) {
  const auto connection = connect();
  make_words(*connection);
  connection->execute("INSERT INTO words VALUES (1, 'one')", soon());
  for (const bool read_only_after : {false, true}) {
    connection->begin({}, soon());
    const Error error = error_of_running(*connection, "INSERT OR ROLLBACK INTO words VALUES (1, 'again')");
    EXPECT_EQ(error.code, ErrorCode::constraint);
    EXPECT_EQ(error.blast, Blast::transaction);
    EXPECT_THAT(error.message, HasSubstr("rolled back"));
    EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
    connection->begin({.read_only = read_only_after}, soon());
    connection->execute("COMMIT", soon());
  }
}

TEST_F(Sqlite, ReadOnlyEndsWithItsTransactionHoweverItEnds) {
  const auto connection = connect();
  make_words(*connection);
  const std::vector<std::function<void()>> ends{
      [&] { connection->execute("COMMIT", soon()); },
      [&] { connection->execute("ROLLBACK", soon()); },
      [&] { connection->execute("END", soon()); },
      [&] { sqlite3_exec(static_cast<sqlite3*>(connection->native_handle()), "COMMIT", nullptr, nullptr, nullptr); },
  };
  for (const auto& end : ends) {
    connection->begin({.read_only = true}, soon());
    EXPECT_EQ(single(*connection, "PRAGMA query_only"), "1");
    const Error error = error_of_running(*connection, "DELETE FROM words");
    EXPECT_EQ(error.code, ErrorCode::permission);
    EXPECT_EQ(error.blast, Blast::statement);
    EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
    end();
    EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
    EXPECT_EQ(single(*connection, "PRAGMA query_only"), "0");
    connection->execute("DELETE FROM words", soon());
    connection->begin({}, soon());
    connection->execute("DELETE FROM words", soon());
    connection->execute("COMMIT", soon());
  }
}

TEST_F(Sqlite, AStreamAfterAReadOnlyTransactionMayWrite) {
  const auto connection = connect();
  make_words(*connection);
  connection->begin({.read_only = true}, soon());
  sqlite3_exec(static_cast<sqlite3*>(connection->native_handle()), "COMMIT", nullptr, nullptr, nullptr);
  Rows chunk;
  EXPECT_FALSE(connection->stream("INSERT INTO words (word) VALUES ('new')", {}, 1, soon())->next(chunk, soon()));
  EXPECT_EQ(chunk.affected(), 1U);
}

}  // namespace
}  // namespace lockkeeper::testing
