// [mysql.NAME]: read, checked, laid over [proxy] and under [users.NAME], reloaded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/config_check.hpp"
#include "proxy/config_parse.hpp"
#include "proxy/config_reload.hpp"
#include "proxy/config_route.hpp"

namespace lockkeeper::proxy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> errors_of(const std::string& text) {
  const auto config = parse_config(text, "p");
  std::vector<std::string> lines;
  if (config) return lines;
  for (const ConfigError& error : config.error()) lines.push_back(to_string(error));
  return lines;
}
std::string error_of(const std::string& text) {
  const auto lines = errors_of(text);
  EXPECT_LE(lines.size(), 1U) << lines[1];
  return lines.empty() ? "no error" : lines[0];
}
Config parsed(const std::string& text) {
  EXPECT_THAT(errors_of(text), IsEmpty());
  return parse_config(text, "p").value_or(Config{});
}
// One server with what `lines` say of it.
std::string server(const std::string& lines) { return "[mysql.blog]\nlisten = [\"127.0.0.1:6033\"]\n" + lines; }

TEST(ConfigMysql, NeedsItsAddressesAndNoDatabase) {
  const Config config = parsed(server(""));
  const MysqlServerConfig& blog = config.mysql.at("blog");
  EXPECT_THAT(blog.listen, ElementsAre("127.0.0.1:6033"));
  EXPECT_EQ(blog.host, "127.0.0.1");
  EXPECT_EQ(blog.port, 3306U);
  EXPECT_FALSE(blog.pool_mode);
  EXPECT_TRUE(config.databases.empty());
}

TEST(ConfigMysql, ReadsEverySetting) {
  const Config config = parsed(R"(
[mysql.blog]
listen = ["127.0.0.1:6033", "[::1]:6033"]
host = "db.example"
port = 3307
pool_mode = "session"
pool_size = 5
max_user_connections = 3
connect_timeout = "1s"
queue_timeout = "2s"
query_timeout = "3s"
idle_transaction_timeout = "4s"
transaction_timeout = "5s"
client_idle_timeout = 0
keep_literals = true
)");
  const MysqlServerConfig& blog = config.mysql.at("blog");
  EXPECT_EQ(blog.listen.size(), 2U);
  EXPECT_EQ(blog.host, "db.example");
  EXPECT_EQ(blog.port, 3307U);
  EXPECT_EQ(blog.pool_mode, PoolMode::session);
  EXPECT_EQ(blog.pool_size, 5U);
  EXPECT_EQ(blog.max_user_connections, 3U);
  EXPECT_EQ(blog.connect_timeout, 1s);
  EXPECT_EQ(blog.queue_timeout, 2s);
  EXPECT_EQ(blog.query_timeout, 3s);
  EXPECT_EQ(blog.idle_transaction_timeout, 4s);
  EXPECT_EQ(blog.transaction_timeout, 5s);
  EXPECT_EQ(blog.client_idle_timeout, 0s);
  EXPECT_EQ(blog.keep_literals, true);
}

TEST(ConfigMysql, WrongKeysAndValuesSayWhatWouldBeRight) {
  EXPECT_EQ(error_of(server("hots = \"db\"")), "p:3:1: unknown key hots in [mysql.blog]; did you mean host?");
  EXPECT_EQ(error_of(server("password_file = \"x\"")),
            "p:3:1: unknown key password_file in [mysql.blog]; it belongs in [databases.NAME]");
  EXPECT_EQ(error_of(server("max_connections = 3")),
            "p:3:1: unknown key max_connections in [mysql.blog]; did you mean max_user_connections?");
  EXPECT_EQ(error_of(server("port = 0")), "p:3:8: port must be a whole number from 1 to 65535, not 0");
  EXPECT_EQ(error_of("[msql.blog]\n"), "p:1:2: unknown section [msql]; did you mean [mysql]?");
  EXPECT_EQ(error_of("mysql = 3\n"), "p:1:1: mysql must be a section, [mysql], not a number");
  EXPECT_EQ(error_of("[mysql]\nblog = 3\n"), "p:2:1: [mysql] holds sections, one a name, like [mysql.blog]");
  EXPECT_THAT(error_of("[unknown_section]\n"),
              HasSubstr("[databases.NAME], [mysql.NAME], [users.NAME], [servers.NAME], [http]"));
}

