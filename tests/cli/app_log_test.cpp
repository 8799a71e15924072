// `doctor --app-log`: an application's log beside its sessions, end to end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cli/scene.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string now_in_utc(std::chrono::seconds ago = std::chrono::seconds(0)) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() - ago)));
}

std::string hikari_line(const std::string& time) {
  return time +
         " ERROR 1 --- [nio-8080-exec-3] o.h.engine.jdbc.spi.SqlExceptionHelper : HikariPool-1 - Connection is not "
         "available, request timed out after 30000ms (total=2, active=2, idle=0, waiting=3)\n";
}

class DoctorWithLog : public ::testing::Test {
 protected:
  [[nodiscard]] std::string log() const { return folder_.path() / "shop.log"; }
  void write(const std::string& text) const { std::ofstream(log(), std::ios::app) << text; }
  Finished look(const std::vector<std::string>& arguments) {
    return lockkeeper(std::vector<std::string>{"doctor", scene_.url(), "--min-idle", "0"} + arguments);
  }

  Scene scene_;

 private:
  TemporaryFolder folder_;
};

TEST_F(DoctorWithLog, WhatTheLogSaysIsJoinedWithWhoHoldsThePool) {
  scene_.leak(1);
  scene_.leak(2);
  write("an unknown line\n" + hikari_line(now_in_utc()));
  const auto report = parse_line(look({"--app-log", "checkout=" + log(), "--json"}).out);
  const auto finding = finding_of(report, "pool-exhausted");
  EXPECT_EQ(finding.at("confidence"), "certain");
  EXPECT_EQ(finding.at("subjects").as_array().size(), 2U);
  EXPECT_EQ(finding.at("evidence").at("pool_size"), 2);
  EXPECT_THAT(string_of(finding.at("evidence").at("log_line")), HasSubstr("total=2"));
  EXPECT_THAT(string_of(finding.at("evidence").at("log_file")), HasSubstr("shop.log:2"));
}

TEST_F(DoctorWithLog, TheCommandThatResolvesItFindsItAgain) {
  Session& one = scene_.leak(1);
  Session& two = scene_.leak(2);
  write(hikari_line(now_in_utc()));
  const auto report = parse_line(look({"--app-log", "checkout=" + log(), "--json"}).out);
  const auto finding = finding_of(report, "pool-exhausted");
  const std::string command = string_of(finding.at("remedies").at(0).at("command"));
  EXPECT_THAT(command, HasSubstr("--app-log 'checkout=" + log() + "'"));
  const Finished resolved = shell(command);
  EXPECT_EQ(resolved.status, 0) << command << resolved;
  EXPECT_FALSE(scene_.exists(one));
  EXPECT_FALSE(scene_.exists(two));
}

TEST_F(DoctorWithLog, StandardInputIsReadToItsEnd) {
  scene_.leak(1);
  scene_.leak(2);
  write(hikari_line(now_in_utc()));
  const Finished result =
      shell("lockkeeper doctor '" + scene_.url() + "' --min-idle 0 --app-log checkout=- < '" + log() + "'");
  EXPECT_EQ(result.status, 1) << result;
  EXPECT_THAT(result.out, AllOf(HasSubstr("critical[pool-exhausted]: pool HikariPool-1 of application \"checkout\""),
                                HasSubstr("log line")));
}

TEST_F(DoctorWithLog, OldLinesAreNoNews) {
  scene_.session();
  write(hikari_line(now_in_utc(std::chrono::hours(1))));
  const Finished result = look({"--app-log", "checkout=" + log()});
  EXPECT_EQ(result.status, 0) << result;
  EXPECT_THAT(result.out, Not(HasSubstr("pool-exhausted")));
}

TEST_F(DoctorWithLog, AFileThatCannotBeReadIsAMistake) {
  const Finished result = look({"--app-log", "checkout=" + log()});
  EXPECT_EQ(result.status, 2) << result;
  EXPECT_THAT(result.error, AllOf(HasSubstr("shop.log"), HasSubstr("there is no such file")));
  EXPECT_EQ(look({"--app-log", "-", "--app-log", "shop=-"}).status, 2) << "standard input twice";
  EXPECT_EQ(look({"--app-log", "shop="}).status, 2);
}

}  // namespace
}  // namespace lockkeeper::testing
