// The harness's own promises: every installed version starts and works, nothing outlives its owner, failures speak.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class EveryVersion : public ::testing::TestWithParam<PostgresVersion> {};

TEST_P(EveryVersion, StartsAnswersAndRestarts) {
  auto server = PostgresServer::start({.version = GetParam(), .settings = {{"deadlock_timeout", "123ms"}}});
  {
    Session session(server.url(), "first");
    EXPECT_TRUE(session.value("SHOW server_version").starts_with(std::to_string(GetParam().major)));
    EXPECT_EQ(session.value("SHOW deadlock_timeout"), "123ms");
    EXPECT_EQ(session.value("SHOW max_connections"), "100");
    EXPECT_EQ(session.value("SHOW application_name"), "first");
    session.exec("CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)");
  }
  const auto port = server.port();
  server.restart();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(Session(server.url()).value("SELECT id FROM kept"), "7");
}

TEST_P(EveryVersion, StandbyFollowsItsPrimary) {
  auto primary = PostgresServer::start({.version = GetParam()});
  auto standby = PostgresServer::start_standby(primary);
  Session(primary.url()).exec("CREATE TABLE copied (id int)");
  Session reader(standby.url());
  EXPECT_EQ(reader.value("SELECT pg_is_in_recovery()"), "t");
  wait_until([&] { return !reader.exec("SELECT 1 FROM pg_class WHERE relname = 'copied'").empty(); }, default_patience,
             "the table to reach the standby");
}

INSTANTIATE_TEST_SUITE_P(Installed, EveryVersion, ::testing::ValuesIn(installed_postgres()),
                         [](const auto& instance) { return instance.param.label; });

TEST(PostgresServer, SocketFolderAndPasswordWork) {
  auto server = PostgresServer::start({.auth_method = "scram-sha-256", .superuser_password = "p@ss word/1"});
  EXPECT_EQ(Session(server.url("postgres", "postgres", "p@ss word/1")).value("SELECT 1"), "1");
  EXPECT_THROW(Session(server.url("postgres", "postgres", "wrong")), SessionError);
  const std::string by_socket = "host=" + server.socket_dir().string() + " port=" + std::to_string(server.port()) +
                                " user=postgres password='p@ss word/1'";
  EXPECT_EQ(Session(by_socket).value("SELECT inet_server_addr() IS NULL"), "t");
}

TEST(PostgresServer, FailureToStartQuotesTheLog) {
  try {
    auto server = PostgresServer::start({.settings = {{"max_connections", "many"}}});
    FAIL() << "started with a senseless setting";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("ended while starting"));
    EXPECT_THAT(error.what(), HasSubstr("invalid value for parameter \"max_connections\""));
  }
}

TEST(PostgresServer, MissingVersionSaysHowToInstallIt) {
  try {
    static_cast<void>(find_postgres(7));
    FAIL() << "found PostgreSQL 7";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("npm ci"));
  }
}

TEST(PostgresServer, PauseHangsSessionsAndResumeLetsThemGoOn) {
  auto server = PostgresServer::start();
  Session session(server.url());
  server.pause();
  session.send("SELECT 1");
  EXPECT_THROW(session.finish(std::chrono::milliseconds(100)), std::runtime_error);
  EXPECT_TRUE(session.is_busy());
  server.resume();
  EXPECT_EQ(session.finish().at(0).at(0), "1");
}

TEST(PostgresServer, KillHardEndsEveryProcessAndDataRecovers) {
  auto server = PostgresServer::start();
  Session session(server.url());
  session.exec("CREATE TABLE kept (id int)");
  const auto family = process_family(server.pid());
  ASSERT_GT(family.size(), 1U);
  server.kill_hard();
  for (const pid_t member : family) EXPECT_EQ(process_state(member), 0) << member;
  EXPECT_EQ(session.try_exec("SELECT 1"), "08006");
  server.start_again();
  EXPECT_EQ(Session(server.url()).try_exec("SELECT * FROM kept"), "00000");
}