TEST(ConfigMysql, AddressesMustBeGivenAndBeAddresses) {
  EXPECT_EQ(error_of("[mysql.blog]\n"),
            "p:1:8: [mysql.blog] has no listen: say where clients of this server connect, like listen = "
            "[\"127.0.0.1:6033\"]");
  EXPECT_THAT(error_of("[mysql.blog]\nlisten = []"), StartsWith("p:2:10: [mysql.blog] has no listen"));
  EXPECT_THAT(error_of("[mysql.blog]\nlisten = [\"6033\"]"), StartsWith("p:2:10: \"6033\" is no address to listen on"));
}

// The kernel would share an address among two servers without a word: their clients would come to either.
TEST(ConfigMysql, NoAddressIsListenedOnTwice) {
  const auto said = [](const std::string& address) {
    return error_of(server("[mysql.shop]\nlisten = [\"" + address + "\"]"));
  };
  EXPECT_EQ(said("127.0.0.1:6033"),
            "p:4:10: listen names \"127.0.0.1:6033\", where [mysql.blog] listens already; each server needs addresses "
            "of its own");
  for (const char* same : {"*:6033", "0.0.0.0:6033", "[::]:6033", "localhost:6033"}) {
    EXPECT_THAT(said(same), HasSubstr("where [mysql.blog] listens already")) << same;
  }
  for (const char* other : {"127.0.0.1:6034", "127.0.0.2:6033", "[::1]:6033", "db.example:6033"}) {
    EXPECT_EQ(said(other), "no error") << other;
  }
  EXPECT_EQ(error_of("[mysql.a]\nlisten = [\"[::1]:1\", \"[::1]:1\"]"), "p:2:10: listen names \"[::1]:1\" twice");
  EXPECT_EQ(error_of("[mysql.a]\nlisten = [\"127.0.0.1:0\"]\n[mysql.b]\nlisten = [\"127.0.0.1:0\"]"), "no error")
      << "0: a free one for each";
  EXPECT_THAT(error_of("[mysql.a]\nlisten = [\"127.0.0.1:6432\"]"),
              StartsWith("p:2:10: listen names \"127.0.0.1:6432\", where the console listens already"));
  EXPECT_THAT(error_of("[databases.\"*\"]\n[mysql.a]\nlisten = [\"*:6432\"]"),
              HasSubstr("where [proxy] listens already"));
  EXPECT_EQ(error_of("[proxy]\nlisten = [\"*:0\"]\n[mysql.a]\nlisten = [\"127.0.0.1:0\"]"), "no error");
}

TEST(ConfigMysql, AUnixSocketIsRefusedWithTheReason) {
  EXPECT_THAT(error_of(server("host = \"/run/mysqld\"")),
              AllOf(StartsWith("p:3:8: host must be a name or an address, not a Unix socket"),
                    HasSubstr("would take each client for the proxy's own user")));
  EXPECT_EQ(error_of(server("host = \"\"")), "p:3:8: host is empty");
  EXPECT_EQ(error_of(server("host = \"::1\"")), "no error");
}

TEST(ConfigMysql, SessionModeIsTheOnlyOne) {
  EXPECT_EQ(error_of(server("pool_mode = \"transaction\"")),
            "p:3:13: transaction mode comes later for MySQL and MariaDB; set pool_mode = \"session\"");
  const std::string everybody = "[proxy]\npool_mode = \"transaction\"\n";
  EXPECT_EQ(error_of(everybody + server("")),
            "p:3:8: pool_mode of [proxy] is \"transaction\", which comes later for MySQL and MariaDB; set pool_mode = "
            "\"session\" in [mysql.blog]");
  EXPECT_EQ(error_of(everybody + server("pool_mode = \"session\"")), "no error");
  EXPECT_EQ(error_of("[users.ann]\npool_mode = \"transaction\"\n" + server("")), "no error") << "of her on PostgreSQL";
}

TEST(ConfigMysql, NobodyNeedsAUsersFileForIt) {
  for (const char* method : {"auto", "pass-through", "scram-sha-256", "md5", "trust"}) {
    EXPECT_EQ(error_of("[proxy]\nauth = \"" + std::string(method) + "\"\n" + server("")), "no error") << method;
  }
  EXPECT_THAT(error_of("[proxy]\npool_mode = \"transaction\"\n[databases.a]\n" + server("pool_mode = \"session\"")),
              HasSubstr("users_file in [proxy] does not say"))
      << "of PostgreSQL's clients";
}

TEST(ConfigMysql, TheConsoleNeedsAnAddressToo) {
  EXPECT_EQ(error_of("[proxy]\nlisten = []\n" + server("")),
            "p:2:10: listen is empty: the console could not be reached");
  EXPECT_THAT(error_of("[proxy]\n"), HasSubstr("a MySQL or MariaDB server with [mysql.NAME]"));
}

