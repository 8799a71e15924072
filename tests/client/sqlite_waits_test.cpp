// Locks, deadlines and cancels between connections to one SQLite database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "client/sqlite_fixture.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

const std::string insert = "INSERT INTO words (word) VALUES (hex(randomblob(8)))";
const std::string count = "SELECT count(*) FROM words";
// Runs for a minute, and writes.
const std::string endless_insert =
    "INSERT INTO words (word) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000000000) "
    "SELECT 'x' || i FROM n";
const std::string endless_select =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000000000) SELECT count(*) FROM n";

class SqliteWaits : public SqliteTest {
 protected:
  SqliteWaits() { make_words(*connect()); }

  // Cancels until the action fails: before it runs a cancel has nothing to stop.
  static Error cancelled(Connection& connection, const std::function<void()>& action) {
    const auto canceller = connection.canceller();
    auto running = std::async(std::launch::async, [&] { return error_of(action); });
    const auto stopped = [&] {
      canceller->cancel(soon());
      return running.wait_for(milliseconds(5)) == std::future_status::ready;
    };
    wait_until(stopped, default_patience, "the statement to be cancelled");
    return running.get();
  }

  const std::string shared_ = "sqlite:file:" + path() + "?mode=memory&cache=shared";
};

TEST_F(SqliteWaits, AWriterIsWaitedForUntilTheDeadline) {
  const auto one = connect();
  const auto two = connect();
  one->begin({}, soon());
  one->execute(insert, soon());
  const auto begin = Clock::now();
  const Error error = error_of_running(*two, insert, in(milliseconds(150)));
  EXPECT_GE(Clock::now() - begin, milliseconds(150));
  EXPECT_LT(Clock::now() - begin, seconds(5));
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_THAT(error.message, HasSubstr(path()));
  EXPECT_EQ(single(*two, count), "0") << "readers do not wait";
  one->execute("COMMIT", soon());
  two->execute(insert, soon());
  EXPECT_EQ(single(*one, count), "2");
}

TEST_F(SqliteWaits, AHolderWithAnotherFileAttachedIsNotBlamed) {
  const auto holder = connect();
  const auto waiter = connect();
  const std::vector<std::int64_t> waiters{waiter->server().backend_id};
  const auto is_blamed = [&] { return !connect()->lock_waits(waiters, soon()).empty(); };
  const auto while_it_waits = [&](const std::function<void()>& look) {
    holder->begin({}, soon());
    auto waiting = std::async(std::launch::async, [&] { return waiter->execute(insert, soon()).affected(); });
    look();
    holder->execute("COMMIT", soon());
    EXPECT_EQ(waiting.get(), 1U);
  };
  while_it_waits([&] { wait_until(is_blamed, default_patience, "the wait to be known"); });
  for (const std::string& statement : {"ATTACH '" + path("other.db") + "' AS other", std::string("DETACH other")}) {
    holder->execute(statement, soon());
    while_it_waits([&] {
      const auto end = Clock::now() + milliseconds(200);
      while (Clock::now() < end) EXPECT_FALSE(is_blamed()) << "after " << statement;
    });
  }
}

TEST_F(SqliteWaits, ABeginAtTheDeadlineOpensNothing) {
  const auto one = connect();
  const auto two = connect();
  one->begin({}, soon());
  const Error error = error_of([&] { two->begin({}, in(milliseconds(50))); });
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(two->transaction_status(), TransactionStatus::idle);
  two->begin({.read_only = true}, soon());
  EXPECT_EQ(two->transaction_status(), TransactionStatus::open) << "readers do not wait";
}

TEST_F(SqliteWaits, ALockThatComesFreeIsTaken) {
  const auto one = connect();
  const auto two = connect();
  one->begin({}, soon());
  auto waiting = std::async(std::launch::async, [&] { return two->execute(insert, soon()).affected(); });
  EXPECT_EQ(waiting.wait_for(milliseconds(50)), std::future_status::timeout);
  one->execute("COMMIT", soon());
  EXPECT_EQ(waiting.get(), 1U);
}

