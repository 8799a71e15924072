// The text people see.
#include "sql/support.hpp"

namespace lockkeeper::sql::test {
namespace {

TEST(Normalized, ReadsLikeSql) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"SELECT id,name FROM instagram_product WHERE origin_id=5",
       "SELECT id, name FROM instagram_product WHERE origin_id = ?"},
      {"select  Id\nfrom\tUsers", "select Id from Users"},
      {"INSERT INTO t (a,b) VALUES(1,'x'),(2,'y')", "INSERT INTO t (a, b) VALUES (?)"},
      {"SELECT count( * ), max(a.b) FROM s.t a", "SELECT count(*), max(a.b) FROM s.t a"},
      {"SELECT * FROM t WHERE a IN(1,2) AND b=ANY($1)", "SELECT * FROM t WHERE a IN (?) AND b = ANY(?)"},
      {"SELECT a::numeric(10,2), x[1]", "SELECT a::numeric(?), x[?]"},
      {"SELECT f( g( 1 ) )", "SELECT f(g(?))"},
      {"SELECT 1;SELECT 2;", "SELECT ?; SELECT ?"},
      {"SELECT \"Name\" FROM \"T\"", "SELECT \"Name\" FROM \"T\""},
      {"(SELECT a)UNION(SELECT b)", "(SELECT a) UNION (SELECT b)"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(normalized(text), expected);
}

TEST(Normalized, ReadsBackToTheSameShape) {
  for (const std::string& text : corpus()) {
    const Statement once = analyze(text, postgres);
    const Statement twice = analyze(once.normalized, postgres);
    EXPECT_EQ(twice.fingerprint, once.fingerprint) << once.normalized << "\n" << twice.normalized;
    EXPECT_EQ(twice.normalized, once.normalized);
    EXPECT_EQ(twice.kind, once.kind) << text;
    EXPECT_EQ(twice.writes, once.writes) << text;
  }
}

}  // namespace
}  // namespace lockkeeper::sql::test
