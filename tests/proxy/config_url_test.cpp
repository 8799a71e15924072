// `lockkeeper run URL`: a configuration from a URL and its surroundings.
#include <gtest/gtest.h>

#include <map>

#include "proxy/config_route.hpp"
#include "proxy/config_url.hpp"
#include "proxy/config_url_parts.hpp"

namespace lockkeeper::proxy {
namespace {

struct Machine {
  std::map<std::string, std::string, std::less<>> environment;
  std::map<std::string, std::string> files;

  [[nodiscard]] Surroundings surroundings() const {
    return {[this](std::string_view name) -> std::optional<std::string> {
              const auto place = environment.find(name);
              if (place == environment.end()) return std::nullopt;
              return place->second;
            },
            [this](const std::string& path, bool) -> std::optional<std::string> {
              const auto place = files.find(path);
              if (place == files.end()) return std::nullopt;
              return place->second;
            },
            "me", "/u/me"};
  }
};

std::expected<Config, ConfigErrors> made(std::string_view url, const UrlOptions& options = {},
                                         const Machine& machine = {}) {
  return config_from_url(url, options, machine.surroundings());
}
Config config_of(std::string_view url, const UrlOptions& options = {}, const Machine& machine = {}) {
  auto config = made(url, options, machine);
  if (config) return std::move(*config);
  for (const ConfigError& error : config.error()) ADD_FAILURE() << to_string(error);
  return {};
}
std::string error_of(std::string_view url, const UrlOptions& options = {}, const Machine& machine = {}) {
  const auto config = made(url, options, machine);
  return config ? "no error" : to_string(config.error().at(0));
}

TEST(ConfigUrl, ReadsAWholeUrl) {
  const Config config =
      config_of("postgresql://ann%40x:p%2Fw%3A1@[::1]:5433/sh%20op?sslmode=verify-full&sslrootcert=%2Fca.pem");
  const DatabaseConfig& server = config.databases.at("*");
  EXPECT_EQ(server.host, "::1");
  EXPECT_EQ(server.port, 5433U);
  EXPECT_EQ(server.user, "") << "whoever the client is";
  EXPECT_EQ(config.own_user->name, "ann@x");
  EXPECT_EQ(config.own_user->password, Secret("p/w:1"));
  EXPECT_EQ(config.own_user->database, "sh op");
  EXPECT_EQ(config.proxy.server_tls.mode, ServerTlsMode::verify_full);
  EXPECT_EQ(config.proxy.server_tls.authorities, "/ca.pem");
  EXPECT_EQ(config.proxy.admin_users, (std::vector<std::string>{"ann@x"}));
  EXPECT_EQ(route_settings(config, "any", "bob")->auth, AuthMethod::pass_through);
}

TEST(ConfigUrl, WhatIsLeftOutComesFromTheSurroundings) {
  const Config bare = config_of("postgres://");
  EXPECT_EQ(bare.databases.at("*").host, "127.0.0.1");
  EXPECT_EQ(bare.own_user->name, "me");
  EXPECT_EQ(bare.own_user->database, "me");
  EXPECT_FALSE(bare.own_user->password);
  const Machine machine{{{"PGHOST", "/run/pg"},
                         {"PGPORT", "1"},
                         {"PGUSER", "ann"},
                         {"PGPASSWORD", "secret"},
                         {"PGDATABASE", "shop"},
                         {"PGSSLMODE", "allow"},
                         {"PGSSLROOTCERT", ""}},
                        {}};
  const Config config = config_of("postgresql:///", {}, machine);
  EXPECT_EQ(config.databases.at("*").host, "/run/pg");
  EXPECT_EQ(config.databases.at("*").port, 1U);
  EXPECT_EQ(config.own_user->name, "ann");
  EXPECT_EQ(config.own_user->password, Secret("secret"));
  EXPECT_EQ(config.own_user->database, "shop");
  EXPECT_EQ(config.proxy.server_tls.mode, ServerTlsMode::prefer);
  EXPECT_EQ(config_of("postgresql://bob@db?port=2&dbname=x", {}, machine).databases.at("*").port, 2U);
  EXPECT_EQ(config_of("postgresql://bob@db", {}, machine).own_user->name, "bob") << "the URL comes first";
}

TEST(ConfigUrl, ThePasswordFileIsLibpqs) {
  const std::string file =
      "# comment\n\nother:*:*:*:no\ndb:5432:*:ann:it\\:is\\\\this\r\nlocalhost:*:*:*:by socket\n*:*:*:*:any";
  const Machine machine{{}, {{"/u/me/.pgpass", file}}};
  EXPECT_EQ(config_of("postgresql://ann@db/shop", {}, machine).own_user->password, Secret("it:is\\this"));
  EXPECT_EQ(config_of("postgresql://bob@db/shop", {}, machine).own_user->password, Secret("any"));
  EXPECT_EQ(config_of("postgresql://bob@%2Frun/shop", {}, machine).own_user->password, Secret("by socket"));
  EXPECT_EQ(config_of("postgresql://ann:own@db/shop", {}, machine).own_user->password, Secret("own"));
  const Machine elsewhere{{{"PGPASSFILE", "/p"}}, {{"/p", "*:*:*:*:there"}}};
  EXPECT_EQ(config_of("postgresql://ann@db", {}, elsewhere).own_user->password, Secret("there"));
  EXPECT_FALSE(find_password("a:b:c\n:::\n", {"a", "b", "c", "d"}));
  EXPECT_FALSE(find_password("\\*:*:*:*:x", {"db", "1", "d", "u"})) << "an escaped star is a star";
}

TEST(ConfigUrl, TransactionModeAsksForThePassword) {
  const UrlOptions transaction{{"127.0.0.1:7000"}, PoolMode::transaction, std::nullopt};
  const Config config = config_of("postgresql://ann:x@db", transaction);
  EXPECT_EQ(config.proxy.listen, (std::vector<std::string>{"127.0.0.1:7000"}));
  EXPECT_EQ(route_settings(config, "any", "ann")->auth, AuthMethod::scram_sha_256);
  EXPECT_NE(error_of("postgresql://ann@db", transaction).find("give one in the URL, PGPASSWORD or ~/.pgpass"),
            std::string::npos);
  EXPECT_EQ(error_of("postgresql://ann@db", {{}, PoolMode::transaction, AuthMethod::trust}), "no error");
  EXPECT_NE(error_of("postgresql://ann@db", {{"0.0.0.0:1"}, std::nullopt, AuthMethod::trust}).find("allow_trust"),
            std::string::npos);
}

TEST(ConfigUrl, AuthoritiesAreFoundAsLibpqFindsThem) {
  const Machine machine{{}, {{"/u/me/.postgresql/root.crt", "PEM"}}};
  EXPECT_EQ(config_of("postgresql://db?sslmode=verify-ca", {}, machine).proxy.server_tls.authorities,
            "/u/me/.postgresql/root.crt");
  EXPECT_EQ(config_of("postgresql://db?sslmode=require", {}, machine).proxy.server_tls.mode, ServerTlsMode::verify_ca);
  EXPECT_EQ(config_of("postgresql://db?sslmode=require").proxy.server_tls.mode, ServerTlsMode::require);
  EXPECT_NE(error_of("postgresql://db?sslmode=verify-ca").find("needs authorities"), std::string::npos);
}

TEST(ConfigUrl, WrongOnesSayWhyAndNeverShowThePassword) {
  EXPECT_EQ(error_of("mongodb://ann:hidden@db"),
            "this is no URL of PostgreSQL, MySQL or MariaDB: write it like postgresql://user@host:5432/database or "
            "mysql://user@host:3306/database");
  EXPECT_NE(error_of("postgresql://ann:hid%zzden@db").find("two hexadecimal digits"), std::string::npos);
  EXPECT_NE(error_of("postgresql://ann:hidden%0@db").find("two hexadecimal digits"), std::string::npos);
  EXPECT_NE(error_of("postgresql://ann:hidden%00@db").find("two hexadecimal digits"), std::string::npos);
  EXPECT_NE(error_of("postgresql://a,b/x").find("several hosts"), std::string::npos);
  EXPECT_NE(error_of("postgresql://[::1/x").find("IPv6"), std::string::npos);
  EXPECT_NE(error_of("postgresql://[::1]x/x").find("IPv6"), std::string::npos);
  EXPECT_NE(error_of("postgresql://db:0/x").find("no number from 1 to 65535"), std::string::npos);
  EXPECT_NE(error_of("postgresql://db:x/x").find("no number from 1 to 65535"), std::string::npos);
  EXPECT_NE(error_of("postgresql://db?sslmod=require").find("did you mean sslmode?"), std::string::npos);
  EXPECT_NE(error_of("postgresql://db?sslmode=verify-al").find("did you mean verify-ca?"), std::string::npos);
  EXPECT_NE(error_of("postgresql://db?sslmode").find("name=value"), std::string::npos);
  EXPECT_NE(error_of("postgresql://db?sslrootcert=system").find("name the file"), std::string::npos);
  EXPECT_NE(error_of("postgresql://" + std::string(9000, 'x')).find("8192"), std::string::npos);
  const std::string url = "postgresql://ann:hidden@db:5432/shop?sslmode=require";
  for (std::size_t size = 0; size < url.size(); ++size) {
    EXPECT_EQ(error_of(std::string_view(url).substr(0, size)).find("hidden"), std::string::npos) << size;
  }
}

}  // namespace
}  // namespace lockkeeper::proxy
