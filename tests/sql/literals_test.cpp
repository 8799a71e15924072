// What is a literal, and what only looks like one.
#include "sql/support.hpp"

namespace lockkeeper::sql::test {
namespace {

TEST(Literals, EveryFormIsOneQuestionMark) {
  const std::vector<std::string_view> forms = {"1",
                                               "-1",
                                               "+1",
                                               "- - 1",
                                               "1e5",
                                               "1E-5",
                                               "1.5e+10",
                                               ".5",
                                               "5.",
                                               "0x1f",
                                               "0b01",
                                               "0o17",
                                               "1_000",
                                               "'text'",
                                               "'it''s'",
                                               "''",
                                               "E'it\\'s'",
                                               "e'a\\\\'",
                                               "U&'d\\0061ta'",
                                               "U&'d!0061' UESCAPE '!'",
                                               "N'national'",
                                               "B'0101'",
                                               "x'1FF'",
                                               "$$dollar 'quoted'$$",
                                               "$tag$ $$ $other$ $tag$",
                                               "$1",
                                               "?",
                                               ":name",
                                               "NULL",
                                               "true",
                                               "FALSE",
                                               "'a' 'b'",
                                               "'a'\n  'b'",
                                               "E'a' 'b\\'c'"};
  const Fingerprint expected = print_of("SELECT a FROM t WHERE b = 0");
  for (const std::string_view form : forms) {
    EXPECT_EQ(print_of("SELECT a FROM t WHERE b = " + std::string(form)), expected)
        << form << " -> " << normalized("SELECT a FROM t WHERE b = " + std::string(form));
  }
}

// A backslash is a backslash, and what is in double quotes may be a string.
TEST(Literals, OfSqliteShowNothing) {
  constexpr Options sqlite{.dialect = Dialect::sqlite};
  for (const std::string_view text : {
           "INSERT INTO t VALUES ('C:\\', 'secret')",
           "INSERT INTO t VALUES (1, \"secret\")",
           "INSERT INTO t VALUES ('a''b\\', x'00', 'secret') --don't\n",
           "SELECT a FROM `it's` WHERE b = 'secret'",
           "/* one /* comment */ SELECT e'\\', 'secret'",
           "SELECT a --don't\n FROM t WHERE b = 'secret'",
           "SELECT a FROM t WHERE b = 'secret",
       }) {
    EXPECT_EQ(normalized(text, sqlite).find("secret"), std::string::npos) << normalized(text, sqlite);
  }
  EXPECT_EQ(normalized("INSERT INTO t (a, b) VALUES ('C:\\', $1)", sqlite), "INSERT INTO t (a, b) VALUES (?)");
}

TEST(Literals, EveryMysqlFormIsOneQuestionMark) {
  const std::vector<std::string_view> forms = {"1",
                                               "-1",
                                               "1e5",
                                               ".5",
                                               "0x1F",
                                               "0b01",
                                               "'it\\'s'",
                                               "'it''s'",
                                               "\"text\"",
                                               "\"it's\"",
                                               "\"say \"\"hi\"\"\"",
                                               "\"say \\\"hi\\\"\"",
                                               "_utf8'abc'",
                                               "_utf8mb4 'abc'",
                                               "_binary 0x1F",
                                               "_latin1 X'4D'",
                                               "N'abc'",
                                               "X'4D'",
                                               "b'01'",
                                               "?",
                                               ":name",
                                               "null",
                                               "TRUE",
                                               "'a' \"b\" 'c'"};
  const Fingerprint expected = print_of("SELECT a FROM t WHERE b = 0", mysql);
  for (const std::string_view form : forms) {
    EXPECT_EQ(print_of("SELECT a FROM t WHERE b = " + std::string(form), mysql), expected)
        << form << " -> " << normalized("SELECT a FROM t WHERE b = " + std::string(form), mysql);
  }
}

TEST(Literals, SqlModesDecideAboutBackslashAndDoubleQuotes) {
  EXPECT_EQ(normalized("SELECT 'a\\' , b", mysql_plain_backslash), "SELECT ?, b");
  EXPECT_TRUE(analyze("SELECT 'a\\' , b", mysql).truncated);
  EXPECT_EQ(normalized("SELECT 'a\\' , b", postgres), "SELECT ?, b");
  EXPECT_EQ(normalized("SELECT \"a\" FROM t", mysql), "SELECT ? FROM t");
  EXPECT_EQ(normalized("SELECT \"a\" FROM t", mysql_ansi), "SELECT \"a\" FROM t");
}

TEST(Literals, DigitsInsideNamesAreNames) {
  EXPECT_EQ(normalized("SELECT t1.c2 FROM t1, utf8 WHERE a1b2 = 3"), "SELECT t1.c2 FROM t1, utf8 WHERE a1b2 = ?");
  EXPECT_EQ(normalized("SELECT 2fa, t.1st FROM 1t", mysql), "SELECT 2fa, t.1st FROM 1t");
  EXPECT_EQ(normalized("SELECT a$1, b$2"), "SELECT a$1, b$2");
  expect_different({{"SELECT t1", "SELECT t2"}, {"SELECT 2fa", "SELECT 3fa", mysql}});
}

TEST(Literals, TruthAndNullKeepTheirMeaningWhereTheyAreNoValues) {
  expect_different({{"SELECT 1 FROM t WHERE a IS NULL", "SELECT 1 FROM t WHERE a IS NOT NULL"},
                    {"SELECT 1 FROM t WHERE a IS TRUE", "SELECT 1 FROM t WHERE a IS FALSE"},
                    {"SELECT 1 FROM t WHERE a IS NOT TRUE", "SELECT 1 FROM t WHERE a IS NOT FALSE"},
                    {"SELECT 1 FROM t WHERE NOT TRUE", "SELECT 1 FROM t WHERE NOT FALSE"},
                    {"SELECT 1 FROM t WHERE a IS NULL", "SELECT 1 FROM t WHERE a IS TRUE"}});
  expect_same({{"UPDATE t SET a = NULL", "UPDATE t SET a = 5"},
               {"INSERT INTO t VALUES (NULL, TRUE)", "INSERT INTO t VALUES ('x', FALSE)"},
               {"SELECT * FROM a JOIN b ON TRUE", "SELECT * FROM a JOIN b ON FALSE"}});
  EXPECT_EQ(normalized("CREATE TABLE t (a int NOT NULL, b int NULL)"), "CREATE TABLE t (a int NOT NULL, b int NULL)");
  EXPECT_EQ(normalized("REFERENCES b (id) ON DELETE SET NULL"), "REFERENCES b (id) ON DELETE SET NULL");
}

TEST(Literals, ASignBelongsToItsNumberOnlyWhereAnOperandIsExpected) {
  expect_same({{"SELECT a FROM t WHERE b = -1", "SELECT a FROM t WHERE b=1"},
               {"SELECT a FROM t LIMIT -1", "SELECT a FROM t LIMIT 1"},
               {"SELECT a--1 FROM t", "SELECT a - 1 FROM t", mysql},
               {"SELECT f(-1, +2)", "SELECT f(1, 2)"}});
  expect_different({{"SELECT a - 1 FROM t", "SELECT a + 1 FROM t"},
                    {"SELECT a -1 FROM t", "SELECT a, 1 FROM t"},
                    {"SELECT -a", "SELECT a"}});
  EXPECT_EQ(normalized("SELECT a-1, -1, -b, (c)-1"), "SELECT a - ?, ?, -b, (c) - ?");
}

TEST(Literals, ParametersAndThoseWhoLookAlike) {
  EXPECT_EQ(normalized("SELECT $1, ?, :name, :2"), "SELECT ?, ?, ?, ?");
  EXPECT_EQ(normalized("SELECT a::text, '1'::int"), "SELECT a::text, ?::int");
  EXPECT_EQ(normalized("SELECT a[1:2], a[i:j]"), "SELECT a[?:?], a[i:j]");
  EXPECT_EQ(normalized("SELECT a ?| b, a ?& b, a ? 'k'"), "SELECT a ?| b, a ?& b, a ? ?");
  EXPECT_EQ(normalized("SELECT ?||'x'"), "SELECT ? || ?");
  EXPECT_EQ(normalized("SELECT @a := 1, @@global.b", mysql), "SELECT @a := ?, @@global.b");
  expect_different({{"SELECT a ?| b", "SELECT a ?& b"}, {"SELECT a::int", "SELECT a::text"}});
}

TEST(Literals, NoneSurvives) {
  const std::string secret = "hunter2";
  for (const std::string_view text :
       {"SELECT 'hunter2'", "SELECT E'\\'hunter2'", "SELECT $$hunter2$$", "SELECT $a$hunter2$a$", "SELECT U&'hunter2'",
        "SELECT 'x' 'hunter2'", "SELECT 'hunter2", "SELECT $q$ hunter2", "SELECT 1 -- hunter2",
        "SELECT 1 /* hunter2 */", "SELECT E'a' 'b\\' hunter2'", "ALTER ROLE r PASSWORD 'hunter2'",
        "SELECT /*+ hunter2 */ 1"}) {
    const Statement statement = analyze(text, postgres);
    EXPECT_EQ(statement.normalized.find(secret), std::string::npos) << text;
    EXPECT_TRUE(statement.tags.empty()) << text;
  }
  for (const std::string_view text :
       {"SELECT \"hunter2\"", "SELECT \"hunter2", "SELECT '\\' hunter2'", "SELECT _utf8'hunter2'", "SELECT 1 # hunter2",
        "SELECT /*+ don't */ 'hunter2'", "CREATE USER u IDENTIFIED BY 'hunter2'", "SELECT `hunter2"}) {
    EXPECT_EQ(normalized(text, mysql).find(secret), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace lockkeeper::sql::test
