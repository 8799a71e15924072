// `run` that looks at its server too, `dump` of what it remembers, `replay` of the dump.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <set>

#include "cli/scene.hpp"
#include "proxy/support/proxy_process.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const std::vector<std::string> no_waiting{"--min-idle", "0", "--min-wait", "0"};
constexpr std::size_t title_column = 3;
constexpr std::size_t id_column = 5;
constexpr std::size_t remedy_column = 7;

// A publisher that went to sleep within its transaction, and one who waits for its row; both through the proxy.
class Recorded : public ::testing::Test {
 protected:
  explicit Recorded(bool look = true)
      : server(start_server({})),
        proxy({.setup = {}, .server_port = server.port(), .look = look, .arguments = no_waiting}),
        console(proxy.url("pgbouncer")),
        sleeper(proxy.url(), "publisher"),
        waiter(proxy.url(), "waiter") {
    sleeper.exec("CREATE TABLE posts (id int PRIMARY KEY, state text); INSERT INTO posts VALUES (1, 'draft')");
    sleeper.exec("BEGIN");
    sleeper.exec("UPDATE posts SET state = 's3cret' WHERE id = 1");
    waiter.exec("BEGIN");
    waiter.send("UPDATE posts SET state = 'other' WHERE id = 1");
  }

  // What is found once the waiter is seen waiting, and what clients did is joined: the first look of the server may
  // have seen the lock a moment after the recorder was asked.
  Table findings_with(const std::string& rule) {
    Table found;
    wait_until(
        [&] {
          found = console.exec("SHOW FINDINGS");
          return std::ranges::any_of(found, [&](const auto& row) {
            return row.at(0) == rule && row.at(remedy_column).value_or("").contains("KILL_CLIENT");
          });
        },
        default_patience, rule);
    return found;
  }
  [[nodiscard]] Finished dump() const { return lockkeeper({"dump", proxy.url("pgbouncer")}); }

  PostgresServer server;
  ProxyProcess proxy;
  Session console, sleeper, waiter;
};

std::set<std::string> ids_in(const Table& findings) {
  std::set<std::string> ids;
  for (const auto& row : findings) ids.insert(row.at(id_column).value_or(""));
  return ids;
}

std::set<std::string> ids_in(const boost::json::object& report) {
  std::set<std::string> ids;
  for (const auto& finding : report.at("findings").as_array()) ids.insert(string_of(finding.at("id")));
  return ids;
}

TEST_F(Recorded, TheServersLocksAreJoinedWithWhatClientsDid) {
  const Table found = findings_with("root-blocker");
  const auto root = std::ranges::find_if(found, [](const auto& row) { return row.at(0) == "root-blocker"; });
  EXPECT_THAT(root->at(title_column).value_or(""), AllOf(HasSubstr("1 session waits behind"), HasSubstr("publisher")));
  EXPECT_THAT(root->at(remedy_column).value_or(""), HasSubstr("KILL_CLIENT"));
}

TEST_F(Recorded, ADumpIsJudgedTheSameAgain) {
  const Table found = findings_with("root-blocker");
  const Finished dumped = dump();
  ASSERT_EQ(dumped.status, 0) << dumped;
  EXPECT_THAT(dumped.out, AllOf(HasSubstr("UPDATE posts SET state = ?"), Not(HasSubstr("s3cret"))));

  const TemporaryFolder folder;
  const std::string file = folder.path() / "at-three.jsonl";
  std::ofstream(file) << dumped.out;
  const Finished replayed = lockkeeper(std::vector<std::string>{"replay", file, "--json"} + no_waiting);
  EXPECT_EQ(replayed.status, 1) << replayed;
  EXPECT_EQ(ids_in(parse_line(replayed.out)), ids_in(found)) << replayed;

  const Finished told = shell("lockkeeper replay - --min-idle 0 --min-wait 0 < " + file);
  EXPECT_EQ(told.status, 1) << told;
  EXPECT_THAT(told.out, AllOf(HasSubstr("warning[root-blocker]"), HasSubstr("UPDATE posts SET state = ?"),
                              HasSubstr("KILL_CLIENT"), HasSubstr("lockkeeper kill postgresql://127.0.0.1:")));
  EXPECT_EQ(lockkeeper({"replay", file, "--min-idle", "1h", "--min-wait", "1h"}).status, 0) << "other limits, silence";
}

// One unit of work, two connections: it asks for the second while it holds the first.
void work_nested(const ProxyProcess& proxy) {
  Session outer(proxy.url(), "shop");
  Session inner(proxy.url(), "shop");
  const auto run = [](Session& session, const std::string& sql) {
    session.exec(sql + " /*traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/");
  };
  for (const char* sql : {"BEGIN", "SELECT 1"}) run(outer, sql);
  for (const char* sql : {"BEGIN", "SELECT 2", "COMMIT"}) run(inner, sql);
  run(outer, "COMMIT");
}

