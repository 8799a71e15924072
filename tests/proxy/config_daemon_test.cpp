// The sections of what a daemon does beside the proxy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "proxy/config_parse.hpp"
#include "proxy/config_reload.hpp"
#include "support/servers.hpp"

namespace lockkeeper::proxy {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view watched = "[servers.a]\nurl = \"postgresql://watcher@db.example/postgres\"\n";

Config parsed(const std::string& text) {
  auto config = parse_config(text, "p");
  if (config) return *std::move(config);
  for (const ConfigError& error : config.error()) ADD_FAILURE() << to_string(error);
  return {};
}

// Of exactly one.
std::string error_of(const std::string& text) {
  const auto config = parse_config(text, "p");
  if (config) return "";
  EXPECT_EQ(config.error().size(), 1U) << to_string(config.error().back());
  return to_string(config.error().front());
}

TEST(ConfigDaemon, AServerThatIsOnlyLookedAtIsEnough) {
  const Config config = parsed(std::string(watched));
  EXPECT_EQ(config.servers.at("a").url, "postgresql://watcher@db.example/postgres");
  EXPECT_THAT(config.http.listen, IsEmpty());
  EXPECT_THAT(config.history.file, IsEmpty());
  EXPECT_FALSE(config.http.actions);
}

TEST(ConfigDaemon, EverySectionIsRead) {
  const Config config = parsed(std::string(watched) + R"(
[http]
listen = ["127.0.0.1:0"]
host_names = ["db-console"]
actions = true
[history]
file = "h.sqlite"
keep = "2d"
max_size = "64 MiB"
[policies.p]
enabled = true
rule = "leaked-transaction"
servers = ["a"]
action = "cancel"
min_age = "90s"
only_if_blocking = true
max_rollback_rows = 0
max_per_hour = 3
exclude_applications = ["backup*"]
exclude_users = ["admin"]
[alerts.chat]
url = "https://chat.example/hook"
min_severity = "critical"
)");
  EXPECT_TRUE(config.http.actions);
  EXPECT_EQ(config.history.keep, std::chrono::days(2));
  EXPECT_EQ(config.history.max_size, std::uint64_t{64} << 20U);
  const PolicyConfig& policy = config.policies.at("p");
  EXPECT_TRUE(policy.enabled);
  EXPECT_EQ(policy.action, PolicyAction::cancel);
  EXPECT_EQ(policy.min_age, std::chrono::seconds(90));
  EXPECT_EQ(policy.max_rollback_rows, 0U);
  EXPECT_THAT(policy.exclude_applications, ElementsAre("backup*"));
  EXPECT_EQ(config.alerts.at("chat").min_severity, AlertSeverity::critical);
}

TEST(ConfigDaemon, APolicyIsADryRunUntilItIsSwitchedOn) {
  const Config config = parsed(std::string(watched) + "[policies.p]\nrule = \"idle-transaction\"\n");
  EXPECT_FALSE(config.policies.at("p").enabled);
  EXPECT_FALSE(config.policies.at("p").include_superusers);
}

TEST(ConfigDaemon, WhatIsMissingOrUnknownIsToldWithItsPlace) {
  const std::string base(watched);
  EXPECT_EQ(error_of("[servers.a]\n"), "p:1:10: url is missing: which server is to be looked at?");
  EXPECT_EQ(error_of(base + "[policies.p]\n"), "p:3:11: rule is missing: which findings is it about?");
  EXPECT_EQ(error_of(base + "[alerts.p]\n"), "p:3:9: url is missing: where to?");
  EXPECT_EQ(error_of(base + "[alerts.p]\nurl = \"ftp://x/\"\n"), "p:4:7: url must begin with http:// or https://");
  EXPECT_EQ(error_of(base + "[http]\nlitsen = []\n"), "p:4:1: unknown key litsen in [http]; did you mean listen?");
  EXPECT_EQ(error_of(base + "[histroy]\nfile = \"x\"\n"), "p:3:2: unknown section [histroy]; did you mean [history]?");
  EXPECT_EQ(error_of(base + "[policies.p]\nrule = \"r\"\nservers = [\"b\"]\n"),
            "p:5:11: there is no server \"b\" in [servers]; did you mean \"a\"?");
  EXPECT_THAT(error_of(base + "[policies.p]\nrule = \"r\"\naction = \"kill\"\n"),
              HasSubstr("action must be \"terminate\" or \"cancel\", not \"kill\""));
}

TEST(ConfigDaemon, AUrlIsNotRepeatedInAnErrorForItMayHoldAPassword) {
  const std::string error = error_of("[servers.a]\nurl = \"oracle://me:hush@db/x\"\n");
  EXPECT_EQ(error, "p:2:7: url must begin with postgresql://, mysql:// or mariadb://");
}

TEST(ConfigDaemon, OthersThanThisMachineNeedAToken) {
  const std::string open = std::string(watched) + "[http]\nlisten = [\"0.0.0.0:9190\"]\n";
  EXPECT_THAT(error_of(open), HasSubstr("everybody who reaches that address could see all statements; set token_file"));
  EXPECT_EQ(error_of(open + "token_file = \"t\"\n"), "");
  EXPECT_EQ(error_of(std::string(watched) + "[http]\nactions = true\n"),
            "p:4:11: actions are allowed, but listen is not set");
}

TEST(ConfigDaemon, TheUrlsServerHasItsNameAlone) {
  Config base;
  base.own_user = OwnUser{"me", std::nullopt, "x"};
  base.databases["*"];
  const auto config = parse_config("[servers.main]\nurl = \"postgresql://a@b/c\"\n", "p", base);
  ASSERT_FALSE(config);
  EXPECT_EQ(to_string(config.error().front()), "p:1:10: the name \"main\" is that of the URL's server");
}

TEST(ConfigDaemon, SecretsAreReadFromTheirFiles) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "lockkeeper.toml";
  testing::write_file(file, std::string(watched) +
                                "password_file = \"p\"\n[http]\nlisten = [\"*:9190\"]\ntoken_file = \"t\"\n"
                                "[history]\nfile = \"h.sqlite\"\n"
                                "[alerts.x]\nurl = \"http://127.0.0.1/\"\ntoken_file = \"t\"\n");
  const auto incomplete = load_config(file.string());
  ASSERT_FALSE(incomplete);
  std::vector<std::string> errors;
  for (const ConfigError& error : incomplete.error()) errors.push_back(to_string(error));
  EXPECT_THAT(errors, Contains(HasSubstr("the token file " + (folder.path() / "t").string() + " of [http]: ")));
  testing::write_file(folder.path() / "p", "p-secret\n");
  testing::write_file(folder.path() / "t", "too short\n");
  const auto guessable = load_config(file.string());
  ASSERT_FALSE(guessable);
  EXPECT_THAT(to_string(guessable.error().back()),
              HasSubstr("the token of [http] has 9 bytes; it must have 16 or more"));
  testing::write_file(folder.path() / "t", "t-secret t-secret\n");
  for (const char* name : {"p", "t"}) {
    ASSERT_EQ(::chmod((folder.path() / name).c_str(), 0600), 0);
  }
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  const auto loaded = load_config(file.string());
  ASSERT_TRUE(loaded) << to_string(loaded.error().front());
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_EQ(loaded->config.servers.at("a").password, Secret("p-secret"));
  EXPECT_EQ(loaded->config.http.token, Secret("t-secret t-secret"));
  EXPECT_EQ(loaded->config.alerts.at("x").token, Secret("t-secret t-secret"));
  EXPECT_EQ(loaded->config.history.file, (folder.path() / "h.sqlite").string());
}

