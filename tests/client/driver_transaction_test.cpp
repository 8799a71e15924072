// How transactions begin, and the ways in which the database refuses one for the sake of another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "client/driver_contract.hpp"

namespace lockkeeper::testing {
namespace {

class DriverTransaction : public DriverContract {
 protected:
  static std::optional<Error> outcome(Connection& connection, const std::string& sql) {
    try {
      connection.execute(sql, soon());
    } catch (const Failure& failure) {
      return failure.error();
    }
    return std::nullopt;
  }

  static void roll_back(Connection& connection) {
    if (connection.transaction_status() != TransactionStatus::idle) connection.execute("ROLLBACK", soon());
    EXPECT_EQ(connection.transaction_status(), TransactionStatus::idle);
  }

  // What a reader's second look says of a row that another transaction has changed after the first.
  static std::string second_look(Isolation isolation) {
    const auto reader = connect();
    const auto writer = connect();
    make_two_rows(*writer, "looked_at");
    reader->begin({.isolation = isolation, .read_only = true}, soon());
    EXPECT_EQ(single(*reader, "SELECT word FROM looked_at WHERE id = 1"), "old");
    writer->execute("UPDATE looked_at SET word = 'new' WHERE id = 1", soon());
    std::string seen = single(*reader, "SELECT word FROM looked_at WHERE id = 1");
    reader->execute("COMMIT", soon());
    return seen;
  }
};

TEST_P(DriverTransaction, BeginsWithEveryIsolationAndAccess) {
  const auto connection = connect();
  make_two_rows(*connection, "begun");
  for (const std::optional<Isolation> isolation :
       {std::optional<Isolation>(), std::optional(Isolation::read_uncommitted),
        std::optional(Isolation::read_committed), std::optional(Isolation::repeatable_read),
        std::optional(Isolation::serializable)}) {
    for (const bool read_only : {false, true}) {
      connection->begin({.isolation = isolation, .read_only = read_only}, soon());
      EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
      EXPECT_EQ(single(*connection, "SELECT count(*) FROM begun"), "2");
      EXPECT_EQ(outcome(*connection, "UPDATE begun SET word = 'new'").has_value(), read_only);
      roll_back(*connection);
    }
  }
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM begun WHERE word = 'old'"), "2");
}

TEST_P(DriverTransaction, ReadOnlyLastsForOneTransaction) {
  const auto connection = connect();
  make_two_rows(*connection, "afterwards");
  connection->begin({.isolation = Isolation::serializable, .read_only = true, .deferrable = true}, soon());
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM afterwards"), "2");
  connection->execute("COMMIT", soon());
  EXPECT_EQ(outcome(*connection, "UPDATE afterwards SET word = 'new' WHERE id = 1"), std::nullopt);
  connection->begin({}, soon());
  EXPECT_EQ(outcome(*connection, "UPDATE afterwards SET word = 'new' WHERE id = 2"), std::nullopt);
  connection->execute("COMMIT", soon());
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM afterwards WHERE word = 'new'"), "2");
}

TEST_P(DriverTransaction, BeginTwiceIsMisuseAndLeavesTheFirstAlone) {
  const auto connection = connect();
  make_two_rows(*connection, "twice");
  connection->begin({}, soon());
  connection->execute("UPDATE twice SET word = 'new'", soon());
  const Error error = error_of([&] { connection->begin({}, soon()); });
  EXPECT_EQ(error.code, ErrorCode::misuse);
  EXPECT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::open);
  connection->execute("COMMIT", soon());
  EXPECT_EQ(single(*connection, "SELECT count(*) FROM twice WHERE word = 'new'"), "2");
}

TEST_P(DriverTransaction, BeginOnAClosedConnectionIsMisuse) {
  const auto connection = connect();
  connection->close();
  EXPECT_EQ(error_of([&] { connection->begin({}, soon()); }).code, ErrorCode::misuse);
}

TEST_P(DriverTransaction, ABeginTooLateOpensNothing) {
  const auto connection = connect();
  EXPECT_EQ(error_of([&] { connection->begin({}, in(std::chrono::milliseconds(-1))); }).code, ErrorCode::deadline);
  EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
}

TEST_P(DriverTransaction, IsolationIsWhatWasAskedForOrMore) {
  EXPECT_EQ(second_look(Isolation::repeatable_read), "old");
  EXPECT_EQ(second_look(Isolation::read_committed), tested().begins_what_is_asked ? "new" : "old");
}

TEST_P(DriverTransaction, ConstraintsAreTold) {
  const auto connection = connect();
  connection->execute("DROP TABLE IF EXISTS bound", soon());
  connection->execute("CREATE TABLE bound (id integer PRIMARY KEY, word varchar(20) NOT NULL, n integer CHECK (n > 0))",
                      soon());
  connection->execute("INSERT INTO bound VALUES (1, 'one', 1)", soon());
  for (const std::string values : {"(1, 'again', 1)", "(2, NULL, 1)", "(3, 'three', 0)"}) {
    const auto error = outcome(*connection, "INSERT INTO bound VALUES " + values);
    ASSERT_TRUE(error) << values;
    EXPECT_EQ(error->code, ErrorCode::constraint) << values << ": " << error->message;
    EXPECT_EQ(error->blast, Blast::statement);
  }
}

TEST_P(DriverTransaction, ADeadlockHasOneVictim) {
  if (!tested().detects_deadlocks) GTEST_SKIP() << "it knows no deadlocks";
  const auto one = connect();
  const auto two = connect();
  make_two_rows(*one, "crossed");
  one->begin({}, soon());
  two->begin({}, soon());
  one->execute("UPDATE crossed SET word = 'one' WHERE id = 1", soon());
  two->execute("UPDATE crossed SET word = 'two' WHERE id = 2", soon());
  auto crossing =
      std::async(std::launch::async, [&] { return outcome(*one, "UPDATE crossed SET word = 'one' WHERE id = 2"); });
  const auto error_of_two = outcome(*two, "UPDATE crossed SET word = 'two' WHERE id = 1");
  const auto error_of_one = crossing.get();
  ASSERT_NE(error_of_one.has_value(), error_of_two.has_value());
  const Error& victim = error_of_one ? *error_of_one : *error_of_two;
  EXPECT_EQ(victim.code, ErrorCode::deadlock) << victim.message;
  EXPECT_EQ(victim.blast, Blast::transaction);
  roll_back(*one);
  roll_back(*two);
}

TEST_P(DriverTransaction, ASnapshotThatIsTooOldCannotBeSerialized) {
  if (!tested().snapshots_conflict) GTEST_SKIP() << "the last writer wins here";
  const auto late = connect();
  const auto early = connect();
  make_two_rows(*early, "raced");
  late->begin({.isolation = Isolation::repeatable_read}, soon());
  EXPECT_EQ(single(*late, "SELECT word FROM raced WHERE id = 1"), "old");
  early->execute("UPDATE raced SET word = 'early' WHERE id = 1", soon());
  const auto error = outcome(*late, "UPDATE raced SET word = 'late' WHERE id = 1");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::serialization) << error->message;
  EXPECT_EQ(error->blast, Blast::transaction);
  roll_back(*late);
}

TEST_P(DriverTransaction, ALockThatIsNotWaitedFor) {
  if (!tested().has_nowait) GTEST_SKIP() << "it has no NOWAIT";
  const auto holder = connect();
  const auto other = connect();
  make_two_rows(*holder, "held");
  holder->begin({}, soon());
  holder->execute("UPDATE held SET word = 'mine' WHERE id = 1", soon());
  const auto error = outcome(*other, "SELECT * FROM held WHERE id = 1 FOR UPDATE NOWAIT");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::lock_not_available) << error->message;
  EXPECT_EQ(error->blast, Blast::statement);
  roll_back(*holder);
}

INSTANTIATE_TEST_SUITE_P(Driver, DriverTransaction, ::testing::ValuesIn(driver_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
