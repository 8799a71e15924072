// URLs, PG* variables, password and service files: as in libpq. And a password is printed nowhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/scene.hpp"

namespace lockkeeper::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* password = "p@ss/w0rd";
constexpr const char* encoded = "p%40ss%2Fw0rd";

class Connect : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server = std::make_unique<PostgresServer>(
        PostgresServer::start({.auth_method = "scram-sha-256", .superuser_password = password}));
  }
  static void TearDownTestSuite() { server.reset(); }

  static std::string port() { return std::to_string(server->port()); }
  static Environment variables() {
    return {{"PGHOST", "127.0.0.1"}, {"PGPORT", port()}, {"PGUSER", "postgres"}, {"PGDATABASE", "postgres"}};
  }
  static void expect_silent_about_password(const Finished& result) {
    EXPECT_THAT(result.all(), Not(HasSubstr(password))) << result;
    EXPECT_THAT(result.all(), Not(HasSubstr(encoded))) << result;
  }
  static void expect_healthy(const Finished& result) {
    EXPECT_EQ(result.status, 0) << result;
    EXPECT_THAT(result.out, HasSubstr("healthy: "));
    expect_silent_about_password(result);
  }

  static fs::path write_private(const TemporaryFolder& folder, const std::string& name, const std::string& text) {
    const fs::path path = folder.path() / name;
    write_file(path, text);
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    return path;
  }

  static std::unique_ptr<PostgresServer> server;
};
std::unique_ptr<PostgresServer> Connect::server;

TEST_F(Connect, ByUrl) { expect_healthy(lockkeeper({"doctor", server->url("postgres", "postgres", password)})); }

TEST_F(Connect, ByKeywordsAndValues) {
  expect_healthy(lockkeeper(
      {"doctor", "host=127.0.0.1 port=" + port() + " user=postgres dbname=postgres password='" + password + "'"}));
}

TEST_F(Connect, ByVariablesAlone) {
  Environment all = variables();
  all["PGPASSWORD"] = password;
  expect_healthy(lockkeeper({"doctor"}, all));
}

TEST_F(Connect, VariablesFillWhatTheUrlLeavesOut) {
  expect_healthy(lockkeeper({"doctor", "postgresql://postgres@127.0.0.1/postgres"},
                            {{"PGPORT", port()}, {"PGPASSWORD", password}}));
}

TEST_F(Connect, PasswordFile) {
  const TemporaryFolder folder;
  const auto file = write_private(folder, "pass", "127.0.0.1:" + port() + ":*:postgres:" + password + "\n");
  Environment all = variables();
  all["PGPASSFILE"] = file.string();
  expect_healthy(lockkeeper({"doctor"}, all));
}

TEST_F(Connect, PasswordFileInTheHomeFolder) {
  const TemporaryFolder folder;
  write_private(folder, ".pgpass", "*:*:*:*:" + std::string(password) + "\n");
  Environment all = variables();
  // libpq asks the user database for the home folder unless HOME is set (PostgreSQL 15 and later).
  all["HOME"] = folder.path().string();
  expect_healthy(lockkeeper({"doctor"}, all));
}

TEST_F(Connect, ServiceFile) {
  const TemporaryFolder folder;
  const auto file = write_private(
      folder, "services",
      "[shop]\nhost=127.0.0.1\nport=" + port() + "\nuser=postgres\ndbname=postgres\npassword=" + password + "\n");
  const Environment services{{"PGSERVICEFILE", file.string()}};
  expect_healthy(lockkeeper({"doctor", "service=shop"}, services));
  expect_healthy(lockkeeper({"doctor", "postgresql://?service=shop"}, services));
  expect_healthy(lockkeeper({"doctor"}, {{"PGSERVICEFILE", file.string()}, {"PGSERVICE", "shop"}}));
}

TEST_F(Connect, BySocket) {
  expect_healthy(lockkeeper({"doctor", "host=" + server->socket_dir().string() + " port=" + port() +
                                           " user=postgres password='" + password + "'"}));
}

