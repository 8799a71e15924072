// The harness's own promises for MariaDB and MySQL: a server starts and works, nothing outlives its owner, failures
// speak.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <string>

#include "support/mysql_session.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class MysqlHarness : public ::testing::TestWithParam<MysqlInstallation> {
 protected:
  void SetUp() override {
    if (const std::string reason = GetParam().reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
  }

  static MysqlServer start(MysqlOptions options = {}) { return MysqlServer::start(GetParam(), std::move(options)); }
};

TEST_P(MysqlHarness, StartsAnswersAndRestarts) {
  auto server = start({.settings = {{"innodb-lock-wait-timeout", "7"}}});
  {
    MysqlSession session(server);
    const std::string version = session.value("SELECT version()");
    EXPECT_TRUE(version.starts_with(std::to_string(GetParam().version / 10'000) + ".")) << version;
    EXPECT_EQ(session.value("SELECT @@innodb_lock_wait_timeout"), "7");
    EXPECT_EQ(session.value("SELECT @@max_connections"), "100");
    EXPECT_EQ(session.value("SELECT count(*) FROM information_schema.schemata WHERE schema_name IN ('sys', 'test')"),
              "2");
    session.exec("CREATE TABLE kept (id int)");
    session.exec("INSERT INTO kept VALUES (7)");
  }
  const auto port = server.port();
  server.restart();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(MysqlSession(server).value("SELECT id FROM kept"), "7");
}

TEST_P(MysqlHarness, AsksForThePasswordAndGivesItsUrl) {
  auto server = start({.superuser_password = "p@ss'word\\/1"});
  EXPECT_EQ(MysqlSession(server, "p@ss'word\\/1").value("SELECT 1"), "1");
  EXPECT_THROW(MysqlSession(server, "wrong"), std::runtime_error);
  EXPECT_EQ(server.url("a b", "u", "p@s"), "mysql://u:p%40s@127.0.0.1:" + std::to_string(server.port()) + "/a%20b");
}

TEST_P(MysqlHarness, FailureToStartQuotesTheLog) {
  try {
    auto server = start({.settings = {{"no-such-option", "1"}}});
    FAIL() << "started with an unknown option";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("ended while starting"));
    EXPECT_THAT(error.what(), HasSubstr("no-such-option"));
  }
}

TEST_P(MysqlHarness, PauseHangsSessionsAndResumeLetsThemGoOn) {
  auto server = start();
  MysqlSession session(server);
  server.pause();
  auto answer = std::async(std::launch::async, [&] { return session.value("SELECT 1"); });
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  server.resume();
  EXPECT_EQ(answer.get(), "1");
}

TEST_P(MysqlHarness, KillHardEndsItAndDataRecovers) {
  auto server = start();
  MysqlSession session(server);
  session.exec("CREATE TABLE kept (id int)");
  const pid_t pid = server.pid();
  server.kill_hard();
  EXPECT_EQ(process_state(pid), 0);
  EXPECT_NE(session.try_exec("SELECT 1"), 0U);
  EXPECT_FALSE(server.is_running());
  server.start_again();
  EXPECT_EQ(MysqlSession(server).value("SELECT count(*) FROM kept"), "0");
}

TEST_P(MysqlHarness, LeavesNothingBehind) {
  fs::path folder;
  pid_t pid = 0;
  {
    auto server = start();
    folder = server.data_dir().parent_path();
    pid = server.pid();
    EXPECT_TRUE(fs::exists(server.socket()));
  }
  EXPECT_EQ(process_state(pid), 0);
  EXPECT_FALSE(fs::exists(folder));
}

// A child starts a server (and stops it by SIGSTOP if asked), reports the server's pid, and hangs.
struct Owner {
  pid_t process = -1;
  pid_t server = -1;
};
Owner fork_owner_of_server(const MysqlInstallation& installation, bool paused) {
  std::array<int, 2> report{};
  EXPECT_EQ(::pipe(report.data()), 0);
  Owner owner;
  owner.process = ::fork();
  if (owner.process == 0) {
    auto server = MysqlServer::start(installation);
    if (paused) server.pause();
    const pid_t pid = server.pid();
    if (::write(report[1], &pid, sizeof pid) < 0) ::_exit(1);
    for (;;) ::pause();
  }
  ::close(report[1]);
  EXPECT_EQ(::read(report[0], &owner.server, sizeof owner.server), static_cast<ssize_t>(sizeof owner.server));
  ::close(report[0]);
  return owner;
}

TEST_P(MysqlHarness, AKilledOwnerLeavesNoServer) {
  // A child makes first files of its own, which takes MySQL seconds: there the harder case alone.
  for (const bool paused : {true, false}) {
    if (!paused && GetParam().engine == Engine::mysql) continue;
    const Owner owner = fork_owner_of_server(GetParam(), paused);
    ASSERT_NE(process_state(owner.server), 0);
    ::kill(owner.process, SIGKILL);
    ::waitpid(owner.process, nullptr, 0);
    wait_until([&] { return process_state(owner.server) == 0; }, default_patience, "the orphaned server to end");
    remove_stale_folders();
  }
}

TEST_P(MysqlHarness, EveryServerHasAnIdentityOfItsOwn) {
  auto one = start();
  auto other = start();
  const std::string who = GetParam().engine == Engine::mysql ? "SELECT @@server_uuid" : "SELECT @@pid_file";
  EXPECT_NE(MysqlSession(one).value(who), MysqlSession(other).value(who));
}

TEST_P(MysqlHarness, CountsRows) {
  auto server = start();
  MysqlSession session(server);
  EXPECT_EQ(session.value("SELECT sum(seq) FROM " + counted_rows(GetParam(), 100'000)), "5000050000");
  const std::string first = "(SELECT seq FROM " + counted_rows(GetParam(), 1'000'000'000) + " LIMIT 12000)";
  EXPECT_EQ(session.value("SELECT sum(seq) FROM " + first + " AS first_ones"), "72006000") << "in their order";
}

INSTANTIATE_TEST_SUITE_P(Installed, MysqlHarness, ::testing::ValuesIn(mysql_installations()),
                         [](const auto& instance) { return instance.param.label; });

TEST(MysqlInstallation, ThatIsUnavailableSaysWhyAndStartsNothing) {
  MysqlInstallation none;
  none.engine = Engine::mysql;
  none.unavailable = "this machine has no MySQL: no network";
  EXPECT_EQ(none.reason_to_skip(), "this machine has no MySQL: no network");
  EXPECT_THROW(static_cast<void>(MysqlServer::start(none)), std::runtime_error);
  EXPECT_EQ(find_mariadb().reason_to_skip(), "");
}

}  // namespace
}  // namespace lockkeeper::testing
