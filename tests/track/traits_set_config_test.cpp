// Which parameters a text's calls of set_config set for the session.
#include "track/postgres/traits_set_config.hpp"

#include <gmock/gmock.h>

namespace lockkeeper::track::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ConfigCalls, ThatAreLocalSetNothing) {
  for (const std::string_view text :
       {"SELECT set_config('my.tenant', $1, true)", "SELECT set_config($1, $2, TRUE)",
        "SELECT pg_catalog.SET_CONFIG('a', 'b', 't')", "SELECT set_config('a', f(1, 2), 'true'::boolean)",
        "SELECT 'set_config(''a'', ''b'', false)'", "SELECT 1", "/* set_config('a', 'b', false) */ SELECT set_config",
        "SELECT my_set_config('a', 'b', false)"}) {
    const ConfigCalls calls = config_calls(text, sql::Backslashes::plain);
    EXPECT_THAT(calls.session, IsEmpty()) << text;
    EXPECT_FALSE(calls.unknown) << text;
  }
}

TEST(ConfigCalls, ThatAreNotAreNamed) {
  const ConfigCalls calls = config_calls(
      "SELECT set_config('My.Tenant', $1, false), \"set_config\" /* x */ ('b'::text, coalesce(a, 'c, true'), 'f');"
      "SELECT set_config('c', 'd', true)",
      sql::Backslashes::plain);
  EXPECT_THAT(calls.session, ElementsAre("my.tenant", "b"));
  EXPECT_FALSE(calls.unknown);
}

TEST(ConfigCalls, ThatDoNotSayAreUnknown) {
  for (const std::string_view text :
       {"SELECT set_config($1, 'x', false)", "SELECT set_config('a', 'x', $1)",
        "SELECT set_config(name, setting, false) FROM s", "SELECT set_config('a' || 'b', 'x', false)",
        "SELECT set_config(E'\\x61', 'x', false)",
        "SELECT set_config(is_local => false, setting_name => 'a', new_value => 'x')",
        "SELECT set_config('a', 'x', not true)", "SELECT set_config('a', set_config('b', 'x', false), true)",
        "SELECT set_config('a', 'x'", "SELECT set_config("}) {
    EXPECT_TRUE(config_calls(text, sql::Backslashes::plain).unknown) << text;
  }
}

}  // namespace
}  // namespace lockkeeper::track::postgres
