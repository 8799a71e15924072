// `lockkeeper top` in a terminal, on real servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "cli/scene.hpp"
#include "cli/tmux.hpp"
#include "support/mysql_session.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> closely{"--interval", "200ms", "--min-idle", "0", "--min-wait", "0"};

class Top : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(Tmux::is_available()) << "tmux is not installed; scripts/setup does it"; }
};

TEST_F(Top, FromTheFirstLookToTheKill) {
  Scene scene;
  const Session& sleeper = scene.leak(1, "post-publisher");
  Session& waiter = scene.waiter(1);
  const Tmux top(std::vector<std::string>{scene.url()} + closely);
  top.wait_for("post-publish");
  top.wait_for("idle in tx");
  top.wait_for("waiting");
  EXPECT_THAT(top.screen(), HasSubstr(">"));
  EXPECT_THAT(top.screen(), HasSubstr("PostgreSQL 15"));

  top.resize(60, 15);
  top.wait_for("BLKS STATEMENT");
  top.resize(40, 10);
  top.wait_for("too small");
  top.resize(80, 24);
  top.wait_for("WAITS ON");

  top.press("3");
  top.wait_for("└─");
  top.press("2");
  top.wait_for("[2 Findings");
  top.press("Enter");
  top.wait_for("= mistake");
  top.press("Escape");
  top.press("1");
  top.wait_for("[1 Sessions]");
  top.press("Enter");
  top.wait_for("UPDATE orders SET state");
  EXPECT_THAT(top.screen(), Not(HasSubstr("top-secret")));
  top.press("k");
  top.wait_for("y does it");
  EXPECT_THAT(top.screen(), HasSubstr(std::to_string(sleeper.pid())));
  EXPECT_TRUE(scene.exists(sleeper)) << "a dry run ends nobody";
  top.press("y");
  top.wait_for("1 of 1 session terminated");
  EXPECT_FALSE(scene.exists(sleeper));
  EXPECT_EQ(waiter.try_finish(), "00000");
  top.press("Enter");
  top.wait_for("has ended");
  top.press("Escape");
  top.wait_until_gone("post-publish");
  EXPECT_THAT(read_file(top.home() / ".local/state/lockkeeper/audit.jsonl"), HasSubstr(std::to_string(sleeper.pid())));
  top.press("q");
  EXPECT_EQ(top.wait_for_exit(), 0);
  EXPECT_TRUE(top.terminal_is_as_before());
  EXPECT_EQ(top.error(), "");
}

TEST_F(Top, WithoutColourNothingIsLost) {
  Scene scene;
  scene.leak(1, "post-publisher");
  scene.waiter(1);
  for (const std::string variable : {"NO_COLOR=1", "TERM=vt100"}) {
    const Tmux top(std::vector<std::string>{scene.url()} + closely, {variable});
    top.wait_for("post-publish");
    top.wait_for("waiting");
    EXPECT_THAT(top.screen(true), Not(::testing::ContainsRegex("\x1b\\[(..?;)?3[0-7]"))) << variable;
    top.press("C-c");
    EXPECT_EQ(top.wait_for_exit(), 0);
    EXPECT_TRUE(top.terminal_is_as_before());
  }
  const Tmux coloured(std::vector<std::string>{scene.url()} + closely);
  coloured.wait_for("waiting");
  EXPECT_THAT(coloured.screen(true), ::testing::ContainsRegex("\x1b\\[(..?;)?3[0-7]"));
}

TEST_F(Top, WithoutUtf8ItIsDrawnInAscii) {
  Scene scene;
  scene.leak(1);
  scene.waiter(1);
  const Tmux top(std::vector<std::string>{scene.url()} + closely, {"LC_ALL=C"});
  top.wait_for("waiting");
  top.press("3");
  top.wait_for("`- ");
}

TEST_F(Top, AServerThatStopsIsABannerUntilItIsBack) {
  PostgresServer server = PostgresServer::start({.version = find_postgres(15)});
  const Tmux top({server.url(), "--interval", "200ms"});
  top.wait_for("PostgreSQL 15");
  top.wait_for("healthy");
  server.stop();
  top.wait_for("NO ANSWER");
  top.press("?");
  top.wait_for("who is connected");
  top.press("Escape");
  server.start_again();
  top.press("r");
  top.wait_until_gone("NO ANSWER");
  top.wait_for("healthy");
  top.press("q");
  EXPECT_EQ(top.wait_for_exit(), 0);
}

TEST_F(Top, AServerThatHangsFreezesNoKey) {
  PostgresServer server = PostgresServer::start({.version = find_postgres(15)});
  const Tmux top({server.url(), "--interval", "200ms", "--timeout", "1min"});
  top.wait_for("healthy");
  server.pause();
  top.wait_for("last look");
  top.press("?");
  top.wait_for("who is connected");
  top.press("Escape");
  top.press("q");
  EXPECT_EQ(top.wait_for_exit(), 0) << "long before the look's timeout";
  EXPECT_TRUE(top.terminal_is_as_before());
  server.resume();
}

TEST_F(Top, WhatCannotWorkEndsWithAMessage) {
  Scene scene;
  const Tmux wrong_database({scene.server().url("nowhere")});
  EXPECT_EQ(wrong_database.wait_for_exit(), 3);
  EXPECT_THAT(wrong_database.error(), HasSubstr("nowhere"));
  const Tmux dumb({scene.url()}, {"TERM=dumb"});
  EXPECT_EQ(dumb.wait_for_exit(), 2);
  EXPECT_THAT(dumb.error(), HasSubstr("doctor --for 30s"));
}

TEST_F(Top, ReadOnlyEndsNobody) {
  Scene scene;
  scene.leak(1, "post-publisher");
  const Tmux top(std::vector<std::string>{scene.url(), "--read-only"} + closely);
  top.wait_for("post-publish");
  top.press("k");
  top.wait_for("--read-only");
}

TEST(TopWithoutTerminal, SaysWhatToUseInstead) {
  const Finished finished = lockkeeper({"top", "postgresql://127.0.0.1:1/x"});
  EXPECT_EQ(finished.status, 2);
  EXPECT_THAT(finished.error, HasSubstr("`lockkeeper doctor --json`"));
  EXPECT_THAT(lockkeeper({"top", "--json"}).error, HasSubstr("`lockkeeper doctor --json`"));
}

TEST_F(Top, OnMariadb) {
  const MysqlServer server = MysqlServer::start(find_mariadb());
  MysqlSession sleeper(server);
  sleeper.exec("CREATE TABLE stock (id int PRIMARY KEY, n int)");
  sleeper.exec("INSERT INTO stock VALUES (1, 1)");
  sleeper.exec("BEGIN");
  sleeper.exec("UPDATE stock SET n = 4711 WHERE id = 1");
  const Tmux top(std::vector<std::string>{server.url(), "--include-superusers"} + closely);
  top.wait_for("MariaDB 10");
  top.wait_for("idle in tx");
  top.press("Enter");
  top.wait_for("it wrote");
  top.press("k");
  top.wait_for("y does it");
  top.press("y");
  top.wait_for("1 of 1 session terminated");
  MysqlSession observer(server);
  wait_until_gone(observer, sleeper.id());
  top.press("Enter");
  top.press("q");
  EXPECT_EQ(top.wait_for_exit(), 0);
}

}  // namespace
}  // namespace lockkeeper::testing
