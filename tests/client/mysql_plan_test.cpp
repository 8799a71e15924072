// What a URL, an option file and the environment say about where and how to connect. No server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <lockkeeper/mysql.hpp>

#include "client/drivers/mysql_option_file.hpp"
#include "client/drivers/mysql_plan.hpp"
#include "client/drivers/mysql_url.hpp"
#include "client/environment_variables.hpp"
#include "support/servers.hpp"

namespace lockkeeper::client::mysql {
namespace {

using lockkeeper::testing::EnvironmentVariables;
using lockkeeper::testing::TemporaryFolder;
using lockkeeper::testing::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

Target target_of(const std::string& url) {
  Target target;
  target.url = url;
  return target;
}

Plan plan_of(const std::string& url) {
  auto plan = make_plan(target_of(url));
  EXPECT_TRUE(plan) << url << ": " << plan.error().message;
  return plan.value_or(Plan{});
}

std::string complaint_about(const Target& target) {
  const auto plan = make_plan(target);
  EXPECT_FALSE(plan) << target.url;
  if (plan) return {};
  EXPECT_EQ(plan.error().code, ErrorCode::configuration) << target.url;
  EXPECT_EQ(plan.error().blast, Blast::connection);
  return plan.error().message;
}

TEST(MysqlUrl, IsTakenApart) {
  const auto url = parse_url("mariadb://us%65r:p%40ss%2Fw%3ao@db.example:3307/my%20shop?ssl_mode=REQUIRED&Socket=&x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->user, "user");
  EXPECT_EQ(url->password, "p@ss/w:o");
  EXPECT_EQ(url->host, "db.example");
  EXPECT_EQ(url->port, 3307);
  EXPECT_EQ(url->database, "my shop");
  EXPECT_THAT(url->options, ElementsAre(Pair("ssl-mode", "REQUIRED"), Pair("socket", ""), Pair("x", "")));
}

TEST(MysqlUrl, PartsMayBeMissing) {
  const auto least = parse_url("mysql://");
  ASSERT_TRUE(least);
  EXPECT_EQ(least->user, std::nullopt);
  EXPECT_EQ(least->password, std::nullopt);
  EXPECT_EQ(least->host, "");
  EXPECT_EQ(least->port, std::nullopt);
  EXPECT_EQ(least->database, "");
  EXPECT_EQ(parse_url("mysql://root@/db").value().host, "");
  EXPECT_EQ(parse_url("mysql://root:@h").value().password, "") << "an empty password is one";
  EXPECT_EQ(parse_url("mysql://h?socket=/a/b").value().options.at(0).second, "/a/b");
  const auto six = parse_url("mysql://[fe80::1%25eth0]:3306/db");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->host, "fe80::1%eth0");
  EXPECT_EQ(six->port, 3306);
  EXPECT_EQ(parse_url("mysql://[::1]").value().host, "::1");
}

TEST(MysqlUrl, WhatCannotBeReadIsRefusedWithoutItsSecrets) {
  for (const std::string url : {
           "",
           "mysql:",
           "mysql:/h/d",
           "root:hunter2@h",
           "postgresql://u:hunter2@h/d",
           "mysql://u:hun/ter2@h/d",
           "mysql://u:hun?ter2@h/d",
           "mysql://u:hunter2@ss@h/d",
           "mysql://u:hunter%2@h/d",
           "mysql://u:hunter2%zz@h/d",
           "mysql://u:hunter2%00@h/d",
           "mysql://u:hunter2",
           "mysql://h:0/d",
           "mysql://h:70000/d",
           "mysql://h:/d",
           "mysql://[::1/d",
           "mysql://[]/d",
           "mysql://[::1]x/d",
           "mysql://a,b/d",
           "mysql://a:1,b:2/d",
           "mysql://h/d/e",
           "mysql://u:123?4@hunter2/d",
       }) {
    const auto plan = make_plan(target_of(url));
    ASSERT_FALSE(plan) << url;
    EXPECT_EQ(plan.error().code, ErrorCode::configuration) << url;
    EXPECT_THAT(plan.error().message, Not(HasSubstr("hunter2"))) << url;
    EXPECT_THAT(plan.error().message, Not(HasSubstr("ter2"))) << url;
    EXPECT_THAT(public_url(url), Not(HasSubstr("ter2"))) << url;
  }
  std::string zero = "mysql://u:hunter2@h/d";
  zero += '\0';
  EXPECT_THAT(complaint_about(target_of(zero)), HasSubstr("zero byte"));
}

TEST(MysqlUrl, ThePublicOneHasNoSecrets) {
  EXPECT_EQ(public_url("mysql://root:secret@h:1/d?ssl-mode=required"), "mysql://root@h:1/d?ssl-mode=required");
  EXPECT_EQ(public_url("mariadb://root:@[::1]/"), "mariadb://root@[::1]/");
  EXPECT_EQ(public_url("mysql://h?socket=/a/b&password=x&MYSQL_PWD=y&p%61ss=z"), "mysql://h?socket=/a/b");
  EXPECT_EQ(public_url("mysql://:secret@h/d"), "mysql://@h/d");
  EXPECT_EQ(public_url("mysql://root:se@cret@h/d"), "mysql://…");
  EXPECT_EQ(public_url("mysql://root:secret"), "mysql://…");
  EXPECT_EQ(public_url("secret"), "…");
}

TEST(MysqlPlan, LocalhostIsTheSocketUnlessAPortIsGiven) {
  EnvironmentVariables environment;
  environment.set("MYSQL_HOST", "elsewhere");
  environment.set("MYSQL_TCP_PORT", "1");
  EXPECT_EQ(plan_of("mysql://").socket, "/run/mysqld/mysqld.sock");
  EXPECT_EQ(plan_of("mysql://").host, "");
  EXPECT_EQ(plan_of("mysql://localhost/d").host, "");
  EXPECT_EQ(plan_of("mysql://localhost/d?socket=/a").socket, "/a");
  EXPECT_EQ(plan_of("mysql://localhost:3306/d").host, "localhost");
  EXPECT_EQ(plan_of("mysql://127.0.0.1/d").port, 3306);
  EXPECT_EQ(plan_of("mysql://h:99").port, 99);
  EXPECT_THAT(complaint_about(target_of("mysql://h/d?socket=/a")), HasSubstr("only one of them"));
  EXPECT_THAT(complaint_about(target_of("mysql://localhost:3306/d?socket=/a")), HasSubstr("only one of them"));
  environment.set("MYSQL_UNIX_PORT", "/b");
  EXPECT_EQ(plan_of("mysql://localhost").socket, "/b");
}

TEST(MysqlPlan, ThePasswordComesFromTheUrlOrTheEnvironment) {
  EnvironmentVariables environment;
  environment.set("MYSQL_PWD", "of the environment");
  EXPECT_EQ(plan_of("mysql://u@h").password, "of the environment");
  EXPECT_EQ(plan_of("mysql://u:p@h").password, "p");
  EXPECT_EQ(plan_of("mysql://u:@h").password, "");
}

TEST(MysqlPlan, TlsIsNamedAsBothClientsNameIt) {
  const auto mode = [](const std::string& options) { return plan_of("mysql://h?" + options).tls.mode; };
  EXPECT_EQ(mode(""), TlsMode::preferred);
  EXPECT_EQ(mode("ssl-mode=DISABLED"), TlsMode::disabled);
  EXPECT_EQ(mode("ssl-mode=Preferred"), TlsMode::preferred);
  EXPECT_EQ(mode("ssl_mode=required"), TlsMode::required);
  EXPECT_EQ(mode("ssl-mode=VERIFY_CA&ssl-ca=/c"), TlsMode::verify_ca);
  EXPECT_EQ(mode("ssl-mode=verify-full&ssl-ca=/c"), TlsMode::verify_full);
  EXPECT_EQ(mode("ssl-mode=VERIFY_IDENTITY&ssl-capath=/c"), TlsMode::verify_full);
  EXPECT_EQ(mode("ssl-ca=/c"), TlsMode::verify_ca);
  EXPECT_EQ(mode("ssl"), TlsMode::required);
  EXPECT_EQ(mode("ssl=0&ssl-ca=/c"), TlsMode::disabled);
  EXPECT_EQ(mode("ssl-verify-server-cert&ssl-ca=/c"), TlsMode::verify_full);
  EXPECT_THAT(complaint_about(target_of("mysql://h?ssl-mode=verify-full")), HasSubstr("need ssl-ca"));
  EXPECT_THAT(complaint_about(target_of("mysql://h?ssl-mode=always")), HasSubstr("\"ssl-mode\" must be"));
  EXPECT_THAT(complaint_about(target_of("mysql://h?ssl=maybe")), HasSubstr("true or false"));
}

TEST(MysqlPlan, UnknownOptionsNameTheNearest) {
  EXPECT_THAT(complaint_about(target_of("mysql://h?sslmode=required")), HasSubstr("did you mean \"ssl-mode\""));
  EXPECT_THAT(complaint_about(target_of("mysql://h?connect_timout=1")), HasSubstr("did you mean \"connect-timeout\""));
  EXPECT_THAT(complaint_about(target_of("mysql://h?password=x")), HasSubstr("not known"));
  EXPECT_THAT(complaint_about(target_of("mysql://h?ssl-ca=a&ssl_ca=b")), HasSubstr("twice"));
  EXPECT_THAT(complaint_about(target_of("mysql://h?connect-timeout=soon")), HasSubstr("number of seconds"));
  EXPECT_EQ(plan_of("mysql://h?connect-timeout=0").connect_timeout, std::nullopt);
  EXPECT_EQ(plan_of("mysql://h?connect-timeout=7").connect_timeout, std::chrono::seconds(7));
}

TEST(MysqlPlan, SettingsAreNamesWithTextValues) {
  Target target = target_of("mysql://h");
  for (const std::string name : {"", "a b", "x=1, y", "x;", "größe"}) {
    target.settings = {{name, "1"}};
    EXPECT_THAT(complaint_about(target), HasSubstr("not a system variable")) << name;
  }
  target.settings = {{"x", std::string(1, '\0')}};
  EXPECT_THAT(complaint_about(target), HasSubstr("not a system variable"));
  target.settings = {{"AutoCommit", "0"}};
  EXPECT_THAT(complaint_about(target), HasSubstr("autocommit is always on"));
}

TEST(MysqlPlan, TheUrlNamesTheSessionFirst) {
  EXPECT_EQ(plan_of("mysql://h").program_name, "lockkeeper");
  EXPECT_EQ(plan_of("mysql://h?program_name=shop").program_name, "shop");
}

TEST(MysqlPlan, ClearTextPasswordsNeedASafeWay) {
  EXPECT_THAT(complaint_about(target_of("mysql://h?enable-cleartext-plugin")), HasSubstr("ssl-mode required"));
  EXPECT_TRUE(plan_of("mysql://h?enable-cleartext-plugin=true&ssl-mode=required").clear_text_password);
  EXPECT_TRUE(plan_of("mysql://localhost?enable-cleartext-plugin=1").clear_text_password);
  EXPECT_FALSE(plan_of("mysql://h").clear_text_password);
}

TEST(MysqlOptionFile, OnlyTheClientsGroupsCount) {
  const FileOptions options = parse_option_file(
      "# comment\nuser = nobody\n[mysqld]\nport=1\n[client]\nuser=me\npassword = \"p # s\\\\w\"  # why\n ssl_ca=/a b \n"
      "; other comment\n[mysql]\nuser=other\n[client-server]\nport = 3307 # default\nssl\r\n!include /etc/x\n");
  EXPECT_THAT(options, ElementsAre(Pair("password", "p # s\\w"), Pair("port", "3307"), Pair("ssl", ""),
                                   Pair("ssl-ca", "/a b"), Pair("user", "me")));
}

TEST(MysqlOptionFile, IsReadWhenTheUrlAsksForIt) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "my.cnf";
  write_file(path, "[client]\nuser=me\npassword=mine\nhost=db\nport=3307\nssl-mode=REQUIRED\nlocal-infile=1\n");
  const Plan plan = plan_of("mysql:///shop?defaults-file=" + path);
  EXPECT_EQ(plan.user, "me");
  EXPECT_EQ(plan.password, "mine");
  EXPECT_EQ(plan.host, "db");
  EXPECT_EQ(plan.port, 3307);
  EXPECT_EQ(plan.database, "shop");
  EXPECT_EQ(plan.tls.mode, TlsMode::required);
  const Plan other = plan_of("mysql://you:yours@h/shop?ssl-mode=disabled&defaults-file=" + path);
  EXPECT_EQ(other.user + other.password + other.host, "youyoursh");
  EXPECT_EQ(other.tls.mode, TlsMode::disabled);
  EXPECT_THAT(complaint_about(target_of("mysql://h?defaults-file=/no/such/file")), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace lockkeeper::client::mysql
