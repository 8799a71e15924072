// Configurations from TOML, and what is said of wrong ones.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "proxy/config_check.hpp"
#include "proxy/config_parse.hpp"
#include "proxy/config_settings.hpp"
#include "support/servers.hpp"

namespace lockkeeper::proxy {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view minimal = "[databases.\"*\"]\n";

Config parsed(const std::string& text) {
  auto config = parse_config(text, "proxy.toml");
  if (config) return std::move(*config);
  for (const ConfigError& error : config.error()) ADD_FAILURE() << to_string(error);
  return {};
}

std::vector<std::string> errors_of(const std::string& text) {
  const auto config = parse_config(text, "p");
  std::vector<std::string> lines;
  if (!config) {
    for (const ConfigError& error : config.error()) lines.push_back(to_string(error));
  }
  return lines;
}
std::string error_of(const std::string& text) {
  const auto lines = errors_of(text);
  EXPECT_LE(lines.size(), 1U);
  return lines.empty() ? "no error" : lines[0];
}

TEST(ConfigParse, DefaultsAreThoseOfTheStruct) {
  const Config config = parsed(std::string(minimal));
  EXPECT_EQ(config.proxy.listen, (std::vector<std::string>{"127.0.0.1:6432"}));
  EXPECT_EQ(config.proxy.pool_mode, PoolMode::session);
  EXPECT_EQ(config.proxy.pool_size, 20U);
  EXPECT_EQ(config.proxy.server_lifetime, 1h);
  EXPECT_EQ(config.databases.at("*").host, "127.0.0.1");
  EXPECT_EQ(config.databases.at("*").port, 5432U);
}

TEST(ConfigParse, ReadsEveryKindOfValue) {
  const Config config = parsed(R"(
[proxy]
listen = ["127.0.0.1:6432", "[::1]:6432"]
workers = 4
io = "epoll"
pool_mode = "transaction"
pool_size = 50
query_timeout = "1h30min"
client_idle_timeout = 0
relay_buffer = "64 KiB"
auth = "md5"
users_file = "users.txt"
admin_users = ["ann", "bob"]
record_parameters = false
[proxy.tls]
mode = "require"
certificate = "c.pem"
key = "k.pem"
[proxy.server_tls]
mode = "verify-full"
authorities = "ca.pem"
[databases.shop]
host = "/run/postgresql"
port = 5433
database = "shop_live"
user = "pool"
password = "secret"
pool_mode = "session"
pool_size = 5
queue_timeout = "250ms"
[databases."*"]
host = "db"
[users.ann]
pool_mode = "transaction"
query_timeout = "2d"
)");
  EXPECT_EQ(config.proxy.listen.size(), 2U);
  EXPECT_EQ(config.proxy.workers, 4U);
  EXPECT_EQ(config.proxy.io, IoBackend::epoll);
  EXPECT_EQ(config.proxy.query_timeout, 90min);
  EXPECT_EQ(config.proxy.relay_buffer, 65536U);
  EXPECT_EQ(config.proxy.auth, AuthMethod::md5);
  EXPECT_EQ(config.proxy.admin_users, (std::vector<std::string>{"ann", "bob"}));
  EXPECT_FALSE(config.proxy.record_parameters);
  EXPECT_EQ(config.proxy.tls.mode, ClientTlsMode::require);
  EXPECT_EQ(config.proxy.server_tls.mode, ServerTlsMode::verify_full);
  const DatabaseConfig& shop = config.databases.at("shop");
  EXPECT_EQ(shop.password, Secret("secret"));
  EXPECT_EQ(shop.pool_mode, PoolMode::session);
  EXPECT_EQ(shop.queue_timeout, 250ms);
  EXPECT_FALSE(shop.query_timeout);
  EXPECT_EQ(config.users.at("ann").query_timeout, 48h);
}

TEST(ConfigParse, UnknownKeysNameTheNearest) {
  const std::string end = std::string("\n") + std::string(minimal);
  EXPECT_EQ(error_of("[proxy]\npool_mod = \"session\"" + end),
            "p:2:1: unknown key pool_mod in [proxy]; did you mean pool_mode?");
  EXPECT_EQ(error_of("[proxy]\n  host = 1" + end),
            "p:2:3: unknown key host in [proxy]; it belongs in [databases.NAME]");
  EXPECT_EQ(error_of("[proxy]\nsomething_else = 1" + end), "p:2:1: unknown key something_else in [proxy]");
  EXPECT_EQ(error_of("[proxy.tsl]\nmode = \"allow\"" + end), "p:1:8: unknown key tsl in [proxy]; did you mean tls?");
  EXPECT_EQ(error_of("[prxy]" + end), "p:1:2: unknown section [prxy]; did you mean [proxy]?");
  EXPECT_EQ(error_of("pool_size = 3" + end), "p:1:1: pool_size stands outside of all sections; it belongs in [proxy]");
  EXPECT_EQ(error_of("proxy = 3" + end), "p:1:1: proxy must be a section, [proxy], not a number");
  EXPECT_EQ(error_of("[databases]\nshop = \"host=db\""),
            "p:2:1: [databases] holds sections, one a name, like [databases.shop]");
}

TEST(ConfigParse, WrongValuesSayWhatWouldBeRight) {
  const auto said = [](const std::string& line) { return error_of("[proxy]\n" + line + "\n" + std::string(minimal)); };
  EXPECT_EQ(said("pool_size = \"twenty\""), "p:2:13: pool_size must be a whole number from 1 to 10000, not \"twenty\"");
  EXPECT_EQ(said("pool_size = 0"), "p:2:13: pool_size must be a whole number from 1 to 10000, not 0");
  EXPECT_EQ(said("pool_size = 2.5"), "p:2:13: pool_size must be a whole number from 1 to 10000, not 2.5");
  EXPECT_EQ(said("pool_mode = \"transactions\""),
            "p:2:13: pool_mode must be \"session\" or \"transaction\", not "
            "\"transactions\"; did you mean \"transaction\"?");
  EXPECT_EQ(said("record = 1"), "p:2:10: record must be true or false, not 1");
  EXPECT_EQ(said("query_timeout = 30"),
            "p:2:17: query_timeout must be a duration like \"250ms\", \"30s\", \"5min\" or "
            "\"1h\", or 0 (off), not 30");
  EXPECT_EQ(said("login_timeout = 0"),
            "p:2:17: login_timeout must be a duration like \"250ms\", \"30s\", \"5min\" or "
            "\"1h\", more than 0, not 0");
  EXPECT_EQ(said("relay_buffer = \"1 KiB\""),
            "p:2:16: relay_buffer must be a size from \"4 KiB\" to \"1 MiB\", not \"1 KiB\"");
  EXPECT_EQ(said("listen = \"127.0.0.1:1\""),
            "p:2:10: listen must be a list of addresses like [\"127.0.0.1:6432\"], not \"127.0.0.1:1\"");
  EXPECT_EQ(said("listen = [1]"), "p:2:10: listen must be a list of addresses like [\"127.0.0.1:6432\"], not a list");
  EXPECT_EQ(error_of("[databases.a]\npassword = 12345"), "p:2:12: password must be a text, not a number")
      << "a secret is never shown";
}

TEST(ConfigParse, TellsAllErrorsInTheOrderOfTheFile) {
  EXPECT_EQ(
      errors_of("[users.a]\npool_size = 0\n[proxy]\nwrkers = 1\npool_size = true\n[databases.b]\nport = 0\n").size(),
      4U);
  const auto lines = errors_of("[users.a]\npool_size = 0\n[proxy]\nwrkers = 1\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].substr(0, 5), "p:2:1");
  EXPECT_EQ(lines[1].substr(0, 5), "p:4:1");
}

TEST(ConfigParse, WhatIsNoTomlNamesThePlace) {
  EXPECT_EQ(error_of("[proxy\n").substr(0, 4), "p:1:");
  EXPECT_EQ(error_of("[proxy]\nworkers = 1\nworkers = 2\n").substr(0, 4), "p:3:");
  EXPECT_EQ(error_of(std::string(5 * 1024 * 1024, '\n')), "p: it has more than 4194304 bytes");
}

TEST(ConfigParse, CutAnywhereIsReadOrRefused) {
  const std::string text =
      "[proxy]\nlisten = [\"127.0.0.1:6432\"]\nquery_timeout = \"5min\"\n[databases.\"*\"]\nport = 1\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto config = parse_config(std::string_view(text).substr(0, size), "p");
    EXPECT_TRUE(config || !config.error().empty()) << size;
  }
}

TEST(ConfigCheck, WhatDoesNotFitTogether) {
  const auto said = [](const std::string& text) { return error_of(text + "\n" + std::string(minimal)); };
  EXPECT_EQ(said("[proxy]\npool_size = 5\nmin_pool_size = 6"),
            "p:3:17: min_pool_size (6) is more than pool_size (5): so many can never be open");
  EXPECT_EQ(said("[proxy]\nmin_pool_size = 6\n[databases.a]\npool_size = 5"),
            "p:3:12: min_pool_size (6) is more than pool_size (5): so many can never be open");
  EXPECT_EQ(said("[proxy]\npool_mode = \"transaction\""),
            "p:2:13: clients must show a password here (auth is \"scram-sha-256\"), and users_file in [proxy] does not "
            "say whose are right");
  EXPECT_EQ(said("[users.a]\npool_mode = \"transaction\"").substr(0, 7), "p:2:13:");
  EXPECT_EQ(said("[proxy]\nauth = \"md5\"").substr(0, 7), "p:2:8: ");
  EXPECT_EQ(said("[databases.a]\nuser = \"b\"").substr(0, 7), "p:2:8: ");
  EXPECT_EQ(said("[proxy]\nauth = \"pass-through\"\n[databases.a]\npool_mode = \"transaction\"").substr(0, 8),
            "p:4:13: ");
  EXPECT_EQ(said("[proxy]\nlisten = []"), "p:2:10: listen is empty: no client could ever connect");
  EXPECT_EQ(said("[proxy]\nlisten = [\"[::1]:1\", \"[::1]:1\"]"), "p:2:10: listen names \"[::1]:1\" twice");
  EXPECT_EQ(said("[databases.pgbouncer]"), "p:1:12: the database name \"pgbouncer\" is the console's");
  EXPECT_EQ(said("[databases.a]\npassword = \"x\""), "p:1:12: there is a password, but no user whose password it is");
  EXPECT_EQ(said("[proxy.tls]\nmode = \"allow\""), "p:2:8: mode is \"allow\", which needs certificate and key");
  EXPECT_EQ(said("[proxy.server_tls]\nmode = \"verify-ca\"").substr(0, 8), "p:2:8: m");
  EXPECT_EQ(error_of("[proxy]\n").substr(0, 31), "p:1:2: there is no database; na");
}

TEST(ConfigCheck, WhatMustNotBeOpenToTheNetwork) {
  const auto said = [](const std::string& lines) {
    return error_of("[proxy]\n" + lines + "\n" + std::string(minimal));
  };
  EXPECT_NE(said("listen = [\"*:6432\"]\nauth = \"trust\"").find("p:3:8: auth is \"trust\" while listening on *:6432"),
            std::string::npos);
  EXPECT_EQ(said("listen = [\"*:6432\"]\nauth = \"trust\"\nallow_trust_from_anywhere = true"), "no error");
  EXPECT_EQ(said("listen = [\"127.0.0.1:6432\", \"[::1]:1\", \"localhost:2\"]\nauth = \"trust\""), "no error");
  EXPECT_NE(said("listen = [\"127.0.0.1.example.org:1\"]\nauth = \"trust\""), "no error") << "a name, not an address";
  EXPECT_NE(said("listen = [\"10.0.0.1:1\"]\nusers_file = \"u\"\nauth = \"plain\"").find("passwords could be read"),
            std::string::npos);
  for (const char* wrong : {"6432", ":6432", "::1:6432", "127.0.0.1", "127.0.0.1:65536", "a b:1", "[]:1",
                            "127.0.0.1:1x", "[127.0.0.1]:1"}) {
    EXPECT_NE(said("listen = [\"" + std::string(wrong) + "\"]").find("is no address to listen on"), std::string::npos)
        << wrong;
  }
}

TEST(ConfigSettings, EveryOneIsExplained) {
  std::set<std::string> names;
  for (const SettingInfo& info : settings()) {
    EXPECT_TRUE(names.insert(info.section + "." + info.name).second) << info.name;
    EXPECT_TRUE(info.description.ends_with('.')) << info.name;
    EXPECT_FALSE(info.values.empty()) << info.name;
  }
  EXPECT_TRUE(names.contains("proxy.pool_mode"));
  EXPECT_TRUE(names.contains("databases.NAME.password_file"));
}

// The defaults, written as a file, are the defaults: what the pages say may be copied.
TEST(ConfigSettings, DefaultsReadBackAsThemselves) {
  std::string text;
  std::string section;
  for (const SettingInfo& info : settings()) {
    if (info.default_value.empty()) continue;
    if (info.section != section) text += "[" + info.section + "]\n";
    // What must be given has no default.
    if (info.section != section && info.section == "mysql.NAME") text += "listen = [\"127.0.0.1:6033\"]\n";
    if (info.section != section && info.section == "policies.NAME") text += "rule = \"idle-transaction\"\n";
    if (info.section != section && info.section == "alerts.NAME") text += "url = \"http://127.0.0.1/\"\n";
    section = info.section;
    text += info.name + " = " + info.default_value + "\n";
  }
  const Config config = parsed(text + std::string(minimal));
  const Config defaults = parsed(std::string(minimal));
  const auto rows = shown_settings(config);
  const auto expected = shown_settings(defaults);
  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t at = 0; at < rows.size(); ++at) {
    EXPECT_EQ(rows[at].value, expected[at].value) << rows[at].name;
    EXPECT_EQ(rows[at].value, rows[at].default_value) << rows[at].name;
  }
}

TEST(ConfigLoad, ReadsPasswordFilesAndFindsPathsBesideItself) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() / "proxy.toml";
  testing::write_file(path,
                      "[proxy]\nusers_file = \"users.txt\"\n[databases.a]\nuser = \"u\"\npassword_file = \"p\"\n");
  EXPECT_NE(to_string(load_config(path).error().at(0)).find("of database \"a\": it cannot be read"), std::string::npos);
  testing::write_file(folder.path() / "p", "\n");
  EXPECT_NE(to_string(load_config(path).error().at(0)).find("has no password"), std::string::npos);
  testing::write_file(folder.path() / "p", "secret\r\nmore\n");
  ASSERT_EQ(::chmod((folder.path() / "p").c_str(), 0604), 0);
  const auto loaded = load_config(path);
  ASSERT_TRUE(loaded) << to_string(loaded.error().at(0));
  EXPECT_EQ(loaded->config.databases.at("a").password, Secret("secret"));
  EXPECT_EQ(loaded->config.proxy.users_file, (folder.path() / "users.txt").string());
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_EQ(to_string(load_config(path + "x").error().at(0)), path + "x: it cannot be read: No such file or directory");
}

}  // namespace
}  // namespace lockkeeper::proxy
