// Which texts may hold a time in words.
#include "sql/moments.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lockkeeper::sql {
namespace {

TEST(Moments, InLiteralsAreFound) {
  for (const std::string text :
       {"SELECT 'now'::timestamptz", "SELECT date 'Today'", "SELECT * FROM t WHERE day = ' tomorrow '",
        "SELECT 'YESTERDAY 04:05'::timestamp", "SELECT '10:00 today'::timestamp", "SELECT $$now$$::timestamptz",
        "SELECT $a$today$a$::date", "SELECT E'now'::timestamptz", "SELECT now(), 'now'::timestamptz",
        "SELECT 'x', now (\n), 'now'"})
    EXPECT_TRUE(may_name_a_moment(text)) << text;
}

TEST(Moments, ElsewhereAreNone) {
  for (const std::string text :
       {"", "SELECT now()", "SELECT now() - interval '1 day'", "SELECT now () < $1, 'x'", "SELECT $1::date",
        "SELECT today FROM days WHERE n = $1", "SELECT 'know', 'nowhere', 'todays', 'now1', '_now'",
        "INSERT INTO t VALUES ('2026-01-02')", "SELECT $1, $2 FROM now_playing"})
    EXPECT_FALSE(may_name_a_moment(text)) << text;
}

TEST(Moments, ANameThatIsOneErrsOnTheSideOfYes) { EXPECT_TRUE(may_name_a_moment("SELECT today FROM t WHERE a = 'b'")); }

}  // namespace
}  // namespace lockkeeper::sql
