// Statements that are stopped, at their deadline or by a canceller: these and no others.
#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include <lockkeeper/mysql.hpp>

#include "client/mysql_fixture.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr const char* sleep_sql = "SELECT 1 FROM DUAL WHERE SLEEP(60)";

class MysqlCancel : public MysqlTest {};

TEST_P(MysqlCancel, ADeadlineInThePastSendsNothing) {
  const auto connection = connect();
  const Error error = error_of([&] { connection->execute(sleep_sql, in(milliseconds(-1000))); });
  EXPECT_EQ(error.code, ErrorCode::deadline);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_THAT(error.message, HasSubstr("not sent"));
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

TEST_P(MysqlCancel, AShortDeadlineMayOvertakeItsStatement) {
  auto connection = connect();
  const Parameter parameter(60);
  int survived = 0;
  for (int round = 0; round < 20; ++round) {
    const Error error = error_of([&] {
      connection->execute("SELECT 1 FROM DUAL WHERE SLEEP(?)", {&parameter, 1}, in(std::chrono::microseconds(300)));
    });
    ASSERT_EQ(error.code, ErrorCode::deadline);
    if (error.blast == Blast::statement) {
      ++survived;
    } else {  // MySQL's connection for the kill can take longer than the grace on a loaded machine
      ASSERT_FALSE(is_mariadb());
      // commit_unknown: it had been prepared in time, and was sent
      ASSERT_THAT(error.blast, AnyOf(Blast::connection, Blast::commit_unknown));
      connection = connect();
    }
  }
  EXPECT_GE(survived, 10);
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

// A statement that ends by itself just when it is to be killed: the kill must not reach the next one.
TEST_P(MysqlCancel, AKillThatComesTooLateIsAbsorbed) {
  auto connection = connect();
  int ended_by_itself = 0;
  int lost = 0;
  for (int round = 0; round < 60; ++round) {
    try {
      connection->execute("SELECT 1 FROM DUAL WHERE SLEEP(0.02)",
                          in(milliseconds(20) + std::chrono::microseconds(20 * round)));
      ++ended_by_itself;
    } catch (const Failure& failure) {
      ASSERT_EQ(failure.error().code, ErrorCode::deadline) << failure.what();
      if (failure.error().blast != Blast::statement) {  // the kill came after the grace, as above
        ASSERT_FALSE(is_mariadb());
        ASSERT_TRUE(is_lost(*connection));
        connection = connect();
        ++lost;
        continue;
      }
    }
    ASSERT_EQ(single(*connection, "SELECT count(*) FROM " + counted(1000)), "1000");
  }
  EXPECT_LE(lost, 10);
  RecordProperty("ended_by_itself", ended_by_itself);
}

TEST_P(MysqlCancel, ACancelStopsNoStatementThatBeginsLater) {
  const auto connection = connect();
  const auto canceller = connection->canceller();
  const int rounds = is_mariadb() ? 300 : 60;  // a connection of its own for each cancel, dear on MySQL
  for (int round = 0; round < rounds / 3; ++round) {
    canceller->cancel(soon());
    ASSERT_EQ(single(*connection, "SELECT count(*) FROM " + counted(10'000)), "10000");
  }
  // One that is under way when the statement before ends: the next one waits for it.
  std::atomic<bool> done = false;
  std::atomic<int> cancelled = 0;
  std::thread other([&] {
    while (!done) {
      canceller->cancel(soon());
      ++cancelled;
    }
  });
  int interrupted = 0;
  for (int round = 0; round < rounds; ++round) {
    const int before = cancelled;
    try {
      connection->execute("SELECT count(*) FROM " + counted(10'000), soon());
    } catch (const Failure& failure) {
      ASSERT_EQ(failure.error().code, ErrorCode::cancelled) << failure.what();
      ++interrupted;
    }
    wait_until([&] { return cancelled > before; }, default_patience, "the next cancel");
  }
  done = true;
  other.join();
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
  RecordProperty("interrupted", interrupted);
}

TEST_P(MysqlCancel, ACancelThatReachesAnotherServerKillsNobody) {
  auto here = start();
  auto other = start();
  const TemporaryFolder folder;
  const auto link = folder.path() / "socket";
  std::filesystem::create_symlink(here.socket(), link);
  const auto connection = connect("mysql://root@localhost/test?socket=" + link.string());
  // Another server may have another session of the same id.
  std::unique_ptr<Connection> stranger = connect(other.url());
  while (stranger->server().backend_id < connection->server().backend_id) stranger = connect(other.url());
  std::filesystem::remove(link);
  std::filesystem::create_symlink(other.socket(), link);
  const Error error = error_of([&] { connection->canceller()->cancel(soon()); });
  EXPECT_EQ(error.code, ErrorCode::unreachable);
  EXPECT_THAT(error.message, HasSubstr("another server"));
  EXPECT_EQ(MysqlSession(other).exec("SHOW GLOBAL STATUS LIKE 'Com_kill'").at(0).at(1), "0");
}

TEST_P(MysqlCancel, AWaitForALockEndsAtTheDeadlineAndKeepsTheTransaction) {
  const auto holder = connect();
  make_table(*holder, "waited");
  holder->execute("INSERT INTO waited VALUES (1, 'x')", soon());
  holder->begin({}, soon());
  holder->execute("UPDATE waited SET word = 'mine'", soon());
  Error error;
  const auto play = [&](Connection& played) {
    played.begin({}, soon());
    error = error_of([&] { played.execute("UPDATE waited SET word = 'yours'", in(milliseconds(200))); });
    EXPECT_EQ(error.code, ErrorCode::deadline);
  };
  const auto connection = survivor(!is_mariadb(), [] { return connect(); }, play);
  EXPECT_EQ(error.sqlstate, "70100");
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  connection->execute("ROLLBACK", soon());
}

INSTANTIATE_TEST_SUITE_P(Installed, MysqlCancel, ::testing::ValuesIn(mysql_installations()), label_of_mysql);

}  // namespace
}  // namespace lockkeeper::testing
