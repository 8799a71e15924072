#include "model/sql_text.hpp"

#include <gtest/gtest.h>

namespace lockkeeper::model {
namespace {

TEST(SqlText, QuotesWhatMustBeQuoted) {
  EXPECT_EQ(sql_identifier("app_1"), "app_1");
  EXPECT_EQ(sql_identifier("App"), "\"App\"");
  EXPECT_EQ(sql_identifier("1app"), "\"1app\"");
  EXPECT_EQ(sql_identifier(""), "\"\"");
  EXPECT_EQ(sql_identifier("a\"; DROP ROLE b; --"), "\"a\"\"; DROP ROLE b; --\"");
  EXPECT_EQ(sql_literal("it's"), "'it''s'");
  EXPECT_EQ(sql_literal("''"), "''''''");
  // GRANT pg_monitor TO user; is a syntax error.
  EXPECT_EQ(sql_identifier("user"), "\"user\"");
  EXPECT_EQ(sql_identifier("order"), "\"order\"");
  EXPECT_EQ(sql_identifier("shop"), "shop");
}

}  // namespace
}  // namespace lockkeeper::model
