// Lists of any length are one shape.
#include "sql/support.hpp"

namespace lockkeeper::sql::test {
namespace {

TEST(Lists, OfLiteralsFold) {
  expect_same({{"SELECT 1 FROM t WHERE a IN (1)", "SELECT 1 FROM t WHERE a IN (1, 2, 3)"},
               {"SELECT 1 FROM t WHERE a IN ($1)", "SELECT 1 FROM t WHERE a IN ($1,$2,$3)"},
               {"SELECT 1 FROM t WHERE a IN ('a', NULL)", "SELECT 1 FROM t WHERE a IN (-1, 2.5, TRUE)"},
               {"SELECT 1 FROM t WHERE a IN ('a'::uuid)", "SELECT 1 FROM t WHERE a IN ('a'::uuid, 'b'::uuid)"},
               {"SELECT 1 FROM t WHERE a IN (lower('a'))", "SELECT 1 FROM t WHERE a IN (lower('A'), lower('B'))"},
               {"SELECT 1 FROM t WHERE a = ANY(ARRAY[1])", "SELECT 1 FROM t WHERE a = ANY(ARRAY[1,2,3])"},
               {"SELECT 1 FROM t WHERE a NOT IN (1)", "SELECT 1 FROM t WHERE a NOT IN (1,2)"},
               {"SELECT 1 FROM t WHERE a IN (1)", "SELECT 1 FROM t WHERE a IN (1,2)", mysql}});
}

TEST(Lists, OfRowsFold) {
  expect_same(
      {{"INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, NULL)"},
       {"INSERT INTO t VALUES (1, now())", "INSERT INTO t VALUES (1, now()), (2, now())"},
       {"INSERT INTO t VALUES (1), (2) RETURNING id", "INSERT INTO t VALUES (1) RETURNING id"},
       {"INSERT INTO t VALUES (1), (2) ON CONFLICT DO NOTHING", "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING"},
       {"SELECT 1 FROM t WHERE (a, b) IN ((1,2),(3,4))", "SELECT 1 FROM t WHERE (a, b) IN ((1,2))"},
       {"SELECT * FROM (VALUES (1, 2), (3, 4)) AS v (a, b)", "SELECT * FROM (VALUES (1, 2)) AS v (a, b)"},
       {"SELECT ((1,2),(3,4))", "SELECT ((1,2))"},
       {"VALUES ROW(1,2), ROW(3,4)", "VALUES ROW(1,2)", mysql},
       {"INSERT INTO t VALUES (1,2),(3,4) ON DUPLICATE KEY UPDATE a = VALUES(a)",
        "INSERT INTO t VALUES (1,2) ON DUPLICATE KEY UPDATE a = VALUES(a)", mysql}});
}

TEST(Lists, OfNamesDoNot) {
  expect_different({{"SELECT f(a)", "SELECT f(a, a)"},
                    {"SELECT a", "SELECT a, b"},
                    {"INSERT INTO t (a) VALUES (1)", "INSERT INTO t (a, b) VALUES (1)"},
                    {"SELECT 1 FROM t WHERE a IN (b)", "SELECT 1 FROM t WHERE a IN (b, c)"},
                    {"SELECT 1 FROM t WHERE a IN (b, 1)", "SELECT 1 FROM t WHERE a IN (c, 1)"},
                    {"SELECT (1), (2) + a", "SELECT (1) + a"},
                    {"SELECT f(1), f(2)", "SELECT f(1)"},
                    {"SELECT a FROM t LIMIT 1, 2", "SELECT a FROM t LIMIT 1", mysql}});
}

TEST(Lists, DeeplyNestedOnesFoldUpToTheLimit) {
  const auto nested = [](std::size_t depth, std::string_view inside) {
    return "SELECT " + std::string(depth, '(') + std::string(inside) + std::string(depth, ')');
  };
  EXPECT_EQ(print_of(nested(60, "1")), print_of(nested(60, "1, 2, 3")));
  EXPECT_NE(print_of(nested(80, "1")), print_of(nested(80, "1, 2, 3")));
  EXPECT_EQ(print_of(nested(80, "1") + ", a IN (1)"), print_of(nested(80, "1") + ", a IN (1, 2)"));
}

}  // namespace
}  // namespace lockkeeper::sql::test
