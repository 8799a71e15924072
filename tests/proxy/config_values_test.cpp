// Texts of values, routes, and what a reload changes.
#include <gtest/gtest.h>

#include "proxy/config_parse.hpp"
#include "proxy/config_reload.hpp"
#include "proxy/config_route.hpp"
#include "proxy/config_values.hpp"

namespace lockkeeper::proxy {
namespace {

using namespace std::chrono_literals;

Config parsed(const std::string& text) {
  auto config = parse_config(text, "p");
  if (config) return std::move(*config);
  for (const ConfigError& error : config.error()) ADD_FAILURE() << to_string(error);
  return {};
}

TEST(ConfigValues, Durations) {
  EXPECT_EQ(parse_config_duration("0"), 0ms);
  EXPECT_EQ(parse_config_duration("250ms"), 250ms);
  EXPECT_EQ(parse_config_duration("5min"), 5min);
  EXPECT_EQ(parse_config_duration("5m"), 5min);
  EXPECT_EQ(parse_config_duration("1h30min"), 90min);
  EXPECT_EQ(parse_config_duration("3650d"), 3650 * 24h);
  for (const char* wrong :
       {"", "5", "min", "-5s", "5 s", "1.5h", "5sec", "3651d", "99999999999999999999s", "9223372036854775807d"}) {
    EXPECT_FALSE(parse_config_duration(wrong)) << wrong;
  }
  for (const char* text : {"0", "250ms", "90s", "5min", "1h", "2d", "1001ms"}) {
    EXPECT_EQ(write_config_duration(*parse_config_duration(text)), text);
  }
}

TEST(ConfigValues, Sizes) {
  EXPECT_EQ(parse_size("16 KiB"), 16384U);
  EXPECT_EQ(parse_size("2MiB"), 2097152U);
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("1024 GiB"), std::uint64_t{1} << 40);
  for (const char* wrong : {"", "KiB", "16 KB", "16  KiB", "-1", "1025 GiB", "1 KiB "})
    EXPECT_FALSE(parse_size(wrong)) << wrong;
  for (const char* text : {"0", "16 KiB", "1 GiB", "1001 B"}) EXPECT_EQ(write_size(*parse_size(text)), text);
}

TEST(ConfigValues, NearestWords) {
  constexpr std::array<std::string_view, 3> words{"pool_mode", "pool_size", "host"};
  EXPECT_EQ(nearest_word("pool_mdoe", words), "pool_mode");
  EXPECT_EQ(nearest_word("hots", words), "host");
  EXPECT_EQ(nearest_word("nothing", words), "");
  EXPECT_EQ(nearest_word(std::string(1000, 'x'), words), "");
  EXPECT_EQ(nearest_word("", words), "");
}

const std::string layered = R"(
[proxy]
users_file = "u"
query_timeout = "1s"
pool_size = 10
min_pool_size = 4
[databases.shop]
host = "db1"
database = "shop_live"
user = "pool"
password = "secret"
query_timeout = "2s"
[databases."*"]
host = "db2"
[users.ann]
pool_mode = "transaction"
query_timeout = "3s"
pool_size = 2
)";

TEST(ConfigRoute, TheUserComesBeforeTheDatabaseBeforeAll) {
  const Config config = parsed(layered);
  const auto shop = route_settings(config, "shop", "bob");
  ASSERT_TRUE(shop);
  EXPECT_EQ(shop->host, "db1");
  EXPECT_EQ(shop->database, "shop_live");
  EXPECT_EQ(shop->user, "pool");
  EXPECT_EQ(shop->password, Secret("secret"));
  EXPECT_EQ(shop->query_timeout, 2s);
  EXPECT_EQ(shop->auth, AuthMethod::scram_sha_256) << "nobody can pass through as somebody else";
  const auto other = route_settings(config, "other", "ann");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->section, "*");
  EXPECT_EQ(other->database, "other");
  EXPECT_EQ(other->user, "ann");
  EXPECT_EQ(other->query_timeout, 3s);
  EXPECT_EQ(other->pool_mode, PoolMode::transaction);
  EXPECT_EQ(other->auth, AuthMethod::scram_sha_256);
  EXPECT_EQ(other->min_pool_size, 2U) << "not more than her pool";
  EXPECT_EQ(route_settings(config, "other", "bob")->auth, AuthMethod::pass_through);
  EXPECT_FALSE(route_settings(config, "pgbouncer", "bob"));
  EXPECT_FALSE(route_settings(parsed("[databases.a]\n"), "b", "bob"));
}

TEST(ConfigReload, TellsWhatChangesAndWhatNeedsARestart) {
  const Config before = parsed(
      "[proxy]\nworkers = 1\nusers_file = \"u\"\n[databases.a]\nuser = \"u\"\npassword = "
      "\"x\"\n[databases.b]\n[users.u]\n");
  EXPECT_TRUE(reload_plan(before, before).empty());
  Config after = before;
  after.proxy.workers = 2;
  after.proxy.pool_size = 21;
  after.proxy.server_tls.mode = ServerTlsMode::require;
  after.databases["a"].password = Secret("y");
  after.databases.erase("b");
  after.databases["c"];
  after.users["u"].pool_size = 3;
  const ReloadPlan plan = reload_plan(before, after);
  EXPECT_EQ(plan.needs_restart, (std::vector<std::string>{"proxy.workers"}));
  EXPECT_EQ(plan.applied, (std::vector<std::string>{"proxy.pool_size", "proxy.server_tls.mode", "databases.a.password",
                                                    "databases.b", "databases.c", "users.u.pool_size"}));
  const auto merged = reloaded(before, after);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->proxy.workers, 1U);
  EXPECT_EQ(merged->proxy.pool_size, 21U);
}

TEST(ConfigReload, NeverOpensWhatIsStillListenedOn) {
  const Config before = parsed("[proxy]\nlisten = [\"*:6432\"]\n[databases.a]\n");
  const Config after = parsed("[proxy]\nauth = \"trust\"\n[databases.a]\n");
  const auto merged = reloaded(before, after);
  ASSERT_FALSE(merged) << "the loopback address is only listened on after a restart";
  EXPECT_NE(merged.error()[0].message.find("while listening on *:6432"), std::string::npos);
}

}  // namespace
}  // namespace lockkeeper::proxy
