// Statements that are kept prepared: the caller sees nothing of it but its speed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/driver_contract.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::ElementsAre;

// Enough that every driver keeps a text that it is given so often.
constexpr int often = 8;

class DriverStatements : public DriverContract {
 protected:
  static void run_often(Connection& connection, const std::string& sql, std::span<const Parameter> parameters = {}) {
    for (int round = 0; round < often; ++round) connection.execute(sql, parameters, soon());
  }

  // The same texts over and over, in an order in which caches of any size miss and hit.
  static void expect_all_answers(Connection& connection, int texts) {
    for (int round = 0; round < 200; ++round) {
      const int text = (round * round + round / 3) % texts;
      const std::string sql =
          "SELECT " + std::to_string(text) + " + id FROM numbered WHERE id <= " + tested().placeholder(1);
      const Parameter parameter(round + 1);
      ASSERT_EQ(connection.execute(sql, {&parameter, 1}, soon()).cell(0, 0), std::to_string(text + 1)) << sql;
    }
  }

  static void make_numbered(Connection& connection) {
    make_table(connection, "numbered");
    connection.execute("INSERT INTO numbered VALUES (1, 'one')", soon());
  }
};

TEST_P(DriverStatements, OneTextAThousandTimes) {
  const auto connection = connect();
  make_two_rows(*connection, "repeated");
  const std::string sql = "UPDATE repeated SET word = " + tested().placeholder(1) + " WHERE id = 1";
  for (int round = 0; round < 1000; ++round) {
    const std::string word = std::to_string(round);
    const Parameter parameter(word);
    ASSERT_EQ(connection->execute(sql, {&parameter, 1}, soon()).affected(), 1U);
  }
  EXPECT_EQ(single(*connection, "SELECT word FROM repeated WHERE id = 1"), "999");
}

TEST_P(DriverStatements, MoreTextsThanAreKept) {
  const auto connection = connect_keeping(3);
  make_numbered(*connection);
  expect_all_answers(*connection, 2);
  expect_all_answers(*connection, 10);
}

TEST_P(DriverStatements, OneIsKept) {
  const auto connection = connect_keeping(1);
  make_numbered(*connection);
  expect_all_answers(*connection, 4);
}

TEST_P(DriverStatements, NoneIsKept) {
  const auto connection = connect_keeping(0);
  make_numbered(*connection);
  expect_all_answers(*connection, 4);
}

TEST_P(DriverStatements, AnErrorLeavesTheStatementKept) {
  const auto connection = connect();
  make_two_rows(*connection, "refusing");
  const std::string sql = "INSERT INTO refusing (id) VALUES (" + tested().placeholder(1) + ")";
  for (int id = 3; id < 3 + often; ++id) {
    const Parameter fresh(id);
    const Parameter taken(1);
    EXPECT_EQ(connection->execute(sql, {&fresh, 1}, soon()).affected(), 1U);
    EXPECT_EQ(error_of([&] { connection->execute(sql, {&taken, 1}, soon()); }).code, ErrorCode::constraint);
  }
}

TEST_P(DriverStatements, TheDeadlineOfAKeptStatement) {
  Error error;
  const auto connection = survivor_of([&](Connection& played) {
    for (int round = 0; round < 4 && !is_lost(played); ++round) {
      error = error_of([&] { played.execute(tested().sleep_sql, in(std::chrono::milliseconds(50))); });
      ASSERT_EQ(error.code, ErrorCode::deadline);
      ASSERT_TRUE(error.blast == Blast::statement || is_lost(played));
    }
  });
  ASSERT_EQ(error.blast, Blast::statement);
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

TEST_P(DriverStatements, ATableThatGetsAColumn) {
  const auto connection = connect();
  make_two_rows(*connection, "growing");
  const std::string sql = "SELECT * FROM growing WHERE id = 1";
  run_often(*connection, sql);
  connect()->execute("ALTER TABLE growing ADD COLUMN more integer", soon());
  for (int round = 0; round < often; ++round) {
    EXPECT_THAT(connection->execute(sql, soon()).columns(), ElementsAre("id", "word", "more"));
  }
}

TEST_P(DriverStatements, ATableThatIsMadeAnewWithOtherTypes) {
  const auto connection = connect();
  make_two_rows(*connection, "renewed");
  const std::string select = "SELECT * FROM renewed WHERE word = " + tested().placeholder(1);
  const std::string update = "UPDATE renewed SET word = " + tested().placeholder(1);
  const Parameter old("old");
  run_often(*connection, select, {&old, 1});
  run_often(*connection, update, {&old, 1});
  const auto other = connect();
  other->execute("DROP TABLE renewed", soon());
  EXPECT_EQ(error_of([&] { connection->execute(select, {&old, 1}, soon()); }).blast, Blast::statement);
  other->execute("CREATE TABLE renewed (word integer)", soon());
  other->execute("INSERT INTO renewed VALUES (5)", soon());
  const Parameter five(5);
  for (int round = 0; round < often; ++round) {
    EXPECT_EQ(connection->execute(select, {&five, 1}, soon()).cell(0, 0), "5");
    EXPECT_EQ(connection->execute(update, {&five, 1}, soon()).affected(), 1U);
  }
  make_two_rows(*other, "renewed");
  EXPECT_EQ(connection->execute(update, {&old, 1}, soon()).affected(), 2U) << "a text for what was an integer";
  EXPECT_EQ(connection->execute(select, {&old, 1}, soon()).size(), 2U);
}

TEST_P(DriverStatements, AChangedTableCostsAtMostOneTransaction) {
  const auto connection = connect();
  make_two_rows(*connection, "altered");
  const std::string sql = "SELECT * FROM altered";
  run_often(*connection, sql);
  connect()->execute("ALTER TABLE altered ADD COLUMN more integer", soon());
  connection->begin({}, soon());
  try {
    EXPECT_EQ(connection->execute(sql, soon()).columns().size(), 3U);
  } catch (const Failure& failure) {
    EXPECT_TRUE(tested().errors_spoil_transactions) << failure.what();
    EXPECT_EQ(failure.error().blast, Blast::transaction);
  }
  connection->execute("ROLLBACK", soon());
  connection->begin({}, soon());
  for (int round = 0; round < often; ++round) EXPECT_EQ(connection->execute(sql, soon()).columns().size(), 3U);
  connection->execute("COMMIT", soon());
}

TEST_P(DriverStatements, ATextThatWasAnErrorBefore) {
  const auto connection = connect();
  connection->execute("DROP TABLE IF EXISTS missing", soon());
  const std::string sql = "SELECT count(*) FROM missing";
  for (int round = 0; round < often; ++round) {
    EXPECT_EQ(error_of([&] { connection->execute(sql, soon()); }).blast, Blast::statement);
  }
  make_table(*connection, "missing");
  for (int round = 0; round < often; ++round) EXPECT_EQ(single(*connection, sql), "0");
}

TEST_P(DriverStatements, AResetForgetsThemAll) {
  const auto connection = connect();
  make_two_rows(*connection, "reset_under");
  const std::string sql = "SELECT count(*) FROM reset_under";
  for (int round = 0; round < 3; ++round) {
    run_often(*connection, sql);
    connection->reset(soon());
    connection->begin({}, soon());
    EXPECT_EQ(single(*connection, sql), "2");
    connection->execute("COMMIT", soon());
  }
}

INSTANTIATE_TEST_SUITE_P(Driver, DriverStatements, ::testing::ValuesIn(driver_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
