// A role that may not see everything: what is not seen is not claimed to be absent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/scene.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Privileges : public ::testing::TestWithParam<PostgresVersion> {
 protected:
  Privileges() {
    scene.observer().exec("DROP ROLE IF EXISTS watcher; CREATE ROLE watcher LOGIN");
    url = scene.url("watcher");
  }

  Scene scene{shared_server(GetParam().major)};
  std::string url;
};

TEST_P(Privileges, AnOrdinaryRoleFindsNothingButDoesNotClaimThereIsNothing) {
  scene.leak(1);
  const Finished result = lockkeeper({"doctor", url, "--min-idle", "0"});
  EXPECT_EQ(result.status, 3) << result;
  EXPECT_THAT(result.out, HasSubstr("unknown: "));
  EXPECT_THAT(result.out, HasSubstr("GRANT pg_monitor TO watcher;"));
  EXPECT_THAT(result.out, Not(HasSubstr("healthy")));
}

TEST_P(Privileges, AllowIncompleteTakesItForGranted) {
  scene.leak(1);
  const Finished result = lockkeeper({"doctor", url, "--min-idle", "0", "--allow-incomplete"});
  EXPECT_EQ(result.status, 0) << result;
  EXPECT_THAT(result.out, HasSubstr("GRANT pg_monitor TO watcher;")) << "still said";
  const auto report = parse_line(lockkeeper({"doctor", url, "--allow-incomplete", "--json"}).out);
  EXPECT_EQ(report.at("complete"), false);
  EXPECT_EQ(report.at("missing").at(0).at("cure"), "GRANT pg_monitor TO watcher;");
}

TEST_P(Privileges, TheGrantThatIsPrintedIsTheCure) {
  scene.leak(1);
  const auto report = parse_line(lockkeeper({"doctor", url, "--min-idle", "0", "--json"}).out);
  scene.observer().exec(string_of(report.at("missing").at(0).at("cure")));
  const Finished result = lockkeeper({"doctor", url, "--min-idle", "0"});
  EXPECT_EQ(result.status, 1) << result;
  EXPECT_THAT(result.out, HasSubstr("warning[idle-transaction]"));
  EXPECT_THAT(result.out, Not(HasSubstr("not seen")));
}

TEST_P(Privileges, OwnSessionsAreSeenWithoutAnyGrant) {
  Session& own = scene.session("checkout", "watcher");
  own.exec("BEGIN");
  const Finished result = lockkeeper({"doctor", url, "--min-idle", "0"});
  EXPECT_EQ(result.status, 1) << result;
  EXPECT_THAT(result.out, HasSubstr("warning[idle-transaction]"));
}

INSTANTIATE_TEST_SUITE_P(Installed, Privileges, ::testing::ValuesIn(installed_postgres()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