TEST_F(SqliteWaits, APragmaOfTheUserDoesNotEndTheWaiting) {
  const auto one = connect();
  const auto two = connect();
  two->execute("PRAGMA busy_timeout=0", soon());
  one->begin({}, soon());
  EXPECT_EQ(error_of_running(*two, insert, in(milliseconds(50))).code, ErrorCode::deadline);
}

TEST_F(SqliteWaits, ACancelWakesAWaiter) {
  const auto one = connect();
  const auto two = connect();
  one->begin({}, soon());
  const Error error = cancelled(*two, [&] { two->execute(insert, in(std::chrono::hours(1))); });
  EXPECT_EQ(error.code, ErrorCode::cancelled) << error.message;
  EXPECT_EQ(error.blast, Blast::statement);
  const Error of_begin = cancelled(*two, [&] { two->begin({}, in(std::chrono::hours(1))); });
  EXPECT_EQ(of_begin.code, ErrorCode::cancelled) << of_begin.message;
  EXPECT_EQ(two->transaction_status(), TransactionStatus::idle);
  one->execute("COMMIT", soon());
  two->execute(insert, soon());
}

TEST_F(SqliteWaits, ACancelOfNothingDoesNothing) {
  const auto connection = connect();
  const auto canceller = connection->canceller();
  for (int round = 0; round < 100; ++round) {
    canceller->cancel(soon());
    connection->execute(insert, soon());
    canceller->cancel(soon());
    connection->begin({}, soon());
    canceller->cancel(soon());
    connection->execute("COMMIT", soon());
  }
  EXPECT_EQ(single(*connection, count), "100");
}

TEST_F(SqliteWaits, ASnapshotThatIsTooOldCannotBeSerialized) {
  const auto late = connect();
  const auto early = connect();
  late->execute("BEGIN", soon());
  EXPECT_EQ(single(*late, count), "0");
  early->execute(insert, soon());
  const Error error = error_of_running(*late, insert);
  EXPECT_EQ(error.code, ErrorCode::serialization);
  EXPECT_EQ(error.blast, Blast::transaction);
  EXPECT_THAT(error.message, HasSubstr("from its beginning"));
  late->execute("ROLLBACK", soon());
  late->execute(insert, soon());
}

TEST_F(SqliteWaits, AReaderThatWantsToWriteBesideAWriterIsToldAtOnce) {
  const auto late = connect();
  const auto early = connect();
  late->execute("BEGIN", soon());
  EXPECT_EQ(single(*late, count), "0");
  early->begin({}, soon());
  const Error error = error_of_running(*late, insert, in(std::chrono::hours(1)));
  EXPECT_EQ(error.code, ErrorCode::serialization);
  EXPECT_EQ(error.blast, Blast::transaction);
}

TEST_F(SqliteWaits, ACommitThatFindsReadersMayBeTriedAgain) {
  const auto writer = connect("?journal_mode=delete");
  const auto reader = connect("?journal_mode=delete");
  reader->begin({.read_only = true}, soon());
  EXPECT_EQ(single(*reader, count), "0");
  writer->begin({}, soon());
  writer->execute(insert, soon());
  const Error error = error_of_running(*writer, "COMMIT", in(milliseconds(50)));
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(writer->transaction_status(), TransactionStatus::open);
  reader->execute("COMMIT", soon());
  writer->execute("COMMIT", soon());
  EXPECT_EQ(single(*reader, count), "1");
}

TEST_F(SqliteWaits, AWriteThatIsStoppedEndsItsTransaction) {
  const auto connection = connect();
  connection->begin({}, soon());
  connection->execute(insert, soon());
  const Error late = error_of_running(*connection, endless_insert, in(milliseconds(100)));
  EXPECT_EQ(late.code, ErrorCode::deadline);
  EXPECT_EQ(late.blast, Blast::transaction);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  connection->begin({}, soon());
  const Error error = cancelled(*connection, [&] { connection->execute(endless_insert, soon()); });
  EXPECT_EQ(error.code, ErrorCode::cancelled);
  EXPECT_EQ(error.blast, Blast::transaction);
  EXPECT_EQ(single(*connection, count), "0");
}