TEST(ConfigDaemon, AUrlWithoutAPasswordIsNoSecret) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "lockkeeper.toml";
  const auto warnings = [&](const std::string& url) {
    testing::write_file(file, "[servers.a]\nurl = \"" + url + "\"\n");
    EXPECT_EQ(::chmod(file.c_str(), 0644), 0);
    return load_config(file.string()).value().warnings;
  };
  EXPECT_THAT(warnings("postgresql://watcher@db.example:5432/postgres"), IsEmpty());
  EXPECT_THAT(warnings("postgresql://watcher:hush@db.example/postgres"), Contains(HasSubstr("holds secrets")));
  EXPECT_THAT(warnings("postgresql://db.example/postgres?user=a&password=hush"), Contains(HasSubstr("holds secrets")));
}

TEST(ConfigDaemon, PoliciesAndAlertsAreTakenOverAtAReloadServersAreNot) {
  const Config before = parsed(std::string(watched));
  const Config after = parsed(
      "[servers.b]\nurl = \"postgresql://x@y/z\"\n[http]\nlisten = [\"127.0.0.1:1\"]\n"
      "[policies.p]\nrule = \"r\"\n[alerts.c]\nurl = \"http://127.0.0.1/\"\n");
  const ReloadPlan plan = reload_plan(before, after);
  EXPECT_THAT(plan.applied, ElementsAre("policies.p", "alerts.c"));
  EXPECT_THAT(plan.needs_restart, ElementsAre("servers.a", "servers.b", "http.listen"));
  const auto now = reloaded(before, after);
  ASSERT_TRUE(now);
  EXPECT_TRUE(now->servers.contains("a"));
  EXPECT_FALSE(now->servers.contains("b"));
  EXPECT_TRUE(now->policies.contains("p"));
}

}  // namespace
}  // namespace lockkeeper::proxy
