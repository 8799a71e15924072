// `lockkeeper run`: what of the command line goes where, as far as --check tells. No server is asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Finished check(std::vector<std::string> words, const Environment& environment = {}) {
  words.insert(words.begin(), "run");
  words.emplace_back("--check");
  return lockkeeper(words, environment);
}

void expect_fine(const std::vector<std::string>& words) {
  const Finished finished = check(words);
  EXPECT_EQ(finished.status, 0) << finished;
  EXPECT_EQ(finished.out, "the configuration is fine\n");
}

std::string error_of(const std::vector<std::string>& words) {
  const Finished finished = check(words);
  EXPECT_EQ(finished.status, 2) << finished;
  EXPECT_EQ(finished.out, "");
  return finished.error;
}

class RunWithFile : public ::testing::Test {
 protected:
  std::string file(const std::string& text) {
    const std::string path = folder_.path() / "lockkeeper.toml";
    write_file(path, text);
    return path;
  }

 private:
  TemporaryFolder folder_;
};

TEST(RunUrl, MysqlAndMariadb) {
  expect_fine({"mysql://root@127.0.0.1/shop"});
  expect_fine({"mariadb://root:x@db.example:3307/shop?ssl-mode=required", "--pool-size", "5", "--workers", "2"});
  expect_fine({"mysql://root@h", "--listen", "127.0.0.1:7000", "--console", "127.0.0.1:7001", "127.0.0.1:7002"});
  expect_fine({"mysql://root@h", "--pool-mode", "session"});
}

TEST(RunUrl, TheConsoleIsBesideMysqlsClientsAndAmongPostgresqls) {
  EXPECT_THAT(error_of({"mysql://root@h", "--listen", "127.0.0.1:1", "--console", "127.0.0.1:1"}),
              HasSubstr("error: listen names \"127.0.0.1:1\", where the console listens already"));
  EXPECT_THAT(error_of({"postgresql://root@h", "--console", "127.0.0.1:1"}),
              HasSubstr("error: --console is for mysql:// URLs: here the console is on the same address"));
  EXPECT_THAT(error_of({"mysql://root@h", "--console", "6432"}), HasSubstr("\"6432\" is no address to listen on"));
}

TEST(RunUrl, WhatMysqlHasNotIsRefused) {
  EXPECT_THAT(error_of({"mysql://root:hunter2@h", "--pool-mode", "transaction"}),
              AllOf(HasSubstr("transaction mode comes later for MySQL and MariaDB"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(error_of({"mysql://root:hunter2@h", "--auth", "md5"}),
              AllOf(HasSubstr("authentication passes through"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(error_of({"mysql://root:hun/ter2@h"}), AllOf(HasSubstr("not percent-encoded"), Not(HasSubstr("ter2"))));
}

TEST_F(RunWithFile, ListenIsTheProxys) {
  const std::string both = file("[databases.\"*\"]\n[mysql.blog]\nlisten = [\"127.0.0.1:6033\"]\n");
  expect_fine({"--config", both, "--listen", "127.0.0.1:7000"});
  EXPECT_THAT(error_of({"--config", both, "--listen", "127.0.0.1:6033"}),
              HasSubstr("listen names \"127.0.0.1:6033\", where [proxy] listens already"));
  EXPECT_THAT(error_of({"--config", both, "--console", "127.0.0.1:7000"}), HasSubstr("which --listen sets"));
}

TEST_F(RunWithFile, TheUrlBesideItHasItsOwnAddresses) {
  const std::string beside =
      file("[mysql.mysql]\nlisten = [\"127.0.0.1:6034\"]\n[proxy]\nlisten = [\"127.0.0.1:1\"]\n");
  expect_fine({"mysql://root@h", "--config", beside});
  expect_fine({"mysql://root@h", "--config", beside, "--listen", "127.0.0.1:2", "--console", "127.0.0.1:3"});
  EXPECT_THAT(error_of({"mysql://root@h", "--config", beside, "--console", "127.0.0.1:6034"}),
              HasSubstr("where the console listens already"));
}

// Options stand above the file, and must not open what the file alone would have kept shut.
TEST_F(RunWithFile, OptionsAreCheckedTogetherWithIt) {
  const std::string trusting = file("[proxy]\nauth = \"trust\"\n[databases.\"*\"]\n");
  expect_fine({"--config", trusting});
  EXPECT_THAT(error_of({"--config", trusting, "--listen", "0.0.0.0:6432"}), HasSubstr("allow_trust_from_anywhere"));
  const std::string blog = file("[mysql.blog]\nlisten = [\"127.0.0.1:6033\"]\n");
  EXPECT_THAT(error_of({"--config", blog, "--pool-mode", "transaction"}),
              HasSubstr("set pool_mode = \"session\" in [mysql.blog]"));
}

}  // namespace
}  // namespace lockkeeper::testing
