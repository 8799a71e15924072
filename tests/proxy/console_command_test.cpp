// What the console understands, and what it says to the rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "proxy/console/command.hpp"
#include "proxy/console/login.hpp"
#include "proxy/console/tables.hpp"

namespace lockkeeper::proxy::console {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Command understood(std::string_view sql) {
  auto command = parse_command(sql);
  if (command) return *std::move(command);
  ADD_FAILURE() << sql << ": " << command.error().message;
  return {};
}

Failure refused(std::string_view sql) {
  auto command = parse_command(sql);
  if (!command) return command.error();
  ADD_FAILURE() << sql << " was understood";
  return {};
}

TEST(ConsoleCommand, CaseSemicolonsCommentsAndSpaceDoNotMatter) {
  for (const char* sql : {"SHOW POOLS", "show pools;", "  Show\n\tPools ; ;", "/* who */ SHOW POOLS -- why",
                          "SHOW/**/POOLS;", "-- first\nSHOW POOLS"})
    EXPECT_EQ(understood(sql).kind, Kind::show_pools) << sql;
  for (const char* sql : {"", ";", " ;; ", "-- nothing", "/* nothing", "/**/;"})
    EXPECT_EQ(understood(sql).kind, Kind::nothing) << sql;
}

TEST(ConsoleCommand, EveryCommandOfTheTableIsUnderstood) {
  std::set<Kind> kinds;
  for (const CommandInfo& each : commands()) {
    std::string sql(each.name);
    if (each.kind == Kind::set) sql += " application_name = 'x'";
    if (each.argument == Argument::client || each.argument == Argument::database) sql += " 17";
    if (each.argument == Argument::transaction) sql += " 17-4f2a";
    EXPECT_EQ(understood(sql).kind, each.kind) << sql;
    kinds.insert(each.kind);
    EXPECT_EQ(columns_of(each.kind).empty(), !each.name.starts_with("SHOW ")) << sql;
  }
  EXPECT_EQ(kinds.size(), static_cast<std::size_t>(Kind::kill_client) + 1);
}

TEST(ConsoleCommand, NamesOfDatabasesMayBeQuoted) {
  EXPECT_EQ(understood("PAUSE").argument, "");
  EXPECT_EQ(understood("PAUSE Shop;").argument, "Shop");
  EXPECT_EQ(understood("PAUSE \"a \"\"b\"\"; c\"").argument, "a \"b\"; c");
  EXPECT_EQ(understood("KILL 'it''s'").argument, "it's");
  EXPECT_EQ(understood("KILL \"client\"").kind, Kind::kill);
  EXPECT_EQ(refused("PAUSE ''").sqlstate, "42601");
  EXPECT_EQ(refused("PAUSE \"shop").sqlstate, "42601");
  EXPECT_EQ(refused("PAUSE a b").sqlstate, "42601");
  EXPECT_THAT(refused("KILL").message, HasSubstr("needs a database's name"));
}

TEST(ConsoleCommand, IdsAreNumbers) {
  EXPECT_EQ(understood("KILL_CLIENT 17").client, 17U);
  EXPECT_EQ(understood("kill client '281474976710673'").client, 281474976710673U);
  EXPECT_THAT(refused("KILL_CLIENT").message, HasSubstr("needs a client's id"));
  EXPECT_EQ(refused("KILL_CLIENT 99999999999999999999").sqlstate, "42601");
  EXPECT_EQ(refused("KILL_CLIENT 17x").sqlstate, "42601");
  const Command statements = understood("SHOW STATEMENTS 17-4f2a");
  EXPECT_EQ(statements.client, 17U);
  EXPECT_EQ(statements.transaction, "17-4f2a");
  EXPECT_EQ(understood("SHOW STATEMENTS 17").transaction, "17");
  EXPECT_EQ(refused("SHOW STATEMENTS x").sqlstate, "42601");
  EXPECT_EQ(refused("SHOW STATEMENTS").sqlstate, "42601");
}

TEST(ConsoleCommand, UnknownOnesAreAnsweredWithTheNearest) {
  EXPECT_THAT(refused("SHOW HOLDRS").message, HasSubstr("did you mean SHOW HOLDERS?"));
  EXPECT_THAT(refused("show client").message, HasSubstr("did you mean SHOW CLIENTS?"));
  EXPECT_THAT(refused("RESUM shop").message, HasSubstr("did you mean RESUME?"));
  EXPECT_THAT(refused("SHOW").message, HasSubstr("needs to know what"));
  EXPECT_EQ(refused("SHOW HOLDRS").sqlstate, "42601");
  EXPECT_THAT(refused("SHOW POOLS now").message, HasSubstr("takes nothing after it"));
  EXPECT_THAT(refused("SHOW POOLS; SHOW CLIENTS").message, HasSubstr("one command at a time"));
  const Failure select = refused("SELECT password FROM secrets WHERE name = 'top'");
  EXPECT_THAT(select.message, HasSubstr("unknown command \"SELECT\""));
  EXPECT_THAT(select.message, Not(HasSubstr("secrets")));
  EXPECT_THAT(refused("\x1b[2J").message, Not(HasSubstr("\x1b")));
  EXPECT_LT(refused(std::string(100'000, 'x')).message.size(), 200U);
}

TEST(ConsoleCommand, WhatIsNotThereSaysWhatToDoInstead) {
  EXPECT_THAT(refused("SHUTDOWN").message, HasSubstr("SIGTERM"));
  EXPECT_EQ(refused("shutdown wait_for_clients;").sqlstate, "0A000");
  EXPECT_THAT(refused("SUSPEND").message, HasSubstr("PAUSE"));
}

TEST(ConsoleCommand, DriversMaySetWhatFollowsAClientAndNothingElse) {
  EXPECT_EQ(understood("SET extra_float_digits = 3").kind, Kind::set);
  EXPECT_EQ(understood("SET SESSION application_name TO 'a b'").kind, Kind::set);
  EXPECT_EQ(understood("set client_encoding='UTF8'").kind, Kind::set);
  EXPECT_THAT(refused("SET pool_size = 3").message, HasSubstr("RELOAD"));
  EXPECT_EQ(refused("SET").sqlstate, "0A000");
}

// --- Who may come ---

Config with_url(std::optional<Secret> password) {
  Config config;
  config.own_user = OwnUser{"ann", std::move(password), "shop"};
  config.proxy.admin_users = {"ann"};
  return config;
}

TEST(ConsoleLogin, AUserFileDecidesWhereverThereIsOne) {
  Config config;
  config.proxy.users_file = "users.txt";
  for (const auto configured : {AuthMethod::automatic, AuthMethod::pass_through, AuthMethod::scram_sha_256}) {
    config.proxy.auth = configured;
    EXPECT_EQ(login_method(config, "ann", false), AuthMethod::scram_sha_256);
  }
  config.proxy.auth = AuthMethod::md5;
  EXPECT_EQ(login_method(config, "ann", true), AuthMethod::md5);
  config.proxy.auth = AuthMethod::trust;
  EXPECT_EQ(login_method(config, "ann", false), AuthMethod::trust);
}

TEST(ConsoleLogin, TheUrlsPasswordOrLoopbackAlone) {
  EXPECT_EQ(login_method(with_url(Secret("x")), "ann", false), AuthMethod::scram_sha_256);
  EXPECT_EQ(login_method(with_url({}), "ann", true), AuthMethod::trust);
  const auto outside = login_method(with_url({}), "ann", false);
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().sqlstate, "28000");
  EXPECT_THAT(outside.error().message, HasSubstr("this machine's own clients"));
  const auto other = login_method(with_url({}), "bob", true);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("\"ann\" alone"));
  const auto nobody = login_method(Config(), "ann", true);
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().message, HasSubstr("users_file"));
}

TEST(ConsoleLogin, Roles) {
  ProxyConfig proxy;
  proxy.admin_users = {"ann"};
  proxy.stats_users = {"ann", "exporter"};
  EXPECT_EQ(role_of(proxy, "ann"), Role::admin);
  EXPECT_EQ(role_of(proxy, "exporter"), Role::stats);
  EXPECT_EQ(role_of(proxy, "Ann"), Role::none);
}

}  // namespace
}  // namespace lockkeeper::proxy::console
