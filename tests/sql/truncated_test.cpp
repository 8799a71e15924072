// Texts that were cut off: marked, never equal to a whole one, and silent about the literal they end in.
#include "sql/support.hpp"

namespace lockkeeper::sql::test {
namespace {

TEST(Truncated, UnterminatedTextsAreMarked) {
  for (const std::string_view text :
       {"SELECT 'a", "SELECT E'a\\'", "SELECT \"a", "SELECT $$a", "SELECT $x$a$$", "SELECT 1 /* a",
        "SELECT 1 /* a /* b */", "SELECT U&'a", "SELECT U&\"a", "SELECT 'a''"}) {
    EXPECT_TRUE(analyze(text, postgres).truncated) << text;
  }
  for (const std::string_view text :
       {"SELECT \"a", "SELECT `a", "SELECT 'a\\'", "SELECT /*+ BKA(", "SELECT /*! a", "SELECT /* a"}) {
    EXPECT_TRUE(analyze(text, mysql).truncated) << text;
  }
  for (const std::string_view text : {"SELECT 'a'", "SELECT (1", "SELECT $a", "SELECT 1 -- a", "SELECT 'a''b'"}) {
    EXPECT_FALSE(analyze(text, postgres).truncated) << text;
  }
}

TEST(Truncated, NeverEqualsAWholeText) {
  const Options cut{.truncated = true};
  EXPECT_TRUE(analyze("SELECT 1", cut).truncated);
  EXPECT_NE(print_of("SELECT 1", cut), print_of("SELECT 1"));
  EXPECT_NE(print_of("", cut), print_of(""));
  EXPECT_NE(print_of("SELECT 'a"), print_of("SELECT 'a'"));
  EXPECT_EQ(print_of("SELECT 'a"), print_of("SELECT 'bcd"));
  EXPECT_EQ(print_of("SELECT 'a"), print_of("SELECT 1", cut));
}

TEST(Truncated, AListCutShortEqualsOneCutLater) {
  const Options cut{.truncated = true};
  EXPECT_EQ(print_of("SELECT a FROM t WHERE b IN (1, 2", cut),
            print_of("SELECT a FROM t WHERE b IN (1, 2, 3, 45", cut));
}

// Cut inside a literal: marked, and not one byte of it shows.
TEST(Truncated, EveryPrefixKeepsTheSecret) {
  const std::string secret = "zqzqzqzq";
  for (const auto& [open, close] : std::vector<std::pair<std::string, std::string>>{
           {"'", "'"}, {"E'\\'", "'"}, {"$$", "$$"}, {"$tag$", "$tag$"}, {"U&'", "'"}, {"N'", "'"}}) {
    const std::string before = "SELECT a FROM t WHERE b = " + open;
    const std::string text = before + secret + close + " AND c = 1";
    for (std::size_t size = 0; size <= text.size(); ++size) {
      const Statement statement = analyze(std::string_view(text).substr(0, size), postgres);
      EXPECT_EQ(statement.normalized.find('z'), std::string::npos) << statement.normalized;
      const bool inside = size >= before.size() && size < before.size() + secret.size() + close.size();
      EXPECT_EQ(statement.truncated,
                inside || (size > before.size() - open.size() && size < before.size() && statement.truncated))
          << text.substr(0, size);
    }
  }
}

}  // namespace
}  // namespace lockkeeper::sql::test
