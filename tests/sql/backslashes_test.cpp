// What a backslash in a string is: told, or not known, and then no byte of a literal shows in either reading.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>

#include "sql/support.hpp"

namespace lockkeeper::sql::test {
namespace {

constexpr Options postgres_escapes{.backslashes = Backslashes::escapes};

TEST(Backslashes, AreReadAsTold) {
  EXPECT_EQ(normalized("SELECT 'it\\'s', a", postgres_escapes), "SELECT ?, a");
  EXPECT_EQ(normalized("SELECT N'it\\'s', a", postgres_escapes), "SELECT ?, a");
  EXPECT_EQ(normalized("SELECT 'C:\\', a", postgres), "SELECT ?, a");
  EXPECT_EQ(normalized("SELECT 'it\\'s', a", mysql), "SELECT ?, a");
  EXPECT_EQ(normalized("SELECT 'C:\\', \"b\\\", a", mysql_plain_backslash), "SELECT ?, ?, a");
  for (const Options& options : {postgres, postgres_escapes}) {
    EXPECT_EQ(normalized("SELECT E'it\\'s', B'01', X'1f', a", options), "SELECT ?, ?, ?, a") << "always the same";
  }
  EXPECT_EQ(normalized("SELECT 'C:\\', a", {.dialect = Dialect::sqlite}), "SELECT ?, a") << "it has none";
}

TEST(Backslashes, WhereTheyAreNotKnownWhatFollowsTheFirstDoubtIsNotShown) {
  for (const Dialect dialect : {Dialect::postgres, Dialect::mysql}) {
    const Statement statement = analyze(
        "UPDATE t SET a = 1, b = 'it\\'s secret', c = 'x\\'' /*user='secret'*/ WHERE secret = 2", {.dialect = dialect});
    EXPECT_EQ(statement.normalized, "UPDATE t SET a = ?, b = ? ...");
    EXPECT_TRUE(statement.doubtful);
    EXPECT_TRUE(statement.tags.empty()) << "a comment may be inside the literal";
  }
  EXPECT_EQ(normalized("SELECT \"it\\\"s secret\"", {.dialect = Dialect::mysql}), "SELECT ? ...");
  EXPECT_EQ(normalized("INSERT INTO t VALUES ('a\\', 'secret'), ('b', 'c')"), "INSERT INTO t VALUES (? ...");
  EXPECT_EQ(normalized("SELECT 'a' 'b\\' 'secret' || x"), "SELECT ? ...");
}

TEST(Backslashes, ThatEndNoStringAreNoDoubt) {
  for (const std::string_view literal : {"'C:\\dir'", "'a\\\\'", "'it''s'", "E'it\\'s'", "$$a\\$$", "X'5c'"}) {
    const Statement statement = analyze("SELECT " + std::string(literal) + ", a /*user='me'*/", {});
    EXPECT_EQ(statement.normalized, "SELECT ?, a") << literal;
    EXPECT_FALSE(statement.doubtful) << literal;
    EXPECT_EQ(statement.tags.size(), 1U) << literal;
  }
}

// Recorders, collectors and the library meet in one shape.
TEST(Backslashes, TheFingerprintIsThatOfTheUsualReading) {
  for (const std::string_view text : {"SELECT 'it\\'s', a FROM t WHERE b = 'c'", "SELECT 'C:\\', a FROM t"}) {
    EXPECT_EQ(print_of(text, {}), print_of(text, postgres));
    EXPECT_EQ(print_of(text, {.dialect = Dialect::mysql}), print_of(text, mysql));
  }
}

std::string quoted(const std::string& content, bool escapes) {
  std::string text = "'";
  for (const char character : content) {
    if (character == '\'' || (escapes && character == '\\')) text += escapes ? '\\' : '\'';
    text += character;
  }
  return text + "'";
}

RC_GTEST_PROP(Backslashes, NotKnownNoByteOfALiteralShowsInEitherReading, (bool escapes)) {
  const auto contents = rc::gen::container<std::string>(rc::gen::elementOf(std::string("zz\\'(), -/*")));
  std::string text = "SELECT a FROM t WHERE b = ";
  for (int literal = 0; literal < 3; ++literal) text += quoted("z" + *contents, escapes) + " AND c = ";
  for (const Dialect dialect : {Dialect::postgres, Dialect::mysql}) {
    const Statement statement = analyze(text + "1", {.dialect = dialect});
    RC_LOG() << text << "\n" << statement.normalized;
    RC_ASSERT(statement.normalized.find('z') == std::string::npos);
  }
}

}  // namespace
}  // namespace lockkeeper::sql::test
