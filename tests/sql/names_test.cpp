// Case, quotes, operators: which differences in names matter.
#include <unordered_set>

#include "sql/support.hpp"

namespace lockkeeper::sql::test {
namespace {

TEST(Names, PostgresFoldsUnquotedWords) {
  expect_same({{"SELECT Id FROM Users", "select ID from USERS"},
               {"SELECT \"id\" FROM \"users\"", "SELECT id FROM users"},
               {"SELECT t.\"select\" FROM t", "SELECT t.select FROM t"},
               {"SELECT a_very_long_column_name_indeed FROM t", "SELECT A_VERY_LONG_COLUMN_NAME_INDEED FROM t"}});
  expect_different({{"SELECT \"Id\" FROM t", "SELECT id FROM t"},
                    {"SELECT \"user\"", "SELECT user"},
                    {"SELECT \"a b\"", "SELECT a b"},
                    {"SELECT \"a\"\"b\"", "SELECT \"a\" \"b\""},
                    {"SELECT a FROM t", "SELECT a FROM u"},
                    {"SELECT ab", "SELECT a b"}});
}

TEST(Names, MysqlFoldsOnlyWordsOfTheLanguage) {
  expect_same({{"SELECT Count(*) FROM Users", "select COUNT(*) from Users", mysql},
               {"SELECT `id` FROM `Users`", "SELECT id FROM Users", mysql},
               {"SELECT \"id\" FROM t", "SELECT `id` FROM t", mysql_ansi},
               {"Start Transaction", "START TRANSACTION", mysql}});
  expect_different({{"SELECT a FROM Users", "SELECT a FROM users", mysql},
                    {"SELECT `key` FROM t", "SELECT key FROM t", mysql},
                    {"SELECT `a b`", "SELECT a b", mysql}});
}

TEST(Names, OperatorsAreCutAsTheServerDoes) {
  expect_same({{"SELECT a!=b", "SELECT a <> b"},
               {"SELECT a=-1", "SELECT a = 1"},
               {"SELECT a->>'k'", "SELECT a ->> 'k'"},
               {"SELECT a<=>b", "SELECT a <=> b", mysql}});
  expect_different({{"SELECT a -> 'k'", "SELECT a ->> 'k'"},
                    {"SELECT a #> b", "SELECT a #>> b"},
                    {"SELECT a < b", "SELECT a <= b"},
                    {"SELECT a @> b", "SELECT a <@ b"},
                    {"SELECT a @? '$.b'", "SELECT a @@ '$.b'"}});
}

TEST(Names, SemicolonsAndWhiteSpaceDoNotCount) {
  expect_same({{"SELECT 1", "  SELECT\t1 ;; \n ; "}, {"SELECT 1; SELECT a", ";SELECT 1;;SELECT a;"}});
  expect_different({{"SELECT a; SELECT b", "SELECT a SELECT b"}});
  EXPECT_EQ(print_of(""), print_of(" ;; -- nothing\n"));
}

TEST(Names, AFingerprintIsAValue) {
  const Fingerprint one{0x00ab};
  EXPECT_EQ(to_string(one), "00000000000000ab");
  EXPECT_EQ(to_string(Fingerprint{0xfedcba9876543210}), "fedcba9876543210");
  EXPECT_LT(one, Fingerprint{0x00ac});
  EXPECT_EQ((std::unordered_set<Fingerprint>{one, one, Fingerprint{1}}.size()), 2U);
}

}  // namespace
}  // namespace lockkeeper::sql::test
