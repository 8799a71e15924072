// Values of every type, the same through both protocols, and statements with several results.
#include <gmock/gmock.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <lockkeeper/mysql.hpp>

#include "client/mysql_fixture.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;
using std::chrono::sys_days;

class MysqlValues : public MysqlTest {
 protected:
  // Whether a text without parameters and a prepared statement give the same cells.
  static void expect_same(Connection& connection, const std::string& columns, const std::string& table) {
    const Rows text = connection.execute("SELECT " + columns + " FROM " + table, soon());
    const Parameter always(1);
    const Rows binary =
        connection.execute("SELECT " + columns + " FROM " + table + " WHERE 1 = ?", {&always, 1}, soon());
    ASSERT_EQ(text.size(), binary.size());
    ASSERT_GT(text.size(), 0U);
    ASSERT_EQ(text.columns(), binary.columns());
    for (std::size_t row = 0; row < text.size(); ++row) {
      for (std::size_t column = 0; column < text.columns().size(); ++column) {
        EXPECT_EQ(text.cell(row, column), binary.cell(row, column)) << text.columns()[column] << ", row " << row;
      }
    }
  }

  static std::string echo(Connection& connection, const std::string& sql, const Parameter& parameter) {
    return std::string(connection.execute(sql, {&parameter, 1}, soon()).cell(0, 0).value_or("NULL"));
  }
};

TEST_P(MysqlValues, AreTheSameThroughBothProtocols) {
  Target target = target_of(server().url());
  target.settings = {{"sql_mode", ""}};  // Zero dates are allowed.
  const auto connection = connect(target);
  create_anew(
      *connection, "TABLE", "kinds",
      "(tiny tinyint, unsigned_tiny tinyint unsigned, small smallint, medium mediumint, "
      "whole int, big bigint, unsigned_big bigint unsigned, filled int(8) zerofill, exact decimal(20,5), "
      "real_number double, fixed double(12,3), short_fixed float(8,2), bit_one bit(1), bit_some bit(13), "
      "bit_all bit(64), day_only date, moment datetime, moment_3 datetime(3), moment_6 datetime(6), stamp timestamp(6) "
      "NULL, span time, span_6 time(6), the_year year, fixed_text char(5), some_text varchar(20), long_text longtext, "
      "raw binary(4), some_raw varbinary(10), blob_data blob, one_of enum('a', 'b'), some_of set('x', 'y', 'z'), "
      "document json, place point)");
  const std::string columns = "*";
  connection->execute(
      "INSERT INTO kinds VALUES "
      "(1, 2, 3, 4, 5, 6, 7, 8, 9.5, 1.5, 1.5, 1.5, b'1', b'101', b'1', '2026-11-22', '2026-11-22 01:02:03', "
      "'2026-11-22 01:02:03.4', '2026-11-22 01:02:03.000005', '2026-11-22 01:02:03.6', '01:02:03', '01:02:03.4', 2026, "
      "'abc', 'text', 'long', 'raw', 'x', 'blob', 'a', 'x,z', '{\"a\": [1]}', POINT(1, 2)), "
      "(-128, 255, -32768, -8388608, -2147483648, -9223372036854775808, 18446744073709551615, 0, "
      "-123456789012345.12345, "
      "-1e-10, -999999999.999, -9999.99, b'0', b'1111111111111', b'" +
          std::string(64, '1') +
          "', '0000-00-00', '0000-00-00 00:00:00', '9999-12-31 23:59:59.999', '1000-01-01 00:00:00', "
          "'1970-01-01 00:00:01', '-838:59:59', '-00:00:00.000001', 0, '', '', '', '', '', '', '', '', '{}', NULL), "
          "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
          "NULL, "
          "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
      soon());
  expect_same(*connection, columns, "kinds");
  const Rows rows = connection->execute("SELECT bit_some, bit_all, span, filled, raw FROM kinds", soon());
  EXPECT_EQ(rows.cell(0, 0), "5");
  EXPECT_EQ(rows.cell(1, 1), "18446744073709551615");
  EXPECT_EQ(rows.cell(1, 2), "-838:59:59");
  EXPECT_EQ(rows.cell(0, 3), "00000008");
  EXPECT_EQ(rows.cell(0, 4), std::string("raw\0", 4));
}

TEST_P(MysqlValues, ExpressionsAreTheSameThroughBothProtocols) {
  const auto connection = connect();
  expect_same(
      *connection,
      "1, -1, 18446744073709551615, 1.50, 1/3, 1e0/3, PI(), 2e300, NOW() > '2020-01-01', DATE'2026-01-02', "
      "TIMESTAMP'2026-01-02 03:04:05.678', TIME'-12:34:56.7', SEC_TO_TIME(100000), CURDATE() > 0, NULL, TRUE, "
      "x'00ff', b'11', 'text', UUID() <> '', POW(2, 70), CAST(1.10 AS DOUBLE), CONCAT(1, 2), INET6_ATON('::1'), "
      "COUNT(*), SUM(seq), AVG(seq), STDDEV(seq), MAX(seq)",
      counted(7));
}