TEST_F(Recorded, AdviceIsForWhatUnitsOfWorkHeld) {
  work_nested(proxy);
  const Finished advised = lockkeeper({"advise", proxy.url("pgbouncer"), "--json", "--size", "7"});
  ASSERT_EQ(advised.status, 0) << advised;
  const auto report = parse_line(advised.out);
  const auto& applications = report.at("applications").as_array();
  const auto shop =
      std::ranges::find_if(applications, [](const auto& each) { return string_of(each.at("application")) == "shop"; });
  ASSERT_NE(shop, applications.end()) << advised;
  EXPECT_EQ(shop->at("transactions").as_int64(), 2);
  EXPECT_EQ(shop->at("units").as_int64(), 1);
  EXPECT_EQ(shop->at("most_in_unit").as_int64(), 2);
  EXPECT_EQ(shop->at("advised").as_int64(), 2) << "1 * (2 - 1) + 1";
  EXPECT_EQ(report.at("usable_connections").as_int64(), 197) << "of the look beside it";

  const TemporaryFolder folder;
  const std::string file = folder.path() / "advice.json";
  std::ofstream(file) << advised.out;
  const Finished verdict = Program({.arguments = {LOCKKEEPER_SOURCE_DIR "/tests/cli/schema.py", "advise", file},
                                    .program = "/usr/bin/python3"})
                               .finish();
  EXPECT_EQ(verdict.status, 0) << verdict;

  const std::string recording = folder.path() / "busy.jsonl";
  std::ofstream(recording) << dump().out;
  const Finished told = shell("lockkeeper advise - --load 2 < " + recording);
  EXPECT_EQ(told.status, 0) << told;
  EXPECT_THAT(told.out, AllOf(HasSubstr("pool of 2 for application \"shop\""), HasSubstr("2 = 1 × (2 − 1) + 1"),
                              HasSubstr("of the 197 that the server allows"), HasSubstr("under 2 times its load")));
}

TEST(Advise, SaysWhatIsWrong) {
  EXPECT_EQ(lockkeeper({"advise", "/nonexistent.jsonl"}).status, 2);
  EXPECT_THAT(lockkeeper({"advise", "x", "--load", "0"}).error, HasSubstr("--load is a factor above 0"));
  EXPECT_THAT(lockkeeper({"advise", "x", "--size", "0"}).error, HasSubstr("--size is a number of connections"));
  EXPECT_THAT(lockkeeper({"advise", "x", "--target", "soon"}).error, HasSubstr("--target: "));
  EXPECT_EQ(lockkeeper({"advise", "postgresql://127.0.0.1:1/pgbouncer", "--timeout", "1s"}).status, 3);
}

TEST_F(Recorded, AServerThatHangsLeavesTheRecordersFindings) {
  findings_with("root-blocker");
  server.pause();
  wait_until([&] { return proxy.log().contains("the server cannot be looked at"); }, default_patience, "a warning");
  const auto only_the_recorders = [&] {
    std::set<std::string> rules;
    for (const auto& row : console.exec("SHOW FINDINGS")) rules.insert(row.at(0).value_or(""));
    return rules == std::set<std::string>{"idle-transaction", "server-unreachable"};
  };
  EXPECT_TRUE(becomes_true(only_the_recorders, default_patience)) << "who waits for whom is the server's to tell";
  server.resume();
  findings_with("root-blocker");
  EXPECT_THAT(proxy.log(), HasSubstr("the server can be looked at again"));
}

class NotLooking : public Recorded {
 protected:
  NotLooking() : Recorded(false) {}
};

TEST_F(NotLooking, TheRecorderAloneSaysWhatItCannotSee) {
  const Table found = findings_with("idle-transaction");
  EXPECT_THAT(found, SizeIs(1));
  const Finished dumped = dump();
  const TemporaryFolder folder;
  const std::string file = folder.path() / "dump.jsonl";
  std::ofstream(file) << dumped.out;
  const Finished replayed = lockkeeper(std::vector<std::string>{"replay", file, "--json"} + no_waiting);
  const auto report = parse_line(replayed.out);
  EXPECT_EQ(report.at("complete").as_bool(), false);
  EXPECT_EQ(ids_in(report), ids_in(found));
}

TEST_F(NotLooking, ADumpOfAStoppedProxyEndsInTime) {
  ASSERT_EQ(::kill(proxy.pid(), SIGSTOP), 0);
  const Finished dumped = lockkeeper({"dump", proxy.url("pgbouncer"), "--timeout", "300ms"});
  ASSERT_EQ(::kill(proxy.pid(), SIGCONT), 0);
  EXPECT_EQ(dumped.status, 3) << dumped;
  EXPECT_THAT(dumped.error, HasSubstr("--timeout 30s"));
}

TEST_F(NotLooking, AFullDiskIsNoSuccess) {
  const Finished dumped = Program({.arguments = {"dump", proxy.url("pgbouncer")}, .out = "/dev/full"}).finish();
  EXPECT_EQ(dumped.status, 3) << dumped;
  EXPECT_THAT(dumped.error, HasSubstr("is the disk full"));
}

TEST(Dump, OfWhatIsNoRecorderSaysWhereOneIs) {
  const Finished refused = lockkeeper({"dump", shared_server().url()});
  EXPECT_EQ(refused.status, 3) << refused;
  EXPECT_THAT(refused.error, AllOf(HasSubstr("unrecognized configuration parameter"), HasSubstr(":6432/pgbouncer")));
  EXPECT_EQ(lockkeeper({"dump", "postgresql://127.0.0.1:1/pgbouncer"}).status, 3);
  EXPECT_EQ(lockkeeper({"dump", "mysql://127.0.0.1/x"}).status, 2);
}

TEST(Replay, OfWhatIsNoDumpNamesTheLine) {
  const TemporaryFolder folder;
  const std::string file = folder.path() / "broken.jsonl";
  std::ofstream(file) << R"({"version":1,"kind":"recording","name":7})" << '\n';
  const Finished broken = lockkeeper({"replay", file});
  EXPECT_EQ(broken.status, 2) << broken;
  EXPECT_THAT(broken.error, AllOf(HasSubstr(file), HasSubstr("line 1, name"), HasSubstr("lockkeeper dump URL")));
  const Finished missing = lockkeeper({"replay", folder.path() / "none.jsonl"});
  EXPECT_EQ(missing.status, 2) << missing;
  EXPECT_THAT(missing.error, HasSubstr("cannot be read: No such file"));
  EXPECT_THAT(lockkeeper({"replay", folder.path()}).error, HasSubstr("error: "));
}

}  // namespace
}  // namespace lockkeeper::testing
