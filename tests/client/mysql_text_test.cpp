// The MySQL driver's pure parts: greetings, words, messages and cells. No server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <random>
#include <string>

#include "client/drivers/mysql_cells.hpp"
#include "client/drivers/mysql_commit_words.hpp"
#include "client/drivers/mysql_errors.hpp"
#include "client/drivers/mysql_greeting.hpp"
#include "client/drivers/mysql_session.hpp"
#include "client/scripted_server.hpp"

namespace lockkeeper::client::mysql {
namespace {

using lockkeeper::testing::mysql_greeting;

TEST(MysqlGreeting, TellsWhetherTlsIsOffered) {
  EXPECT_EQ(read_greeting(mysql_greeting(false)), Greeting::plain);
  EXPECT_EQ(read_greeting(mysql_greeting(true)), Greeting::with_tls);
}

TEST(MysqlGreeting, AnyPieceOfItIsIncomplete) {
  const std::string whole = mysql_greeting(true);
  for (std::size_t length = 0; length < 40; ++length) {
    EXPECT_EQ(read_greeting(whole.substr(0, length)), Greeting::incomplete) << length;
  }
}

TEST(MysqlGreeting, OthersAreForeign) {
  EXPECT_EQ(read_greeting("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), Greeting::foreign);
  EXPECT_EQ(read_greeting("HTTP/1.1 400 Bad Request\r\n\r\n"), Greeting::foreign);
  EXPECT_EQ(read_greeting("220 mail.example ESMTP\r\n"), Greeting::foreign);
  EXPECT_EQ(read_greeting("-ERR unknown command\r\n"), Greeting::foreign);
  EXPECT_EQ(read_greeting(std::string("\x05\0\0\0\x0a"
                                      "9.9\0",
                                      9)),
            Greeting::foreign)
      << "a greeting that is too short";
  EXPECT_EQ(read_greeting(std::string("\x20\0\0\0\xff\x10\x04Too many connections", 27)), Greeting::refusal);
}

TEST(MysqlGreeting, RefusalsAreRead) {
  const Fault bare = read_refusal(std::string("\x17\0\0\0\xff\x10\x04Too many connections", 27));
  EXPECT_EQ(bare.number, 1040U);
  EXPECT_EQ(bare.sqlstate, "");
  EXPECT_EQ(bare.message, "Too many connections");
  const Fault whole = read_refusal(std::string("\x0c\0\0\0\xff\x69\x04#HY000no!", 16));
  EXPECT_EQ(whole.number, 1129U);
  EXPECT_EQ(whole.sqlstate, "HY000");
  EXPECT_EQ(whole.message, "no!");
  EXPECT_EQ(read_refusal(mysql_greeting(true)).number, 0U);
  EXPECT_EQ(read_refusal(std::string("\x17\0\0\0\xff", 5)).number, 0U);
}

TEST(MysqlGreeting, NoBytesDoHarm) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = mysql_greeting(round % 2 == 0);
    for (int change = 0; change < 3; ++change) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto piece = std::string_view(bytes).substr(0, random() % (bytes.size() + 1));
    static_cast<void>(read_greeting(piece));
    static_cast<void>(read_refusal(piece));
  }
  EXPECT_EQ(read_greeting(""), Greeting::incomplete);
}

TEST(MysqlCommitWords, InsideATransactionAlmostEverythingCommits) {
  for (const std::string sql : {"COMMIT",
                                "commit work",
                                " -- x\n COMMIT",
                                "# x\nCOMMIT",
                                "/* x */COMMIT",
                                "/*!40101 COMMIT */",
                                "/*M!100100 COMMIT*/",
                                "CREATE TABLE t (i int)",
                                "alter table t add i int",
                                "DROP TABLE t",
                                "TRUNCATE t",
                                "RENAME TABLE a TO b",
                                "GRANT ALL",
                                "BEGIN",
                                "START TRANSACTION",
                                "LOCK TABLES t READ",
                                "UNLOCK TABLES",
                                "CALL p()",
                                "SET autocommit = 1",
                                "SET PASSWORD = 'x'",
                                "SET STATEMENT max_statement_time=1 FOR COMMIT",
                                "SET @x = f()",
                                "XA PREPARE 'x'",
                                "EXECUTE s",
                                "SOMETHING NEW",
                                "",
                                "--COMMIT is no comment here"}) {
    EXPECT_TRUE(may_end_transaction(sql)) << sql;
  }
  for (const std::string sql : {"SELECT 1", "(SELECT 1)", "insert into t values (1)", "/* COMMIT */ update t set i = 1",
                                "/*!40101 SELECT 1 */", "-- COMMIT\nDELETE FROM t", "ROLLBACK", "SAVEPOINT a",
                                "RELEASE SAVEPOINT a", "SET @x = 1", "WITH a AS (SELECT 1) SELECT * FROM a", "DO 0"}) {
    EXPECT_FALSE(may_end_transaction(sql)) << sql;
  }
}

TEST(MysqlCommitWords, OutsideATransactionFewStatementsSurelyDoNot) {
  for (const std::string sql : {"BEGIN", "begin work", "START TRANSACTION READ ONLY", "SHOW TABLES", "SET @x = 1",
                                "USE test", "ROLLBACK", "/* x */ BEGIN"}) {
    EXPECT_TRUE(never_commits_by_itself(sql)) << sql;
  }
  for (const std::string sql :
       {"SELECT f()", "INSERT INTO t VALUES (1)", "BEGIN NOT ATOMIC INSERT INTO t VALUES (1); END", "START REPLICA",
        "SET @x = f()", "COMMIT", "DO f()", ""}) {
    EXPECT_FALSE(never_commits_by_itself(sql)) << sql;
  }
}

std::string told(unsigned int number, const std::string& message, const std::vector<Parameter>& parameters = {}) {
  return without_values({.number = number, .sqlstate = "HY000", .message = message}, parameters);
}

TEST(MysqlErrors, MessagesHoldNoValues) {
  EXPECT_EQ(told(1062, "Duplicate entry 'it's for me-7' for key 'PRIMARY'"), "Duplicate entry '…' for key 'PRIMARY'");
  EXPECT_EQ(told(1366, "Incorrect integer value: 'secret' for column `a`.`b`.`c` at row 1"),
            "Incorrect integer value: '…' for column `a`.`b`.`c` at row 1");
  EXPECT_EQ(told(1292, "Truncated incorrect DOUBLE value: 'a'b'"), "Truncated incorrect DOUBLE value: '…'");
  EXPECT_EQ(told(1690, "BIGINT value is out of range in '(`t`.`a` + 42)'"), "BIGINT value is out of range in '…'");
  EXPECT_EQ(told(1062, "Duplicate entry 'cut off"), "Duplicate entry …");
  EXPECT_EQ(told(1062, "Duplicate entry"), "Duplicate entry");
  EXPECT_EQ(told(1146, "Table 'test.t' doesn't exist"), "Table 'test.t' doesn't exist");
  EXPECT_EQ(told(1644, "no 'secret' here\n", {7, "secret", std::nullopt}), "no '?2' here");
  EXPECT_EQ(told(1644, "no '' here", {""}), "no '' here");
}

TEST(MysqlErrors, NumbersMeanWhatACallerCanActOn) {
  const auto code = [](unsigned int number, const std::string& sqlstate = "HY000") {
    return statement_error({.number = number, .sqlstate = sqlstate, .message = "x"}, {}).code;
  };
  EXPECT_EQ(code(1213, "40001"), ErrorCode::deadlock);
  EXPECT_EQ(code(1205), ErrorCode::lock_not_available);
  EXPECT_EQ(code(3572), ErrorCode::lock_not_available);
  EXPECT_EQ(code(1020), ErrorCode::serialization);
  EXPECT_EQ(code(9999, "40001"), ErrorCode::serialization);
  for (const unsigned int number : {1048U, 1062U, 1451U, 1452U, 3819U, 4025U}) {
    EXPECT_EQ(code(number), ErrorCode::constraint) << number;
  }
  for (const unsigned int number : {1114U, 1021U}) EXPECT_EQ(code(number), ErrorCode::disk_full) << number;
  for (const unsigned int number : {1044U, 1142U, 1227U}) EXPECT_EQ(code(number), ErrorCode::permission) << number;
  for (const unsigned int number : {1040U, 1203U, 1226U}) {
    EXPECT_EQ(code(number), ErrorCode::too_many_connections) << number;
  }
  for (const unsigned int number : {1053U, 1927U, 2006U, 2013U, 4031U}) {
    EXPECT_EQ(code(number), ErrorCode::connection_lost) << number;
  }
  EXPECT_EQ(code(1049), ErrorCode::unknown_database);
  EXPECT_EQ(code(1045), ErrorCode::authentication);
  EXPECT_EQ(code(1698), ErrorCode::authentication);
  EXPECT_EQ(code(1317), ErrorCode::cancelled);
  EXPECT_EQ(code(1064), ErrorCode::server_error);
  EXPECT_EQ(code(4444), ErrorCode::server_error);
  EXPECT_FALSE((Fault{.number = 2013}.is_from_server()));
  EXPECT_FALSE((Fault{.number = 5010}.is_from_server()));
  EXPECT_TRUE((Fault{.number = 4025}.is_from_server()));
  EXPECT_TRUE((Fault{.number = 6001}.is_from_server()));
}

TEST(MysqlErrors, OfConnectingTheyMeanWhereItFailed) {
  const auto code = [](unsigned int number, bool greeted) {
    return connect_error({.number = number, .sqlstate = "", .message = "x"}, greeted).code;
  };
  EXPECT_EQ(code(2002, false), ErrorCode::unreachable);
  EXPECT_EQ(code(2005, false), ErrorCode::unreachable);
  EXPECT_EQ(code(2013, false), ErrorCode::protocol);
  EXPECT_EQ(code(2013, true), ErrorCode::unreachable) << "it went away while we introduced ourselves";
  EXPECT_EQ(code(2026, true), ErrorCode::configuration);
  EXPECT_EQ(code(5010, true), ErrorCode::authentication);
  EXPECT_EQ(code(1053, true), ErrorCode::not_ready);
  EXPECT_EQ(code(1049, true), ErrorCode::unknown_database);
}

TEST(MysqlCells, RealsAreWrittenAsTheServerWritesThem) {
  constexpr unsigned int any = 31;
  EXPECT_EQ(real_text(0.0, any), "0");
  EXPECT_EQ(real_text(-2.5, any), "-2.5");
  EXPECT_EQ(real_text(1e14, any), "100000000000000");
  EXPECT_EQ(real_text(1e15, any), "1e15");
  EXPECT_EQ(real_text(1234567890123456.0, any), "1.234567890123456e15");
  EXPECT_EQ(real_text(2237441451029454.8, any), "2237441451029454.8");
  EXPECT_EQ(real_text(1e-15, any), "0.000000000000001");
  EXPECT_EQ(real_text(1e-16, any), "1e-16");
  EXPECT_EQ(real_text(123456.789, any), "123456.789");
  EXPECT_EQ(real_text(100000.0, any), "100000");
  EXPECT_EQ(real_text(-1.7976931348623157e308, any), "-1.7976931348623157e308");
  EXPECT_EQ(real_text(1.5, 3), "1.500");
  EXPECT_EQ(real_text(3.1415927F, any), "3.1415927");
  EXPECT_EQ(real_text(1.7976931348623157e308, 30).size(), 309U + 31U);
  std::mt19937_64 random(3);
  for (int round = 0; round < 20'000; ++round) {
    const auto value = std::bit_cast<double>(random());
    if (value - value != 0) continue;  // Not finite.
    EXPECT_EQ(std::strtod(real_text(value, any).c_str(), nullptr), value);
  }
}

TEST(MysqlCells, TimesHaveTheirColumnsDigits) {
  MYSQL_TIME time = {};
  EXPECT_EQ(time_text(time, MYSQL_TYPE_DATE, 0), "0000-00-00");
  EXPECT_EQ(time_text(time, MYSQL_TYPE_DATETIME, 0), "0000-00-00 00:00:00");
  time.year = 2026, time.month = 11, time.day = 22, time.hour = 9, time.minute = 30, time.second_part = 1200;
  EXPECT_EQ(time_text(time, MYSQL_TYPE_DATE, 0), "2026-11-22");
  EXPECT_EQ(time_text(time, MYSQL_TYPE_TIMESTAMP, 0), "2026-11-22 09:30:00");
  EXPECT_EQ(time_text(time, MYSQL_TYPE_DATETIME, 3), "2026-11-22 09:30:00.001");
  EXPECT_EQ(time_text(time, MYSQL_TYPE_DATETIME, 6), "2026-11-22 09:30:00.001200");
  EXPECT_EQ(time_text(time, MYSQL_TYPE_DATETIME, 39), "2026-11-22 09:30:00.001200");
  MYSQL_TIME span = {};
  span.neg = 1, span.day = 34, span.hour = 22, span.minute = 59, span.second = 59;
  EXPECT_EQ(time_text(span, MYSQL_TYPE_TIME, 0), "-838:59:59");
  EXPECT_EQ(time_text(span, MYSQL_TYPE_TIME, 39), "-838:59:59");
}

TEST(MysqlCells, BitsAreANumber) {
  EXPECT_EQ(bits_text(std::string_view("\0", 1)), "0");
  EXPECT_EQ(bits_text("\x05"), "5");
  EXPECT_EQ(bits_text(std::string(8, '\xff')), "18446744073709551615");
}

TEST(MysqlSession, VersionsAreNumbers) {
  EXPECT_EQ(version_number("10.11.19-MariaDB-0+deb12u1"), 101119);
  EXPECT_EQ(version_number("8.0.36"), 80036);
  EXPECT_EQ(version_number("9.7.4-debian"), 90704);
  EXPECT_EQ(version_number("11.8"), 110800);
  EXPECT_EQ(version_number(""), 0);
}

}  // namespace
}  // namespace lockkeeper::client::mysql