constexpr const char* layered = R"(
[proxy]
pool_size = 30
max_user_connections = 9
connect_timeout = "1s"
query_timeout = "1s"
transaction_timeout = "1s"
client_idle_timeout = "1s"
min_pool_size = 4
max_database_connections = 8
[mysql.blog]
listen = ["127.0.0.1:6033"]
host = "db.example"
port = 3307
query_timeout = "2s"
transaction_timeout = "2s"
[mysql.shop]
listen = ["127.0.0.1:6034"]
pool_size = 5
max_user_connections = 7
connect_timeout = "2s"
keep_literals = true
[users.ann]
pool_mode = "transaction"
pool_size = 2
max_connections = 1
query_timeout = "3s"
)";

TEST(ConfigMysqlRoute, TheUserComesBeforeTheServerBeforeAll) {
  const Config config = parsed(layered);
  const auto route = mysql_route_settings(config, "blog", "ann");
  ASSERT_TRUE(route);
  EXPECT_EQ(route->section, "blog");
  EXPECT_EQ(route->host, "db.example");
  EXPECT_EQ(route->port, 3307U);
  EXPECT_EQ(route->pool_size, 1000U) << "ann's and [proxy]'s are about other pools: max_clients";
  EXPECT_EQ(route->max_user_connections, 1U);
  EXPECT_EQ(route->query_timeout, 3s);
  EXPECT_EQ(route->transaction_timeout, 2s);
  EXPECT_EQ(route->client_idle_timeout, 1s);
  EXPECT_EQ(route->connect_timeout, 1s);
  EXPECT_FALSE(route->keep_literals);
  const auto shop = mysql_route_settings(config, "shop", "bob");
  ASSERT_TRUE(shop);
  EXPECT_EQ(shop->pool_size, 5U);
  EXPECT_EQ(shop->max_user_connections, 7U);
  EXPECT_EQ(shop->connect_timeout, 2s);
  EXPECT_TRUE(shop->keep_literals);
}

TEST(ConfigMysqlRoute, IsSessionModeWithTheServersOwnLogin) {
  const Config config = parsed(layered);
  for (const char* user : {"", "ann", "bob"}) {
    const auto route = mysql_route_settings(config, "blog", user);
    ASSERT_TRUE(route);
    EXPECT_EQ(route->pool_mode, PoolMode::session);
    EXPECT_EQ(route->auth, AuthMethod::pass_through);
    EXPECT_EQ(route->database, "");
    EXPECT_EQ(route->user, "");
    EXPECT_FALSE(route->password);
    EXPECT_EQ(route->min_pool_size, 0U);
    EXPECT_EQ(route->max_database_connections, 0U);
  }
  EXPECT_EQ(mysql_route_settings(config, "blog", "")->max_user_connections, 9U) << "nobody yet";
  EXPECT_FALSE(mysql_route_settings(config, "other", "ann"));
  EXPECT_FALSE(route_settings(config, "blog", "ann")) << "no database of PostgreSQL's";
}

TEST(ConfigMysqlReload, AddressesAndServersWaitForARestart) {
  const Config before = parsed(server("") + "[mysql.old]\nlisten = [\"127.0.0.1:1\"]\n[databases.\"*\"]\n");
  EXPECT_TRUE(reload_plan(before, before).empty());
  const Config after = parsed(
      "[mysql.blog]\nlisten = [\"127.0.0.1:2\"]\nhost = \"db\"\nquery_timeout = \"3s\"\n"
      "[mysql.new]\nlisten = [\"127.0.0.1:3\"]\n[databases.\"*\"]\n");
  const ReloadPlan plan = reload_plan(before, after);
  EXPECT_THAT(plan.applied, ElementsAre("mysql.blog.host", "mysql.blog.query_timeout"));
  EXPECT_THAT(plan.needs_restart, ElementsAre("mysql.blog.listen", "mysql.old", "mysql.new"));
  const auto merged = reloaded(before, after);
  ASSERT_TRUE(merged) << to_string(merged.error().at(0));
  EXPECT_THAT(merged->mysql.at("blog").listen, ElementsAre("127.0.0.1:6033"));
  EXPECT_EQ(merged->mysql.at("blog").host, "db");
  EXPECT_EQ(merged->mysql.at("blog").query_timeout, 3s);
  EXPECT_TRUE(mysql_route_settings(*merged, "old", "")) << "its clients are still there";
  EXPECT_FALSE(mysql_route_settings(*merged, "new", "")) << "nobody listens for it";
}

}  // namespace
}  // namespace lockkeeper::proxy