// A child starts a server (and stops it by SIGSTOP if asked), reports the server's pid and folder, and hangs.
struct Owner {
  pid_t process = -1;
  pid_t server = -1;
  fs::path folder;
};
Owner fork_owner_of_server(bool paused) {
  std::array<int, 2> report{};
  EXPECT_EQ(::pipe(report.data()), 0);
  Owner owner;
  owner.process = ::fork();
  if (owner.process == 0) {
    auto server = PostgresServer::start();
    if (paused) server.pause();
    const pid_t pid = server.pid();
    const std::string folder = server.data_dir().parent_path();
    if (::write(report[1], &pid, sizeof pid) < 0 || ::write(report[1], folder.data(), folder.size()) < 0) ::_exit(1);
    for (;;) ::pause();
  }
  std::array<char, 200> folder{};
  EXPECT_EQ(::read(report[0], &owner.server, sizeof owner.server), static_cast<ssize_t>(sizeof owner.server));
  EXPECT_GT(::read(report[0], folder.data(), folder.size() - 1), 0);
  owner.folder = folder.data();
  ::close(report[0]);
  ::close(report[1]);
  return owner;
}

/// A folder for temporary files, where the tests beside us do not look for stale ones.
class OwnTemporaryFiles {
 public:
  OwnTemporaryFiles() {
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    ::setenv("TMPDIR", folder_.path().c_str(), 1);
  }
  OwnTemporaryFiles(const OwnTemporaryFiles&) = delete;
  OwnTemporaryFiles& operator=(const OwnTemporaryFiles&) = delete;
  ~OwnTemporaryFiles() { before_ ? ::setenv("TMPDIR", before_->c_str(), 1) : ::unsetenv("TMPDIR"); }

 private:
  TemporaryFolder folder_;
  std::optional<std::string> before_;
};

class KilledOwner : public ::testing::TestWithParam<bool> {};

TEST_P(KilledOwner, LeavesNoServerAndItsFolderIsRemovedByTheNextStart) {
  const OwnTemporaryFiles files;
  const Owner owner = fork_owner_of_server(GetParam());
  const auto family = process_family(owner.server);
  ASSERT_GT(family.size(), 1U);
  ::kill(owner.process, SIGKILL);
  ::waitpid(owner.process, nullptr, 0);
  for (const pid_t member : family) {
    wait_until([&] { return process_state(member) == 0; }, default_patience, "the orphaned server to end");
  }
  EXPECT_TRUE(fs::exists(owner.folder));
  remove_stale_folders();
  EXPECT_FALSE(fs::exists(owner.folder));
}

INSTANTIATE_TEST_SUITE_P(Server, KilledOwner, ::testing::Values(false, true),
                         [](const auto& instance) { return instance.param ? "Paused" : "Running"; });

TEST(TemporaryFolder, IsRemovedWithItsOwnerAndOthersAreLeftAlone) {
  fs::path path;
  {
    const TemporaryFolder folder;
    path = folder.path();
    remove_stale_folders();
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(Session, ShowsWhoWaits) {
  auto server = PostgresServer::start();
  Session holder(server.url());
  Session waiter(server.url());
  Session observer(server.url());
  holder.exec("CREATE TABLE row_of_one (id int PRIMARY KEY); INSERT INTO row_of_one VALUES (1)");
  holder.exec("BEGIN; SELECT * FROM row_of_one FOR UPDATE");
  waiter.send("UPDATE row_of_one SET id = 2");
  wait_until_waiting(observer, waiter.pid());
  wait_until_state(observer, holder.pid(), "idle in transaction");
  const auto holder_pid = holder.pid();
  holder.abort();
  EXPECT_EQ(waiter.try_finish(), "00000");
  wait_until_gone(observer, holder_pid);
  EXPECT_EQ(waiter.try_exec("SELECT 1/0"), "22012");
}

}  // namespace
}  // namespace lockkeeper::testing
