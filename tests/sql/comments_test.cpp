// Comments vanish, MySQL's conditional ones are code, its hints stay, tracers' tags are kept beside.
#include "sql/comments.hpp"

#include "sql/support.hpp"

namespace lockkeeper::sql::test {
namespace {

TEST(Comments, Vanish) {
  expect_same({{"SELECT a", "SELECT /* x */ a -- y"},
               {"SELECT a", "SELECT /* x /* nested 'y */ */ a"},
               {"SELECT a", "SELECT /*+ SeqScan(t) */ a"},
               {"SELECT a", "SELECT /*! a */ a"},
               {"SELECT a - b", "SELECT a -- comment\n - b"},
               {"SELECT a", "/* x */ SELECT a # y", mysql},
               {"SELECT a", "SELECT a -- y\n", mysql},
               {"SELECT a", "SELECT a --", mysql},
               {"SELECT a", "SELECT a --\x01", mysql}});
}

TEST(Comments, OfMysqlDoNotNestAndNeedASpaceAfterTheDashes) {
  EXPECT_EQ(normalized("SELECT /* x /* y */ a", mysql), "SELECT a");
  EXPECT_EQ(normalized("SELECT a--b", mysql), "SELECT a - -b");
  EXPECT_TRUE(analyze("SELECT /* x /* y */ a", postgres).truncated);
}

TEST(Comments, ConditionalOnesAreCode) {
  expect_same({{"/*!40001 SELECT */ a", "SELECT a", mysql},
               {"SELECT /*! SQL_NO_CACHE */ a", "SELECT SQL_NO_CACHE a", mysql},
               {"SELECT /*M!100100 a, */ b", "SELECT a, b", mysql},
               {"SELECT /*!50000 'x' /* y */ , */ a", "SELECT 'x', a", mysql}});
}

TEST(Comments, MysqlHintsStay) {
  EXPECT_EQ(normalized("SELECT /*+ MAX_EXECUTION_TIME(1000)   BKA(t1) */ a", mysql),
            "SELECT /*+ MAX_EXECUTION_TIME(?) BKA(t1) */ a");
  expect_different(
      {{"SELECT /*+ BKA(t1) */ a", "SELECT a", mysql}, {"SELECT /*+ BKA(t1) */ a", "SELECT /*+ BKA(t2) */ a", mysql}});
  expect_same({{"SELECT a /*+ BKA(t1) */", "SELECT a", mysql}});
}

TEST(Comments, TagsAreKeptBesideTheFingerprint) {
  const std::string_view text =
      "SELECT 1 "
      "/*application='my%20shop',route='%2Fcart',traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*"
      "/";
  const Statement statement = analyze(text, postgres);
  const std::vector<Tag> expected = {{"application", "my shop"},
                                     {"route", "/cart"},
                                     {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
  EXPECT_EQ(statement.tags, expected);
  EXPECT_EQ(statement.fingerprint, print_of("SELECT 1"));
  EXPECT_EQ(statement.normalized, "SELECT ?");
  EXPECT_EQ(analyze(text, mysql).tags, expected);
}

TEST(Comments, TagsAreReadStrictly) {
  EXPECT_EQ(analyze("/* a = 'it\\'s' , b='%zz%2' */ SELECT 1", postgres).tags,
            (std::vector<Tag>{{"a", "it's"}, {"b", "%zz%2"}}));
  for (const std::string_view text :
       {"/* a */ x", "/* a='b' c */ x", "/*a='b*/ x", "/*a='b',*/ x", "/*='b'*/ x", "/**/ x", "/*a=b*/ x",
        "-- a='b'\n x", "SELECT '/*a=''b''*/'", "/*a='b' and c='d'*/ x"}) {
    EXPECT_TRUE(analyze(text, postgres).tags.empty()) << text;
  }
  std::string many = "/*a='1'";
  for (int count = 0; count < 200; ++count) many += ",a='1'";
  EXPECT_EQ(analyze(many + "*/ x", postgres).tags.size(), max_tags);
}

TEST(Comments, AreToldFromWhatLooksLikeThem) {
  const auto is_comment = [](std::string_view text, const Options& options) {
    return ends_with_comment(text, text.rfind("/*"), options);
  };
  for (const std::string_view text : {"/*x*/", "SELECT 1 /*x*/", "SELECT 'a' /**/", "SELECT $$ /*y*/ $$ /*x*/",
                                      "SELECT a --\n/*x*/", "SELECT '/*' /*x*/", "SELECT a/*x*/"}) {
    EXPECT_TRUE(is_comment(text, postgres)) << text;
    EXPECT_TRUE(is_comment(text, mysql)) << text;
  }
  for (const std::string_view text : {"SELECT '/*x*/", "SELECT \"/*x*/", "SELECT a -- /*x*/"}) {
    EXPECT_FALSE(is_comment(text, postgres)) << text;
    EXPECT_FALSE(is_comment(text, mysql)) << text;
  }
  EXPECT_FALSE(is_comment("SELECT $$ /*x*/", postgres));
  EXPECT_FALSE(is_comment("SELECT /* a /*x*/", postgres)) << "the outer one is still open";
  EXPECT_FALSE(is_comment("SELECT ` /*x*/", mysql));
  EXPECT_FALSE(is_comment("SELECT a # /*x*/", mysql));
  EXPECT_TRUE(is_comment("SELECT a # /*x*/", postgres));
  EXPECT_FALSE(ends_with_comment("SELECT 1", 0, postgres));
}

}  // namespace
}  // namespace lockkeeper::sql::test