TEST_F(SqliteWaits, AReadThatIsStoppedLeavesItsTransactionOpen) {
  const auto connection = connect();
  connection->begin({}, soon());
  connection->execute(insert, soon());
  EXPECT_EQ(error_of_running(*connection, endless_select, in(milliseconds(50))).blast, Blast::statement);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  connection->execute("COMMIT", soon());
  EXPECT_EQ(single(*connection, count), "1");
}

TEST_F(SqliteWaits, ABatchThatIsStoppedIsUndone) {
  const auto connection = connect();
  const std::vector<Statement> batch{{insert, {}}, {endless_select, {}}, {insert, {}}};
  const Error error = cancelled(*connection, [&] { connection->execute_batch(batch, soon()); });
  EXPECT_EQ(error.code, ErrorCode::cancelled);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  EXPECT_EQ(single(*connection, count), "0");
}

TEST_F(SqliteWaits, AnInterruptFromElsewhereIsACancel) {
  const auto connection = connect();
  auto* const handle = static_cast<sqlite3*>(connection->native_handle());
  auto running = std::async(std::launch::async, [&] { return error_of_running(*connection, endless_select); });
  const auto stopped = [&] {
    sqlite3_interrupt(handle);
    return running.wait_for(milliseconds(5)) == std::future_status::ready;
  };
  wait_until(stopped, default_patience, "the statement to be interrupted");
  EXPECT_EQ(running.get().code, ErrorCode::cancelled);
}

// Whatever was told to have failed is not there, whatever succeeded is, though cancels come all the time; until the
// connection goes under them.
TEST_F(SqliteWaits, CancelsMayMeetAnything) {
  auto connection = connect("?synchronous=off");
  const std::shared_ptr<Canceller> canceller = connection->canceller();
  std::atomic<bool> is_over = false;
  std::thread other([&] {
    try {
      while (!is_over) canceller->cancel(soon());
    } catch (const Failure&) {
      EXPECT_TRUE(is_over);
    }
  });
  const auto succeeds = [&](const std::string& sql) {
    try {
      connection->execute(sql, soon());
      return true;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::cancelled);
      return false;
    }
  };
  int done = 0;
  for (int round = 0; round < 3000; ++round) {
    done += succeeds(insert) ? 1 : 0;
    if (!succeeds("BEGIN IMMEDIATE")) continue;
    const int inside = succeeds(insert) ? 1 : 0;
    while (connection->transaction_status() == TransactionStatus::open) {
      if (succeeds("COMMIT")) done += inside;
    }
  }
  is_over = true;
  connection.reset();
  other.join();
  EXPECT_EQ(single(*connect(), count), std::to_string(done));
}

TEST_F(SqliteWaits, ManyMayConnectToANewFileAtOnce) {
  const std::string fresh = "sqlite://" + path("fresh.db");
  std::vector<std::future<std::string>> modes;
  for (int thread = 0; thread < 8; ++thread) {
    modes.push_back(std::async(std::launch::async, [&] { return single(*open(fresh), "PRAGMA journal_mode"); }));
  }
  for (auto& mode : modes) EXPECT_EQ(mode.get(), "wal");
}

TEST_F(SqliteWaits, TheModeOfAFileInUseIsWaitedForUntilTheDeadline) {
  const std::string used = "sqlite://" + path("used.db");
  const auto reader = open(used + "?journal_mode=delete");
  make_words(*reader);
  reader->begin({.read_only = true}, soon());
  EXPECT_EQ(single(*reader, count), "0");
  const Error error = error_of_opening(used, in(milliseconds(100)));
  EXPECT_EQ(error.code, ErrorCode::deadline) << error.message;
  EXPECT_THAT(error.message, HasSubstr("journal_mode"));
  reader->execute("COMMIT", soon());
  EXPECT_EQ(single(*open(used), "PRAGMA journal_mode"), "wal");
}

