// `lockkeeper run mysql://...`: a configuration from a MySQL or MariaDB URL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/config_parse.hpp"
#include "proxy/config_route.hpp"
#include "proxy/config_url.hpp"

namespace lockkeeper::proxy {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Surroundings around(std::map<std::string, std::string, std::less<>> environment = {}, std::string user = "me") {
  return {[environment = std::move(environment)](std::string_view name) -> std::optional<std::string> {
            const auto place = environment.find(name);
            if (place == environment.end()) return std::nullopt;
            return place->second;
          },
          [](const std::string&, bool) -> std::optional<std::string> { return "*:*:*:*:libpq's"; }, std::move(user),
          "/u/me"};
}

Config config_of(std::string_view url, const UrlOptions& options = {}, const Surroundings& surroundings = around()) {
  auto config = config_from_url(url, options, surroundings);
  if (config) return std::move(*config);
  for (const ConfigError& error : config.error()) ADD_FAILURE() << to_string(error);
  return {};
}
const MysqlServerConfig& server_of(const Config& config) { return config.mysql.at("mysql"); }
std::string error_of(std::string_view url, const UrlOptions& options = {}) {
  const auto config = config_from_url(url, options, around());
  return config ? "no error" : to_string(config.error().at(0));
}
ServerTlsConfig tls_of(const std::string& query) { return config_of("mysql://db/?" + query).proxy.server_tls; }

TEST(ConfigUrlMysql, ReadsAWholeUrl) {
  const Config config =
      config_of("mysql://ann%40x:p%2Fw%3A1@[::1]:3307/sh%20op?ssl-mode=verify-full&ssl_ca=%2Fca.pem&connect-timeout=3");
  EXPECT_EQ(config.mysql.size(), 1U);
  EXPECT_TRUE(config.databases.empty());
  const MysqlServerConfig& server = server_of(config);
  EXPECT_EQ(server.host, "::1");
  EXPECT_EQ(server.port, 3307U);
  EXPECT_EQ(server.connect_timeout, 3s);
  EXPECT_THAT(server.listen, ElementsAre("127.0.0.1:6033"));
  EXPECT_THAT(config.proxy.listen, ElementsAre("127.0.0.1:6432")) << "the console";
  EXPECT_EQ(config.own_user->name, "ann@x");
  EXPECT_EQ(config.own_user->password, Secret("p/w:1"));
  EXPECT_EQ(config.own_user->database, "sh op");
  EXPECT_THAT(config.proxy.admin_users, ElementsAre("ann@x"));
  EXPECT_EQ(config.proxy.server_tls.mode, ServerTlsMode::verify_full);
  EXPECT_EQ(config.proxy.server_tls.authorities, "/ca.pem");
  EXPECT_EQ(mysql_route_settings(config, "mysql", "bob")->auth, AuthMethod::pass_through);
}

TEST(ConfigUrlMysql, WhatIsLeftOutIsTheServerOnThisMachine) {
  for (const char* url : {"mysql://", "mariadb://", "mysql:///", "mysql://:@/?"}) {
    const Config config = config_of(url);
    EXPECT_EQ(server_of(config).host, "127.0.0.1") << url;
    EXPECT_EQ(server_of(config).port, 3306U) << url;
    EXPECT_FALSE(server_of(config).connect_timeout) << url;
    EXPECT_EQ(config.own_user->name, "me") << url;
    EXPECT_EQ(config.own_user->database, "") << url;
    EXPECT_FALSE(config.own_user->password) << url;
    EXPECT_EQ(config.proxy.server_tls.mode, ServerTlsMode::prefer) << url;
  }
  EXPECT_EQ(server_of(config_of("mysql://localhost")).host, "localhost") << "by TCP";
  EXPECT_EQ(error_of("mysql://ann@h?connect-timeout=0"), "no error");
  const auto nobody = config_from_url("mysql://h", {}, around({}, ""));
  ASSERT_FALSE(nobody);
  EXPECT_THAT(to_string(nobody.error().at(0)), HasSubstr("no user is known"));
}

TEST(ConfigUrlMysql, TheEnvironmentHasAPasswordAndNothingOfLibpqs) {
  const auto machine = around({{"MYSQL_PWD", "secret"},
                               {"PGHOST", "pg"},
                               {"PGPORT", "1"},
                               {"PGUSER", "pg"},
                               {"PGPASSWORD", "pg"},
                               {"PGSSLMODE", "verify-full"}});
  const Config config = config_of("mysql://ann@h", {}, machine);
  EXPECT_EQ(config.own_user->password, Secret("secret"));
  EXPECT_EQ(config.own_user->name, "ann");
  EXPECT_EQ(server_of(config).host, "h");
  EXPECT_EQ(server_of(config).port, 3306U);
  EXPECT_EQ(config.proxy.server_tls.mode, ServerTlsMode::prefer);
  EXPECT_EQ(config_of("mysql://ann:own@h", {}, machine).own_user->password, Secret("own"));
  EXPECT_FALSE(config_of("mysql://ann:@h", {}, machine).own_user->password) << "the URL says that there is none";
}

TEST(ConfigUrlMysql, TlsOptionsMeanWhatTheDriverMakesOfThem) {
  EXPECT_EQ(tls_of("ssl-mode=DISABLED").mode, ServerTlsMode::disable);
  EXPECT_EQ(tls_of("ssl_mode=preferred").mode, ServerTlsMode::prefer);
  EXPECT_EQ(tls_of("ssl-mode=required&ssl-ca=/ca").mode, ServerTlsMode::require);
  EXPECT_EQ(tls_of("ssl-mode=required&ssl-ca=/ca").authorities, "") << "not asked for";
  EXPECT_EQ(tls_of("ssl-mode=VERIFY_CA&ssl-ca=/ca").mode, ServerTlsMode::verify_ca);
  EXPECT_EQ(tls_of("ssl-mode=verify_identity&ssl-ca=/ca").mode, ServerTlsMode::verify_full);
  EXPECT_EQ(tls_of("ssl-ca=/ca").mode, ServerTlsMode::verify_ca);
  EXPECT_EQ(tls_of("ssl-ca=/ca").authorities, "/ca");
  EXPECT_EQ(tls_of("ssl").mode, ServerTlsMode::require);
  EXPECT_EQ(tls_of("ssl=0&ssl-ca=/ca").mode, ServerTlsMode::disable);
  EXPECT_EQ(tls_of("ssl-verify-server-cert=on&ssl-ca=/ca").mode, ServerTlsMode::verify_full);
  EXPECT_THAT(error_of("mysql://h?ssl-mode=verify-ca"), HasSubstr("need ssl-ca"));
  EXPECT_THAT(error_of("mysql://h?ssl-verify-server-cert"), HasSubstr("need ssl-ca"));
  EXPECT_THAT(error_of("mysql://h?ssl-mode=requird"), HasSubstr("did you mean required?"));
  EXPECT_THAT(error_of("mysql://h?ssl=maybe"), HasSubstr("ssl must be true or false"));
}

TEST(ConfigUrlMysql, OptionsThatCannotHoldAreRefusedWithAdvice) {
  EXPECT_EQ(error_of("mysql://h?program-name=x&enable-cleartext-plugin=1"), "no error") << "for the looks";
  EXPECT_THAT(error_of("mysql://h?socket=/run/x.sock"), HasSubstr("would take each client for the proxy's own user"));
  EXPECT_THAT(error_of("mysql://%2Frun%2Fmysqld/shop"), HasSubstr("not a Unix socket"));
  EXPECT_THAT(error_of("mysql://h?defaults_file=/x"), HasSubstr("MYSQL_PWD"));
  EXPECT_THAT(error_of("mysql://h?ssl-capath=/x"), HasSubstr("with ssl-ca"));
  for (const char* name : {"ssl-cert", "ssl-key", "ssl-cipher", "tls-version"}) {
    EXPECT_THAT(error_of("mysql://h?" + std::string(name) + "=x"), HasSubstr("no such setting")) << name;
  }
  EXPECT_THAT(error_of("mysql://h?ssl-mod=required"),
              HasSubstr("option ssl-mod is none that the proxy knows; did you mean ssl-mode?"));
  EXPECT_THAT(error_of("mysql://h?ssl-mode=required&ssl_mode=required"), HasSubstr("ssl-mode is given twice"));
  for (const char* wrong : {"x", "-1", "3s", "999999999999"}) {
    EXPECT_THAT(error_of("mysql://h?connect-timeout=" + std::string(wrong)), HasSubstr("number of seconds")) << wrong;
  }
}

TEST(ConfigUrlMysql, ClientsAndConsoleHaveAddressesOfTheirOwn) {
  UrlOptions options;
  options.listen = {"127.0.0.1:7000", "127.0.0.1:7001"};
  options.console = {"127.0.0.1:7002"};
  const Config config = config_of("mariadb://ann@h", options);
  EXPECT_EQ(server_of(config).listen, options.listen);
  EXPECT_EQ(config.proxy.listen, options.console);
  options.console = {"127.0.0.1:7001"};
  EXPECT_THAT(error_of("mysql://ann@h", options), HasSubstr("where the console listens already"));
  options = {};
  options.listen = {"127.0.0.1:6432"};
  EXPECT_THAT(error_of("mysql://ann@h", options), HasSubstr("where the console listens already")) << "by default";
  options = {};
  options.console = {"127.0.0.1:1"};
  EXPECT_EQ(error_of("postgresql://ann@h", options),
            "--console is for mysql:// URLs: here the console is on the same address as the clients");
}

TEST(ConfigUrlMysql, TransactionModeAndOtherLoginsAreRefused) {
  EXPECT_THAT(error_of("mysql://ann@h", {{}, PoolMode::transaction, std::nullopt}),
              HasSubstr("transaction mode comes later for MySQL and MariaDB"));
  EXPECT_EQ(error_of("mysql://ann@h", {{}, PoolMode::session, std::nullopt}), "no error");
  EXPECT_THAT(error_of("mysql://ann@h", {{}, std::nullopt, AuthMethod::trust}),
              HasSubstr("authentication passes through"));
}

TEST(ConfigUrlMysql, AFileBesideItSaysHow) {
  const auto both = parse_config(
      "[proxy]\nquery_timeout = \"3s\"\n[mysql.mysql]\npool_size = 7\n[mysql.other]\nlisten = [\"127.0.0.1:1\"]\n", "p",
      config_of("mysql://ann@h"));
  ASSERT_TRUE(both) << to_string(both.error().at(0));
  const auto route = mysql_route_settings(*both, "mysql", "ann");
  ASSERT_TRUE(route);
  EXPECT_EQ(route->host, "h");
  EXPECT_EQ(route->pool_size, 7U);
  EXPECT_EQ(route->query_timeout, 3s);
  EXPECT_EQ(both->mysql.size(), 2U);
}

TEST(ConfigUrlMysql, WrongOnesSayWhyAndNeverShowThePassword) {
  for (const char* wrong : {"mysql://ann:hidden@x@db", "mysql://ann:hid/den@db", "mysql://ann:hid?den@db",
                            "mysql://ann:x@db/a/b", "mysql://ann:x@db/shop?a=hid@den"}) {
    EXPECT_THAT(error_of(wrong), AllOf(HasSubstr("not percent-encoded"), Not(HasSubstr("den")))) << wrong;
  }
  for (const char* wrong : {"mysql://ann:hidden", "mysql://a@h:0", "mysql://a@h:65536", "mysql://a@h:",
                            "mysql://a@h:1x", "mysql://a@::1", "mysql://a@[::1", "mysql://a@[]", "mysql://a@[::1]x"}) {
    EXPECT_THAT(error_of(wrong), AllOf(HasSubstr("host and port cannot be read"), Not(HasSubstr("hidden")))) << wrong;
  }
  for (const char* wrong : {"mysql://ann:hid%zzden@db", "mysql://ann:hidden%0@db", "mysql://ann:hidden%00@db"}) {
    EXPECT_THAT(error_of(wrong), HasSubstr("two hexadecimal digits")) << wrong;
  }
  EXPECT_THAT(error_of("mysql://a,b/x"), HasSubstr("several hosts"));
  EXPECT_THAT(error_of("mysql://" + std::string(9000, 'x')), HasSubstr("8192"));
  EXPECT_THAT(error_of(std::string_view("mysql://a\0b", 11)), HasSubstr("zero byte"));
  EXPECT_THAT(error_of("mysql://ann:" + std::string(5000, 'x') + "@h"), HasSubstr("the password has more than"));
  const std::string url = "mariadb://ann:hidden@db:3306/shop?ssl-mode=required";
  for (std::size_t size = 0; size < url.size(); ++size) {
    EXPECT_THAT(error_of(std::string_view(url).substr(0, size)), Not(HasSubstr("hidden"))) << size;
  }
}

}  // namespace
}  // namespace lockkeeper::proxy