TEST_F(Connect, ThePasswordIsInNoOutputAndNoCommand) {
  Session leaked(server->url("postgres", "postgres", password), "checkout");
  leaked.exec("BEGIN");
  const std::string url = server->url("postgres", "postgres", password);
  for (const std::string& format : std::vector<std::string>{"--json", "--color=never"}) {
    const Finished found = lockkeeper({"doctor", url, "--min-idle", "0", format});
    EXPECT_EQ(found.status, 1) << found;
    EXPECT_THAT(found.out, HasSubstr("kill postgresql://postgres@127.0.0.1:" + port() + "/postgres --finding"));
    expect_silent_about_password(found);
    expect_silent_about_password(lockkeeper({"kill", url, "--finding", "idle-transaction-00000000", format}));
  }
}

TEST_F(Connect, AWrongPasswordIsNotPrintedEither) {
  const Finished result = lockkeeper({"doctor", server->url("postgres", "postgres", "hunter2@/")});
  EXPECT_EQ(result.status, 3) << result;
  EXPECT_THAT(result.error, HasSubstr("password authentication failed for user \"postgres\""));
  EXPECT_THAT(result.error, HasSubstr("Check user and password."));
  EXPECT_THAT(result.error, HasSubstr("~/.pgpass"));
  EXPECT_THAT(result.all(), Not(HasSubstr("hunter2")));
}

TEST_F(Connect, NoPasswordAtAllSaysWhereOneIsTakenFrom) {
  const Finished result = lockkeeper({"doctor", server->url()});
  EXPECT_EQ(result.status, 3) << result;
  EXPECT_THAT(result.error, HasSubstr("no password supplied"));
  EXPECT_THAT(result.error, HasSubstr("PGPASSWORD"));
}

TEST(Configuration, AMysqlUrlThatIsNoneIsAnErrorOfUsageToo) {
  for (const std::string url :
       {"mysql://root:hunter2@127.0.0.1:port/x", "mariadb://root:hunt%zzer2@127.0.0.1/x",
        "mysql://root:hunter2@127.0.0.1/x?colour=blue", "mysql://root:hunter2@127.0.0.1/x?ssl-mode=perhaps"}) {
    for (const auto& command : {std::vector<std::string>{"doctor"}, {"kill", "--finding", "x"}}) {
      const Finished result = lockkeeper(command + std::vector{url});
      EXPECT_EQ(result.status, 2) << url << result;
      EXPECT_THAT(result.error, ::testing::StartsWith("error: ")) << url;
      EXPECT_THAT(result.error, HasSubstr("mysql://user@host:3306/database?option=value")) << url;
      EXPECT_THAT(result.all(), Not(HasSubstr("hunt"))) << url;
    }
  }
}

TEST(Configuration, AUrlThatIsNoneIsAnErrorOfUsageThatSaysHowToWriteIt) {
  const std::vector<std::string> wrong{"postgresql://127.0.0.1:99999/x",
                                       "postgresql://u:hunter2@127.0.0.1:port/x",
                                       "postgresql://u:hunt%zzer2@127.0.0.1/x",
                                       "oracle://root:hunter2@127.0.0.1/x",
                                       "host=127.0.0.1 colour=blue password=hunter2",
                                       "service=nowhere",
                                       "host=127.0.0.1 sslmode=perhaps"};
  for (const auto& url : wrong) {
    for (const auto& command : {std::vector<std::string>{"doctor"}, {"kill", "--finding", "x"}}) {
      const Finished result = lockkeeper(command + std::vector{url});
      EXPECT_EQ(result.status, 2) << url << result;
      EXPECT_THAT(result.error, ::testing::StartsWith("error: ")) << url;
      EXPECT_THAT(result.error, HasSubstr("postgresql://user@host:5432/database?option=value")) << url;
      EXPECT_THAT(result.error, HasSubstr("PGSERVICE")) << url;
      EXPECT_THAT(result.all(), Not(HasSubstr("hunt"))) << url;
    }
  }
}

}  // namespace
}  // namespace lockkeeper::testing