TEST_F(SqliteWaits, NothingIsLostBetweenManyWriters) {
  connect()->execute("INSERT INTO words VALUES (1, 0)", soon());
  const auto work = [&] {
    const auto connection = connect("?synchronous=off");
    for (int round = 0; round < 50; ++round) {
      connection->begin({}, soon());
      const std::string next = std::to_string(std::stoi(single(*connection, "SELECT word FROM words")) + 1);
      const std::vector<Parameter> parameters{next};
      connection->execute("UPDATE words SET word = ?", parameters, soon());
      connection->execute("COMMIT", soon());
    }
  };
  std::vector<std::future<void>> workers;
  for (int thread = 0; thread < 4; ++thread) workers.push_back(std::async(std::launch::async, work));
  for (auto& worker : workers) worker.get();
  EXPECT_EQ(single(*connect(), "SELECT word FROM words"), "200");
}

TEST_F(SqliteWaits, SharedMemoryIsWaitedForToo) {
  const auto one = open(shared_);
  const auto two = open(shared_);
  make_words(*one);
  one->begin({}, soon());
  one->execute(insert, soon());
  EXPECT_EQ(error_of_running(*two, insert, in(milliseconds(50))).code, ErrorCode::deadline);
  EXPECT_EQ(error_of_running(*two, count, in(milliseconds(50))).code, ErrorCode::deadline) << "readers wait here";
  const Error error = cancelled(*two, [&] { two->execute(insert, in(std::chrono::hours(1))); });
  EXPECT_EQ(error.code, ErrorCode::cancelled) << error.message;
  auto waiting = std::async(std::launch::async, [&] { return two->execute(insert, soon()).affected(); });
  EXPECT_EQ(waiting.wait_for(milliseconds(50)), std::future_status::timeout);
  one->execute("COMMIT", soon());
  EXPECT_EQ(waiting.get(), 1U);
  EXPECT_EQ(single(*one, count), "2");
}

TEST_F(SqliteWaits, ASchemaInTheMakingIsWaitedForInSharedMemory) {
  const auto one = open(shared_);
  const auto two = open(shared_);
  one->begin({}, soon());
  make_words(*one);
  auto waiting = std::async(std::launch::async, [&] { return single(*two, count); });
  EXPECT_EQ(waiting.wait_for(milliseconds(50)), std::future_status::timeout);
  EXPECT_EQ(error_of_opening(shared_, in(milliseconds(50))).code, ErrorCode::deadline);
  one->execute("COMMIT", soon());
  EXPECT_EQ(waiting.get(), "0");
}

// Whenever a statement has come to an end, a refused one too.
int note_end(unsigned, void* ended, void*, void*) {
  *static_cast<std::atomic<bool>*>(ended) = true;
  return 0;
}

TEST_F(SqliteWaits, SharedMemoryHasDeadlocks) {
  std::atomic<bool> was_refused = false;
  const auto one = open(shared_);
  const auto two = open(shared_);
  make_words(*one);
  one->execute("BEGIN", soon());
  EXPECT_EQ(single(*one, count), "0");
  two->begin({}, soon());
  sqlite3_trace_v2(static_cast<sqlite3*>(two->native_handle()), SQLITE_TRACE_PROFILE, &note_end, &was_refused);
  auto waiting = std::async(std::launch::async, [&] { return two->execute(insert, soon()).affected(); });
  // Refused the table, it waits for it at once: were it later than this one, the deadlock would be its own.
  wait_until([&] { return was_refused.load(); }, default_patience, "the writer to be refused");
  EXPECT_EQ(waiting.wait_for(milliseconds(50)), std::future_status::timeout);
  const Error error = error_of_running(*one, insert);
  EXPECT_EQ(error.code, ErrorCode::deadlock) << error.message;
  EXPECT_EQ(error.blast, Blast::transaction);
  one->execute("ROLLBACK", soon());
  EXPECT_EQ(waiting.get(), 1U);
  two->execute("COMMIT", soon());
}

}  // namespace
}  // namespace lockkeeper::testing