TEST_P(MysqlValues, DoublesAreTheSameThroughBothProtocols) {
  const auto connection = connect();
  create_anew(*connection, "TABLE", "doubles", "(value double)");
  std::mt19937_64 random(11);
  std::vector<Parameter> values;
  std::string places;
  while (values.size() < 2000) {
    auto value = std::bit_cast<double>(random());
    if (values.size() % 2 == 0)
      value = static_cast<double>(static_cast<std::int64_t>(random()) >> (random() % 60)) / 1000;
    if (value - value != 0) continue;  // Not finite.
    values.emplace_back(value);
    places += places.empty() ? "(?)" : ", (?)";
  }
  connection->execute("INSERT INTO doubles VALUES " + places, values, soon());
  expect_same(*connection, "value", "doubles");
}

TEST_P(MysqlValues, FloatsAreExactWhereTheyArePrepared) {
  const auto connection = connect();
  create_anew(*connection, "TABLE", "floats", "(value float)");
  connection->execute("INSERT INTO floats VALUES (16777217)", soon());
  EXPECT_EQ(echo(*connection, "SELECT value FROM floats WHERE 1 = ?", 1), "16777216");
  EXPECT_EQ(single(*connection, "SELECT value FROM floats"), "16777200") << "six digits are the server's own text";
}

TEST_P(MysqlValues, LongCellsAreWhole) {
  const auto connection = connect();
  for (const int length : {0, 1, 4095, 4096, 4097, 70'000, 17'000, 10'000'000, 3}) {
    EXPECT_EQ(echo(*connection, "SELECT REPEAT('x', ?)", length), std::string(static_cast<std::size_t>(length), 'x'));
  }
}

// MySQL decides what a parameter is when it prepares, by where it stands: a text, and a time with microseconds.
TEST_P(MysqlValues, ParametersHaveTheirOwnTypes) {
  const std::string no_fraction = is_mariadb() ? "" : ".000000";
  const auto connection = connect();
  EXPECT_EQ(echo(*connection, "SELECT ? + 1", std::int64_t{41}), "42");
  EXPECT_EQ(echo(*connection, "SELECT ?", -0.5), "-0.5");
  EXPECT_EQ(echo(*connection, "SELECT ?", true), "1");
  EXPECT_EQ(echo(*connection, "SELECT ?", std::nullopt), "NULL");
  EXPECT_EQ(echo(*connection, "SELECT CHARSET(?)", "text"), "utf8mb4");
  EXPECT_EQ(echo(*connection, "SELECT CHARSET(?)", BytesView(std::as_bytes(std::span("raw")))),
            is_mariadb() ? "binary" : "utf8mb4");
  const TimePoint moment = sys_days(2026y / 11 / 22) + 9h + 30min + 1us;
  EXPECT_EQ(echo(*connection, "SELECT ?", moment), "2026-11-22 09:30:00.000001");
  EXPECT_EQ(echo(*connection, "SELECT ?", TimePoint(sys_days(2026y / 11 / 22))), "2026-11-22 00:00:00" + no_fraction);
  EXPECT_EQ(echo(*connection, "SELECT UNIX_TIMESTAMP(?)", TimePoint(sys_days(1970y / 1 / 2))), "86400" + no_fraction)
      << "times are UTC";
}

TEST_P(MysqlValues, WhatCannotBeHeldIsTold) {
  const auto connection = connect();
  using Limits = std::numeric_limits<double>;
  for (const Parameter& parameter :
       {Parameter(Limits::infinity()), Parameter(Limits::quiet_NaN()), Parameter(TimePoint(sys_days(10000y / 1 / 1))),
        Parameter(TimePoint(sys_days(std::chrono::year(-1) / 1 / 1)))}) {
    const Error error = error_of([&] { connection->execute("SELECT ?", {&parameter, 1}, soon()); });
    EXPECT_EQ(error.code, ErrorCode::conversion);
    EXPECT_EQ(error.blast, Blast::statement);
  }
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

TEST_P(MysqlValues, RowsThatAnUpdateFindsAreCounted) {
  const auto connection = connect();
  make_table(*connection, "found");
  EXPECT_EQ(connection->execute("INSERT INTO found VALUES (1, 'same'), (2, 'other')", soon()).affected(), 2U);
  EXPECT_EQ(connection->execute("UPDATE found SET word = 'same' WHERE id = 1", soon()).affected(), 1U);
  EXPECT_EQ(connection->execute("SELECT * FROM found", soon()).affected(), 2U);
  const Parameter parameter(1);
  EXPECT_EQ(connection->execute("UPDATE found SET word = 'same' WHERE id = ?", {&parameter, 1}, soon()).affected(), 1U);
  EXPECT_EQ(connection->execute("DELETE FROM found WHERE id >= ?", {&parameter, 1}, soon()).affected(), 2U);
}

TEST_P(MysqlValues, RowsOfAnInsertComeBack) {
  if (!is_mariadb()) GTEST_SKIP() << "MySQL has no INSERT ... RETURNING";
  const auto connection = connect();
  create_anew(*connection, "TABLE", "numbered", "(id int AUTO_INCREMENT PRIMARY KEY, word text)");
  const std::array<Parameter, 2> words{"a", "b"};
  const Rows rows =
      connection->execute("INSERT INTO numbered (word) VALUES (?), (?) RETURNING id, word", words, soon());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.cell(1, 0), "2");
  EXPECT_EQ(rows.cell(1, 1), "b");
}

