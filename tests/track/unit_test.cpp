// The unit of work that a text's comments name.
#include "track/unit.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sql/fingerprint.hpp"

namespace lockkeeper::track {
namespace {

const std::string trace = "0af7651916cd43dd8448eb211c80319c";
const std::string traceparent = "/*traceparent='00-" + trace + "-b7ad6b7169203331-01'*/";

TEST(Unit, ComesFromTheTraceparent) {
  EXPECT_EQ(unit_of("SELECT 1 " + traceparent).value(), trace);
  EXPECT_EQ(unit_of("SELECT 1 " + traceparent + " ; \n").value(), trace);
  EXPECT_EQ(unit_of(" " + traceparent + " SELECT 1").value(), trace);
  EXPECT_EQ(unit_of("/* hello */ /*+ SeqScan(t) */ " + traceparent + "SELECT 1").value(), trace);
  EXPECT_EQ(unit_of("SELECT 1 /*action='a',traceparent='00-" + trace + "-b7ad6b7169203331-01'*/").value(), trace);
  EXPECT_EQ(unit_of("/*request_id='r'*/ SELECT 1 " + traceparent).value(), trace);
}

TEST(Unit, ElseFromTheIds) {
  EXPECT_EQ(unit_of("SELECT 1 /*trace_id='t1',request_id='r1'*/").value(), "t1");
  EXPECT_EQ(unit_of("SELECT 1 /*request_id='r%2F1'*/").value(), "r/1");
  EXPECT_EQ(unit_of("/*traceparent='garbage',request_id='r1'*/SELECT 1").value(), "r1");
}

TEST(Unit, IsInAnyCommentThatIsOne) {
  // pgjdbc writes RETURNING behind whatever is there, and so behind the tracer's comment.
  EXPECT_EQ(unit_of("INSERT INTO item (price) VALUES ($1) " + traceparent + "\nRETURNING \"id\"").value(), trace);
  EXPECT_EQ(unit_of("SELECT /* hello */ 1 /*request_id='r1'*/ FROM t " + traceparent + " WHERE a").value(), "r1");
  EXPECT_EQ(unit_of("SELECT 1 /*application='shop'*/ FROM t " + traceparent + " WHERE a").value(), trace);
  EXPECT_EQ(unit_of("SELECT 1 " + traceparent + "; SELECT 2 /*request_id='r2'*/; SELECT 3").value(), trace);
  EXPECT_EQ(unit_of("SELECT 1 " + traceparent + " -- more").value(), trace);
  EXPECT_EQ(unit_of("SELECT 'it''s', $$'$$ " + traceparent + " FROM t").value(), trace);
  EXPECT_EQ(unit_of("SELECT 1 FROM t WHERE a = '" + std::string(60'000, 'x') + "' " + traceparent + " OR b").value(),
            trace);
}

TEST(Unit, IsNoneInALiteral) {
  const std::string doubled = "/*trace_id=''t''*/";
  for (const std::string& text :
       {"SELECT $$" + traceparent + "$$ FROM t", "SELECT $a$ " + traceparent + " $a$ FROM t",
        "SELECT \"" + traceparent + "\" FROM t", "SELECT 1 -- " + traceparent + "\n FROM t",
        "SELECT '" + doubled + "' FROM t", "SELECT E'\\'" + traceparent + "' FROM t",
        "SELECT /* /* " + traceparent + " */ */ 1 FROM t", "SELECT 1 " + traceparent.substr(0, 30) + " FROM t",
        "SELECT '" + std::string(70'000, 'x') + "' " + traceparent + " FROM t"}) {
    EXPECT_EQ(unit_of(text).value(), "") << text.substr(0, 200);
  }
  EXPECT_EQ(unit_of("SELECT $$" + traceparent + "$$ /*request_id='r1'*/ FROM t").value(), "r1");
}

TEST(Unit, IsReadAsTheDialectQuotes) {
  constexpr sql::Options mysql{.dialect = sql::Dialect::mysql};
  constexpr sql::Options ansi{
      .dialect = sql::Dialect::mysql, .ansi_quotes = true, .backslashes = sql::Backslashes::plain};
  EXPECT_EQ(unit_of("SELECT `" + traceparent + "` FROM t", mysql).value(), "");
  EXPECT_EQ(unit_of("SELECT 'a\\' " + traceparent + "' FROM t", mysql).value(), "");
  EXPECT_EQ(unit_of("SELECT 'a\\' " + traceparent + " FROM t", ansi).value(), trace);
  const std::string behind_a_doubt = "SELECT 'a\\' " + traceparent + " FROM t";
  EXPECT_EQ(unit_of(behind_a_doubt, {.backslashes = sql::Backslashes::plain}).value(), trace);
  EXPECT_EQ(unit_of(behind_a_doubt).value(), "");
}

TEST(Unit, IsNoneWhereNothingSaysSo) {
  const std::string zeros = "/*traceparent='00-00000000000000000000000000000000-b7ad6b7169203331-01'*/";
  const std::string letters = "/*traceparent='00-zz" + trace.substr(2) + "-b7ad6b7169203331-01'*/";
  for (const std::string& text :
       {std::string(), std::string("SELECT 1"), std::string("SELECT '/*trace_id=1*/'"), "SELECT 1 " + zeros,
        "SELECT 1 " + letters, "SELECT '" + traceparent.substr(0, 20), std::string("SELECT 1 /*"), std::string("/*/"),
        std::string("*/"), std::string("/*application='shop'*/ SELECT 1"), std::string("SELECT 1 /*trace_id='a b'*/"),
        "SELECT 1 /*trace_id='" + std::string(129, 'x') + "'*/"}) {
    EXPECT_EQ(unit_of(text).value(), "") << text;
  }
}

// What is read within a text is what the whole analysis of it finds in comments.
RC_GTEST_PROP(Unit, WithinATextIsWhatItsAnalysisFinds, (bool mysql)) {
  const sql::Options options{.dialect = mysql ? sql::Dialect::mysql : sql::Dialect::postgres};
  const auto pieces =
      *rc::gen::resize(12, rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                               "/*trace_id='x'*/", "/*", "*/", "trace_id='x'", "'", "\"", "`", "$$", "$a$", "--", "#",
                               "\n", "E'", "\\", "/*!", "/*+", " ", ";", "a", "?", "/")));
  std::string text = "SELECT 1 ";
  for (const std::string& each : pieces) text += each;
  text += " FROM t";
  const auto tags = sql::analyze(text, options).tags;
  const bool named = std::ranges::find(tags, sql::Tag{"trace_id", "x"}) != tags.end();
  RC_ASSERT(unit_of(text, options).value() == (named ? "x" : ""));
}

}  // namespace
}  // namespace lockkeeper::track
