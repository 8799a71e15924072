// Which statements are in a text, as the server separates them.
#include "track/mysql/statement_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace lockkeeper::track::mysql {
namespace {

using sql::StatementKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr sql::Options usual{.dialect = sql::Dialect::mysql};

TEST(MysqlStatements, AreSeparatedBySemicolons) {
  EXPECT_THAT(statements_in("select 1; commit ;; -- ;\n begin;", usual), ElementsAre("select 1", "commit ", "begin"));
  EXPECT_THAT(statements_in("select ';', \"a;b\", `c;d` /* ; */ # ;\n", usual), SizeIs(1));
  EXPECT_THAT(statements_in("  ; /* */ ", usual), IsEmpty());
  EXPECT_THAT(statements_in("select 'it\\'s; 1'; select 2", usual), SizeIs(2));
  EXPECT_THAT(statements_in("", usual), IsEmpty());
}

TEST(MysqlStatements, WithABodyAreOne) {
  EXPECT_THAT(statements_in("create procedure p() begin select 1; end", usual), SizeIs(1));
  EXPECT_THAT(statements_in("if @a then select 1; END IF", usual), SizeIs(1));
}

TEST(MysqlStatementCache, KnowsThePartsOfAText) {
  StatementCache cache;
  const Seen seen = cache.seen("SET a = 1; CALL p(2); SELECT 3", usual);
  ASSERT_TRUE(seen.parts);
  ASSERT_THAT(*seen.parts, SizeIs(3));
  EXPECT_EQ((*seen.parts)[0].statement->text, "SET a = ?");
  EXPECT_EQ((*seen.parts)[0].statement->kind, StatementKind::set);
  EXPECT_TRUE((*seen.parts)[1].call);
  EXPECT_FALSE((*seen.parts)[2].call);
  EXPECT_EQ(cache.seen("set a = 9; call p(8); select 7", usual).parts, seen.parts) << "one shape";
  EXPECT_FALSE(cache.seen("SELECT 1;", usual).parts);
}

TEST(MysqlStatementCache, KnowsNoPartsOfWhatItCannotTellApart) {
  StatementCache cache;
  std::string many;
  for (std::size_t each = 0; each <= StatementCache::most_parts; ++each) many += "select 1;";
  EXPECT_FALSE(cache.seen(many, usual).parts);
  sql::Options cut = usual;
  cut.truncated = true;
  EXPECT_FALSE(cache.seen("select 1; sel", cut).parts);
  EXPECT_TRUE(cache.seen("select 1; sel", usual).parts);
}

TEST(MysqlStatementCache, ABlockBeginsNoTransaction) {
  StatementCache cache;
  EXPECT_EQ(cache.seen("BEGIN", usual).statement->kind, StatementKind::begin);
  EXPECT_EQ(cache.seen("BEGIN NOT ATOMIC COMMIT; END", usual).statement->kind, StatementKind::call);
  EXPECT_EQ(cache.seen("IF 1 THEN COMMIT; END IF", usual).statement->kind, StatementKind::call);
  EXPECT_EQ(cache.seen("CREATE PROCEDURE p() IF 1 THEN SELECT 1; END IF", usual).statement->kind, StatementKind::ddl);
}

TEST(MysqlStatementCache, ReadsQuotesAsTheSessionDoes) {
  StatementCache cache;
  sql::Options ansi = usual;
  ansi.ansi_quotes = true;
  EXPECT_EQ(cache.seen("SELECT \"a\"", usual).statement->text, "SELECT ?");
  EXPECT_EQ(cache.seen("SELECT \"a\"", ansi).statement->text, "SELECT \"a\"");
  sql::Options plain = usual;
  plain.backslashes = sql::Backslashes::plain;
  EXPECT_TRUE(cache.seen("SELECT '\\'; SELECT '", usual).statement->kind == StatementKind::select);
  EXPECT_FALSE(cache.seen("SELECT '\\'; SELECT 1 -- '", usual).parts);
  EXPECT_TRUE(cache.seen("SELECT '\\'; SELECT 1 -- '", plain).parts);
}

}  // namespace
}  // namespace lockkeeper::track::mysql