TEST_P(MysqlValues, OfSeveralResultsTheFirstIsReturned) {
  const auto connection = connect();
  create_anew(*connection, "PROCEDURE", "several",
              "(x int) BEGIN SELECT x AS first UNION ALL SELECT 2; SELECT 'b' AS second, 3; "
              "DO 0; SELECT seq FROM " +
                  counted(10'000) + "; END");
  const Parameter parameter(1);
  for (const Rows& rows :
       {connection->execute("CALL several(1)", soon()), connection->execute("CALL several(?)", {&parameter, 1}, soon()),
        connection->execute("CALL several(?)", {&parameter, 1}, soon())}) {
    EXPECT_THAT(rows.columns(), ElementsAre("first"));
    EXPECT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows.cell(1, 0), "2");
  }
  Rows chunk;
  for (const std::span<const Parameter> parameters : {std::span<const Parameter>(), std::span(&parameter, 1)}) {
    const auto stream =
        connection->stream(parameters.empty() ? "CALL several(1)" : "CALL several(?)", parameters, 10, soon());
    std::size_t count = 0;
    while (stream->next(chunk, soon())) count += chunk.size();
    EXPECT_EQ(count, 2U);
    EXPECT_EQ(connection->transaction_status(), TransactionStatus::idle);
  }
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

TEST_P(MysqlValues, AnErrorInALaterResultIsTheStatements) {
  const auto connection = connect();
  create_anew(*connection, "PROCEDURE", "fails",
              "(x int) BEGIN SELECT x; SELECT 2; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = "
              "'late'; END");
  const Parameter parameter(1);
  for (int round = 0; round < 2; ++round) {
    const Error text = error_of([&] { connection->execute("CALL fails(1)", soon()); });
    const Error binary = error_of([&] { connection->execute("CALL fails(?)", {&parameter, 1}, soon()); });
    for (const Error& error : {text, binary}) {
      EXPECT_EQ(error.sqlstate, "45000");
      EXPECT_THAT(error.message, HasSubstr("late"));
      EXPECT_EQ(error.blast, Blast::statement);
    }
  }
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

TEST_P(MysqlValues, ProceduresWithoutRowsAndWithOutParameters) {
  const auto connection = connect();
  make_table(*connection, "called");
  create_anew(*connection, "PROCEDURE", "quiet", "(x int) INSERT INTO called VALUES (x, 'x')");
  const Parameter parameter(1);
  EXPECT_TRUE(connection->execute("CALL quiet(?)", {&parameter, 1}, soon()).columns().empty());
  create_anew(*connection, "PROCEDURE", "gives", "(OUT x int) SET x = 7");
  connection->execute("CALL gives(@given)", soon());
  EXPECT_EQ(single(*connection, "SELECT @given"), "7");
  EXPECT_EQ(connection->execute("CALL gives(?)", {&parameter, 1}, soon()).cell(0, 0), "7");
  EXPECT_EQ(single(*connection, "SELECT 1"), "1");
}

TEST_P(MysqlValues, StatementsThatCannotBePreparedGoAsText) {
  const auto connection = connect();
  make_table(*connection, "locked");
  connection->execute("LOCK TABLES locked WRITE", soon());
  connection->execute("UNLOCK TABLES", soon());
  create_anew(*connection, "PROCEDURE", "any_text", "() SELECT '?'");
  EXPECT_EQ(single(*connection, "CALL any_text()"), "?");
  EXPECT_EQ(single(*connection, "SELECT '?' /* ? */ -- ?"), "?");
  const Error error = error_of([&] { connection->execute("SELEC '?'", soon()); });
  EXPECT_EQ(error.code, ErrorCode::server_error);
  EXPECT_EQ(error.sqlstate, "42000");
}

TEST_P(MysqlValues, ColumnsHaveTheirNames) {
  const auto connection = connect();
  EXPECT_THAT(connection->execute("SELECT 1 AS `größe`, 2 AS ``, 3", soon()).columns(), ElementsAre("größe", "", "3"));
}

INSTANTIATE_TEST_SUITE_P(Installed, MysqlValues, ::testing::ValuesIn(mysql_installations()), label_of_mysql);

}  // namespace
}  // namespace lockkeeper::testing
